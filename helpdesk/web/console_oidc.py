"""Signing in through another system: out to it, and back from it."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import redirect

from helpdesk.desk.single_sign_on import SingleSignOn, SingleSignOnError
from helpdesk.services import services_of
from helpdesk.web.console_door import keep_entry, safe_next, show_form, whence_of
from helpdesk.web.rendering import NO_STORE, page_headers, render_private

console_oidc = Blueprint("console_oidc", url_prefix="/console/sign-in/oidc")

HERE = "/console/sign-in/oidc"
RETURN = f"{HERE}/callback"
KEPT = "latchkey_agent_oidc"
KEPT_S = 600
STATUS = {"sso_away": 502, "sso_too_many": 429}
REFUSED = 403


@console_oidc.get("/")
async def leave(request: Request) -> HTTPResponse:
    """Send the browser to the other system."""
    wanted = safe_next(request.args.get("next"))
    try:
        leaving = await _single_sign_on(request).begin(wanted, whence_of(request))
    except SingleSignOnError as error:
        return _refuse(request, wanted, error.reason)
    settings = services_of(request).settings
    headers = {**page_headers(settings), "Cache-Control": NO_STORE}
    answer = redirect(leaving.url, status=303, headers=headers)
    answer.add_cookie(
        KEPT,
        leaving.sealed,
        path=HERE,
        httponly=True,
        samesite="Lax",  # the other system's page leads the browser back
        secure=settings.is_https,
        max_age=KEPT_S,
    )
    return answer


@console_oidc.get("/callback")
async def come_back(request: Request) -> HTTPResponse:
    """Let in whoever the other system vouches for."""
    single_sign_on = _single_sign_on(request)
    state, code = request.args.get("state") or "", request.args.get("code") or ""
    kept = request.cookies.get(KEPT) or ""
    if not code:
        return _refuse(request, safe_next(None), "sso_refused")
    try:
        entry, wanted = await single_sign_on.finish(
            kept, state, code, whence_of(request)
        )
    except SingleSignOnError as error:
        return _refuse(request, safe_next(None), error.reason)
    # A page and no redirect: on one that began at another site, browsers keep back the
    # cookie that this sets.
    answer = render_private(request, "console/pass.html", to=wanted)
    keep_entry(request, answer, entry)
    answer.delete_cookie(KEPT, path=HERE)
    return answer


def _single_sign_on(request: Request) -> SingleSignOn:
    single_sign_on = services_of(request).single_sign_on
    if single_sign_on is None:
        raise NotFound("There is no other system.", quiet=True)
    return single_sign_on


def _refuse(request: Request, wanted: str, reason: str) -> HTTPResponse:
    status = STATUS.get(reason, REFUSED)
    answer = show_form(request, wanted, status, problem=reason)
    answer.delete_cookie(KEPT, path=HERE)
    return answer
