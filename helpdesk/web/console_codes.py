"""One-time codes: setting them up, at the door or later, and the recovery codes."""

from sanic import Blueprint, HTTPResponse, Request

from foundation.forms import typed
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import ForbiddenError, UnauthorizedError
from helpdesk.desk.own_account import OwnAccountError
from helpdesk.services import services_of
from helpdesk.store.words import SignInStep
from helpdesk.web.agents import COOKIE, SIGN_IN, check_own_origin, console_page
from helpdesk.web.console_account import HERE, show
from helpdesk.web.console_door import (
    UNPROCESSABLE,
    keep_entry,
    safe_next,
    whence_of,
)
from helpdesk.web.forms import own_form
from helpdesk.web.rendering import go_to, render_private
from helpdesk.web.routes import readable

console_codes = Blueprint("console_codes", url_prefix="/console")

AT_DOOR = "/console/sign-in/set-up"
IN_ACCOUNT = "/console/account/codes/accept"


@readable(console_codes, "/sign-in/set-up")
async def show_at_door(request: Request) -> HTTPResponse:
    """Let an agent whose role asks for codes set them up before they get in."""
    try:
        agent = await _waiting(request)
    except UnauthorizedError:
        return go_to(request, SIGN_IN)
    wanted = safe_next(request.args.get("next"))
    return _show_offer(request, agent, _offer(request, agent), AT_DOOR, wanted)


@console_codes.post("/sign-in/set-up")
@own_form
async def accept_at_door(request: Request) -> HTTPResponse:
    """Check the first code and let the agent in."""
    check_own_origin(request)
    try:
        agent = await _waiting(request)
    except UnauthorizedError:
        return go_to(request, SIGN_IN)
    return await _accept(request, agent, AT_DOOR, safe_next(typed(request, "next")))


@console_codes.post("/account/codes")
@console_page
@own_form
async def show_in_account(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Show the picture to scan to whoever knows the password."""
    own_accounts = services_of(request).own_accounts
    password = typed(request, "password")
    try:
        await own_accounts.check_password(agent, password, whence_of(request))
    except OwnAccountError as error:
        return await show(request, agent, problem=("codes", error.reason))
    return _show_offer(request, agent, _offer(request, agent), IN_ACCOUNT, HERE)


@console_codes.post("/account/codes/accept")
@console_page
@own_form
async def accept_in_account(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Check the first code and ask for codes from now on."""
    return await _accept(request, agent, IN_ACCOUNT, HERE)


@console_codes.post("/account/codes/recovery")
@console_page
@own_form
async def renew_recovery(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Replace the recovery codes."""
    own_accounts = services_of(request).own_accounts
    try:
        recovery = await own_accounts.renew_recovery_codes(
            agent, typed(request, "code"), whence_of(request)
        )
    except OwnAccountError as error:
        return await show(request, agent, problem=("recovery", error.reason))
    return _show_recovery(request, recovery, HERE, is_new=False)


@console_codes.post("/account/codes/remove")
@console_page
@own_form
async def remove(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Stop asking for codes, where the role allows that."""
    services = services_of(request)
    if agent.role in services.settings.codes_for:
        raise ForbiddenError("Your role has to use one-time codes.")
    try:
        await services.own_accounts.remove_codes(
            agent, typed(request, "code"), whence_of(request)
        )
    except OwnAccountError as error:
        return await show(request, agent, problem=("remove", error.reason))
    return go_to(request, f"{HERE}?done=codes_removed")


async def _waiting(request: Request) -> SignedInAgent:
    token = request.cookies.get(COOKIE) or ""
    sign_ins = services_of(request).sign_ins
    return (await sign_ins.waiting_for(SignInStep.SET_UP, token)).agent


def _offer(request: Request, agent: SignedInAgent) -> str:
    services = services_of(request)
    return services.sign_ins.codes.offer(agent.id, services.clock.now())


async def _accept(
    request: Request, agent: SignedInAgent, action: str, wanted: str
) -> HTTPResponse:
    sealed, code = typed(request, "offer"), typed(request, "code")
    services = services_of(request)
    try:
        entry, recovery = await services.own_accounts.accept_codes(
            agent, sealed, code, whence_of(request)
        )
    except OwnAccountError as error:
        if error.reason == "offer_ended":
            sealed = _offer(request, agent)
        return _show_offer(request, agent, sealed, action, wanted, error.reason)
    services.console_news.note_sign_out(agent.id)
    answer = _show_recovery(request, recovery, wanted, is_new=True)
    keep_entry(request, answer, entry)
    return answer


def _show_offer(
    request: Request,
    agent: SignedInAgent,
    sealed: str,
    action: str,
    wanted: str,
    problem: str | None = None,
) -> HTTPResponse:
    services = services_of(request)
    codes = services.sign_ins.codes
    secret = codes.open_offer(agent.id, sealed, services.clock.now()) or ""
    return render_private(
        request,
        "console/set_up.html",
        UNPROCESSABLE if problem else 200,
        action=action,
        wanted=wanted,
        is_at_door=action == AT_DOOR,
        offer=sealed,
        secret=secret,
        uri=codes.uri(agent.email, secret),
        picture=codes.picture(agent.email, secret),
        problem=problem,
    )


def _show_recovery(
    request: Request, recovery: list[str], wanted: str, *, is_new: bool
) -> HTTPResponse:
    return render_private(
        request,
        "console/recovery.html",
        recovery=recovery,
        wanted=wanted,
        is_new=is_new,
    )
