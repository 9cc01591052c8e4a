"""Which visit a request belongs to: a bearer token, or the cookie from our own pages."""

from uuid import UUID

from sanic import HTTPResponse, Request
from sanic.exceptions import Forbidden

from helpdesk.desk.errors import UnauthorizedError
from helpdesk.desk.limits import Limit
from helpdesk.desk.visits import LIFE, Visitor, access_visit
from helpdesk.services import Services, services_of

COOKIE = "latchkey_visit"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def address_of(request: Request) -> str:
    """Return the address that a request comes from, behind trusted proxies too."""
    # What a proxy says of IPv6 gets brackets from Sanic.
    return str(request.client_ip or "unknown").strip("[]")


def origin_of(request: Request) -> str | None:
    """Return the site that the browser says the request comes from."""
    return request.headers.get("origin")


def check_origin(request: Request) -> None:
    """Refuse a page that may not use the chat.

    Raises:
        Forbidden: Its origin is neither ours nor listed.
    """
    origin = origin_of(request)
    allowed = services_of(request).settings.allowed_origins
    if origin is not None and origin not in allowed:
        raise Forbidden("This site may not embed the chat.", quiet=True)


def token_of(request: Request) -> str | None:
    """Return the token of the visit: the cookie counts only from our own origin."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer.strip()
    ours = services_of(request).settings.public_url
    origin = origin_of(request)
    is_own_page = origin == ours or (origin is None and request.method in SAFE_METHODS)
    return request.cookies.get(COOKIE) if is_own_page else None


async def find_visitor(services: Services, token: str | None) -> Visitor:
    """Return who is behind a token.

    Raises:
        UnauthorizedError: Nobody, or no longer.
    """
    if not token:
        raise UnauthorizedError("Begin a visit first.")
    visit_id: UUID = services.tokens.read(token)
    now = services.clock.now()
    return await services.record.read(
        lambda session: access_visit(session, visit_id, now)
    )


async def visitor_of(request: Request) -> Visitor:
    """Return the visitor of a request.

    Raises:
        UnauthorizedError: It carries no good token.
    """
    check_origin(request)
    services = services_of(request)
    visitor = await find_visitor(services, token_of(request))
    services.limits.count(Limit.REQUESTS, str(visitor.visit_id))
    return visitor


def keep_cookie(request: Request, answer: HTTPResponse, token: str) -> None:
    """Let the browser keep the token, where the page is ours."""
    settings = services_of(request).settings
    if origin_of(request) not in {None, settings.public_url}:
        return
    answer.add_cookie(
        COOKIE,
        token,
        httponly=True,
        secure=settings.is_https,
        samesite="Lax",
        max_age=int(LIFE.total_seconds()),
        path="/",
    )
