"""Turning a template into an answer, with form token and security headers."""

from datetime import UTC, datetime

from sanic import HTTPResponse, Request
from sanic.response import html, redirect

from accounts.look import HEADERS
from accounts.pages.forms import guard
from accounts.services import services_of
from foundation.forms import add_private_cookie
from foundation.page_templates import page_templates


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%A %-d %B %Y, %H:%M UTC")


TEMPLATES = page_templates("accounts", "templates/pages")
TEMPLATES.filters["moment"] = _moment


def render(
    request: Request, template: str, status: int = 200, **values: object
) -> HTTPResponse:
    """Return a page."""
    settings = services_of(request).settings
    text = TEMPLATES.get_template(template).render(
        names=settings.names,
        form_token=guard.token(request),
        status=status,
        **values,
    )
    answer = html(text, status=status, headers=HEADERS)
    guard.keep_visitor(request, answer, is_https=settings.is_https)
    return answer


def go_to(path: str) -> HTTPResponse:
    """Send the browser to one of our own pages."""
    return redirect(path, status=303, headers=HEADERS)


def set_cookie(request: Request, answer: HTTPResponse, name: str, value: str) -> None:
    """Give the browser a cookie that scripts and other sites cannot use."""
    add_private_cookie(
        answer, name, value, is_https=services_of(request).settings.is_https
    )
