"""Turning a template into an answer, with the headers that keep a page safe."""

from urllib.parse import urlsplit

from sanic import HTTPResponse, Request
from sanic.response import redirect

from foundation.page_templates import page_templates
from helpdesk.desk.prose import html_of, plain_text
from helpdesk.services import services_of
from helpdesk.settings import HelpdeskSettings
from helpdesk.web.assets import asset_url
from helpdesk.web.caching import REVALIDATE, REVALIDATE_PRIVATELY, answer_cached
from helpdesk.web.forms import guard

HTML = "text/html; charset=utf-8"
OK = 200
NO_STORE = "no-store"
NOBODY = "'none'"

TEMPLATES = page_templates("helpdesk", "templates")
TEMPLATES.globals["asset"] = asset_url
TEMPLATES.filters["markdown"] = html_of  # sanitised; templates mark it safe
TEMPLATES.filters["plain"] = plain_text


def page_headers(
    settings: HelpdeskSettings, *, is_embeddable: bool = False
) -> dict[str, str]:
    """Return the security headers of a page.

    Args:
        settings: Where we are, and which sites embed us.
        is_embeddable: Whether those sites may show this page in a frame.
    """
    place = urlsplit(settings.public_url)
    socket = f"{'wss' if settings.is_https else 'ws'}://{place.netloc}"
    ancestors = " ".join(settings.embed_origins) if is_embeddable else ""
    rules = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        f"connect-src 'self' {socket}",
        "form-action 'self'",
        f"frame-ancestors {ancestors or NOBODY}",
        "base-uri 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(rules),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def fill_template(request: Request, template: str, **values: object) -> str:
    """Return a template's text."""
    settings = services_of(request).settings
    return TEMPLATES.get_template(template).render(
        names=settings.names, public_url=settings.public_url, **values
    )


def render(
    request: Request,
    template: str,
    status: int = OK,
    *,
    is_embeddable: bool = False,
    **values: object,
) -> HTTPResponse:
    """Return a page that is the same for everybody."""
    settings = services_of(request).settings
    headers = page_headers(settings, is_embeddable=is_embeddable)
    text = fill_template(request, template, **values)
    return _answer(request, text, status, headers, REVALIDATE)


def render_form(
    request: Request, template: str, status: int = OK, **values: object
) -> HTTPResponse:
    """Return a page with a form, which is this browser's own."""
    settings = services_of(request).settings
    text = fill_template(request, template, form_token=guard.token(request), **values)
    headers = page_headers(settings) | {"Vary": "Cookie"}
    answer = _answer(request, text, status, headers, REVALIDATE_PRIVATELY)
    guard.keep_visitor(request, answer, is_https=settings.is_https)
    return answer


def render_private(
    request: Request, template: str, status: int = OK, **values: object
) -> HTTPResponse:
    """Return a page that nothing may keep, with the token of its forms."""
    settings = services_of(request).settings
    text = fill_template(request, template, form_token=guard.token(request), **values)
    headers = page_headers(settings) | {"Cache-Control": NO_STORE}
    answer = HTTPResponse(text, status, headers=headers, content_type=HTML)
    guard.keep_visitor(request, answer, is_https=settings.is_https)
    return answer


def go_to(request: Request, path: str) -> HTTPResponse:
    """Send the browser to one of our own pages."""
    headers = page_headers(services_of(request).settings)
    return redirect(path, status=303, headers={**headers, "Cache-Control": NO_STORE})


def _answer(
    request: Request, text: str, status: int, headers: dict[str, str], caching: str
) -> HTTPResponse:
    if status == OK:
        headers = {**headers, "Cache-Control": caching}
        return answer_cached(request, text.encode(), HTML, headers)
    headers = {**headers, "Cache-Control": NO_STORE}
    return HTTPResponse(text, status, headers=headers, content_type=HTML)
