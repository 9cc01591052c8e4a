"""The door of the console: signing in with a password and a code, and signing out."""

import re
from urllib.parse import quote
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sqlalchemy.orm import Session

from foundation.forms import typed
from helpdesk.desk.agent_sessions import end_session, find_session
from helpdesk.desk.audit import Who, agent_name, write_audit
from helpdesk.desk.errors import TooFastError, UnauthorizedError
from helpdesk.desk.known_devices import LIFE as DEVICE_LIFE
from helpdesk.desk.sign_in import Entry, Whence
from helpdesk.services import services_of
from helpdesk.store.words import SignInStep
from helpdesk.web.agents import (
    COOKIE,
    SIGN_IN,
    check_own_origin,
    forget_token,
    keep_token,
)
from helpdesk.web.forms import own_form
from helpdesk.web.rendering import go_to, render_private
from helpdesk.web.routes import readable
from helpdesk.web.visitors import address_of

console_door = Blueprint("console_door", url_prefix="/console")

HOME = "/console"
DEVICES = "latchkey_agent_device"
CODE = f"{SIGN_IN}/code"
SET_UP = f"{SIGN_IN}/set-up"
# A page of the console; nothing that a browser could read as another site's address.
INSIDE = re.compile(r"/console(?:/[\w~%-]+)*/?(?:\?[\w.~%&=+-]*)?", re.ASCII)
LONGEST_NEXT = 500
LONGEST_ADDRESS = 254
UNPROCESSABLE, TOO_MANY = 422, 429

BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@readable(console_door, "/sign-in")
async def show_sign_in(request: Request) -> HTTPResponse:
    """Show the form; whoever is inside already goes on."""
    wanted = safe_next(request.args.get("next"))
    services = services_of(request)
    token, now = request.cookies.get(COOKIE) or "", services.clock.now()
    found = await services.record.read(lambda s: find_session(s, token, now))
    if found is not None and found.next_step is None:
        return go_to(request, wanted)
    return show_form(request, wanted)


@console_door.post("/sign-in")
@own_form
async def submit_sign_in(request: Request) -> HTTPResponse:
    """Check address and password; every failure reads the same."""
    check_own_origin(request)
    wanted, email = safe_next(typed(request, "next")), typed(request, "email")
    services = services_of(request)
    try:
        entry = await services.sign_ins.by_password(
            email, typed(request, "password"), whence_of(request)
        )
    except TooFastError:
        return show_form(request, wanted, TOO_MANY, email, "too_many")
    if entry is None:
        return show_form(request, wanted, UNPROCESSABLE, email, "no_match")
    return let_in(request, entry, wanted)


@readable(console_door, "/sign-in/code")
async def show_code(request: Request) -> HTTPResponse:
    """Ask for the one-time code."""
    wanted = safe_next(request.args.get("next"))
    sign_ins = services_of(request).sign_ins
    try:
        await sign_ins.waiting_for(SignInStep.CODE, request.cookies.get(COOKIE) or "")
    except UnauthorizedError:
        return go_to(request, SIGN_IN)
    return _show_code(request, wanted)


@console_door.post("/sign-in/code")
@own_form
async def submit_code(request: Request) -> HTTPResponse:
    """Check the code, or a recovery code."""
    check_own_origin(request)
    wanted, sign_ins = safe_next(typed(request, "next")), services_of(request).sign_ins
    try:
        entry = await sign_ins.by_code(typed(request, "code"), whence_of(request))
    except UnauthorizedError:
        return go_to(request, SIGN_IN)
    except TooFastError:
        return _show_code(request, wanted, TOO_MANY, "too_many")
    if entry is None:
        return _show_code(request, wanted, UNPROCESSABLE, "wrong_code")
    return let_in(request, entry, wanted)


@console_door.post("/sign-out")
@own_form
async def submit_sign_out(request: Request) -> HTTPResponse:
    """End the session of this browser."""
    check_own_origin(request)
    services = services_of(request)
    token, now = request.cookies.get(COOKIE) or "", services.clock.now()

    def leave(session: Session) -> UUID | None:
        found = find_session(session, token, now)
        if found is None:
            return None
        end_session(session, found.agent.id, found.agent.session_id, now)
        me = agent_name(found.agent.id)
        write_audit(session, Who.of(found.agent), "agent.signed_out", me, now)
        return found.agent.id

    left = await services.record.write(leave)
    if left is not None:
        services.console_news.note_sign_out(left)
    answer = go_to(request, SIGN_IN)
    forget_token(answer)
    return answer


def show_form(
    request: Request,
    wanted: str,
    status: int = 200,
    email: str = "",
    problem: str | None = None,
) -> HTTPResponse:
    """Return the page that asks for address and password."""
    return render_private(
        request,
        "console/sign_in.html",
        status,
        wanted=wanted,
        has_single_sign_on=services_of(request).single_sign_on is not None,
        email=email[:LONGEST_ADDRESS],
        problem=problem,
    )


def let_in(request: Request, entry: Entry, wanted: str) -> HTTPResponse:
    """Give the browser its session and send it on, to what is still missing first."""
    steps = {SignInStep.CODE: CODE, SignInStep.SET_UP: SET_UP}
    step = steps[entry.next_step] if entry.next_step else None
    to = f"{step}?next={quote(wanted, safe='/')}" if step else wanted
    answer = go_to(request, to)
    keep_entry(request, answer, entry)
    return answer


def keep_entry(request: Request, answer: HTTPResponse, entry: Entry) -> None:
    """Let the browser keep what a session that has begun consists of."""
    keep_token(request, answer, entry.token)
    if entry.devices is None:
        return
    answer.add_cookie(
        DEVICES,
        entry.devices,
        path=HOME,
        httponly=True,
        samesite="Strict",
        secure=services_of(request).settings.is_https,
        max_age=int(DEVICE_LIFE.total_seconds()),
    )


def whence_of(request: Request) -> Whence:
    """Return where an attempt to sign in comes from."""
    return Whence(
        address_of(request),
        browser_of(request.headers.get("user-agent", "")),
        request.cookies.get(DEVICES) or "",
        request.cookies.get(COOKIE) or "",
    )


def browser_of(user_agent: str) -> str | None:
    """Return what an agent will recognise a browser by, as far as it says."""
    known = (
        next((name for sign, name in names.items() if sign in user_agent), None)
        for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(name for name in known if name) or None


def safe_next(wanted: str | None) -> str:
    """Return where to go after the sign-in: a page of the console, whatever was asked."""
    if not wanted or len(wanted) > LONGEST_NEXT or wanted.startswith(SIGN_IN):
        return HOME
    return wanted if INSIDE.fullmatch(wanted) else HOME


def _show_code(
    request: Request, wanted: str, status: int = 200, problem: str | None = None
) -> HTTPResponse:
    return render_private(
        request, "console/code.html", status, wanted=wanted, problem=problem
    )
