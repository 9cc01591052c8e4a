"""Which agent a request comes from: a cookie that only our own pages can make use of.

A handler of the console's API begins with `agent_of`. Its socket's middleware calls
`agent_of_socket`, and the socket asks `still_signed_in` from time to time. A page of the
console is wrapped by `console_page`. The cookie is never enough for a change: the request
must also say that it comes from our own origin.
"""

import contextlib
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import quote

from sanic import HTTPResponse, Request

from helpdesk.desk.agent_sessions import (
    LIFE,
    FoundSession,
    access_session,
    access_session_again,
    touch_session,
)
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import ForbiddenError, UnauthorizedError
from helpdesk.services import Services, services_of
from helpdesk.store.outage import OutageError
from helpdesk.store.words import Role
from helpdesk.web.rendering import go_to, render_private
from helpdesk.web.visitors import origin_of

COOKIE = "latchkey_agent"
SIGN_IN = "/console/sign-in"
READING = frozenset({"GET", "HEAD"})
CROSS_SITE = "cross-site"
EVERYBODY = frozenset(Role)

Arguments = ParamSpec("Arguments")
Page = Callable[Concatenate[Request, SignedInAgent, Arguments], Awaitable[HTTPResponse]]
Handler = Callable[Concatenate[Request, Arguments], Awaitable[HTTPResponse]]


async def agent_of(
    request: Request,
    *,
    changing: bool = False,
    roles: frozenset[Role] | None = None,
) -> SignedInAgent:
    """Return the agent behind a request.

    Args:
        request: The request.
        changing: Whether it changes something, which an auditor may not.
        roles: Who may do it, if not everybody.

    Raises:
        UnauthorizedError: Nobody has signed in with this browser, or no longer.
        ForbiddenError: The role may not do this, or another site is asking.
    """
    if changing or request.method not in READING:
        check_own_origin(request)
    services = services_of(request)
    now = services.clock.now()
    token = request.cookies.get(COOKIE) or ""
    found = await services.record.read(lambda s: access_session(s, token, now))
    await _touch(services, found)
    agent = found.agent
    if agent.role not in (roles or EVERYBODY) or (changing and not agent.may_change):
        raise ForbiddenError("Your role does not allow this.")
    return agent


async def agent_of_socket(request: Request) -> SignedInAgent:
    """Return the agent behind the handshake of a socket.

    For the blueprint's `on_request`, where a refusal is still an HTTP answer: Sanic calls
    the socket's handler after the handshake.

    Raises:
        UnauthorizedError: Nobody has signed in with this browser, or no longer.
        ForbiddenError: The page that opens it is not ours.
    """
    check_own_origin(request)  # browsers let any site open a socket, with our cookies
    return await agent_of(request)


async def still_signed_in(services: Services, agent: SignedInAgent) -> SignedInAgent:
    """Return an agent of an open socket as the record has them now; it counts as use.

    Raises:
        UnauthorizedError: The session has ended meanwhile.
    """
    now = services.clock.now()
    session_id = agent.session_id
    found = await services.record.read(
        lambda s: access_session_again(s, session_id, now)
    )
    await _touch(services, found)
    return found.agent


def console_page(handler: Page[Arguments]) -> Handler[Arguments]:
    """Hand a page's handler the agent; whoever has not signed in goes to the sign-in."""

    @wraps(handler)
    async def shown(
        request: Request, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HTTPResponse:
        try:
            agent = await agent_of(request)
        except UnauthorizedError:
            return ask_to_sign_in(request)
        return await handler(request, agent, *args, **kwargs)

    return shown


def ask_to_sign_in(request: Request) -> HTTPResponse:
    """Send the browser to the sign-in, which brings it back here."""
    if request.method not in READING:
        return go_to(request, SIGN_IN)
    wanted = request.path + (f"?{request.query_string}" if request.query_string else "")
    if request.headers.get("sec-fetch-site") == CROSS_SITE:
        # A link in a mail: the browser kept the cookie to itself. On the way from our
        # own page to our own page it is sent.
        return render_private(request, "console/pass.html", to=wanted)
    return go_to(request, f"{SIGN_IN}?next={quote(wanted, safe='/')}")


def check_own_origin(request: Request) -> None:
    """Refuse what another site's page asks for, and what does not say where from.

    Raises:
        ForbiddenError: The origin is not ours.
    """
    if origin_of(request) != services_of(request).settings.public_url:
        raise ForbiddenError("This was not asked for by a page of the console.")


def keep_token(request: Request, answer: HTTPResponse, token: str) -> None:
    """Let the browser keep the token of a session."""
    answer.add_cookie(
        COOKIE,
        token,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=services_of(request).settings.is_https,
        max_age=int(LIFE.total_seconds()),
    )


def forget_token(answer: HTTPResponse) -> None:
    """Take the token away from the browser."""
    answer.delete_cookie(COOKIE, path="/")


async def _touch(services: Services, found: FoundSession) -> None:
    now = services.clock.now()
    if not found.needs_touch(now):
        return
    session_id = found.agent.session_id
    # What only reads goes on while nothing can be written.
    with contextlib.suppress(OutageError):
        await services.record.write(lambda s: touch_session(s, session_id, now))
