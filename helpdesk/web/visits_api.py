"""Beginning and ending a visit."""

import msgspec
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json

from helpdesk.desk.errors import UnauthorizedError
from helpdesk.desk.limits import Limit
from helpdesk.desk.visits import Visitor, begin_visit, revoke_visit
from helpdesk.services import services_of
from helpdesk.web.frames import read_body
from helpdesk.web.presentation import moment
from helpdesk.web.visitors import (
    COOKIE,
    address_of,
    check_origin,
    find_visitor,
    keep_cookie,
    token_of,
    visitor_of,
)

visits_api = Blueprint("visits_api", url_prefix="/api/v1/visits")

CREATED, OK = 201, 200


class NewVisit(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser may say when it begins a visit."""

    identity: str | None = None


@visits_api.post("/")
async def begin(request: Request) -> HTTPResponse:
    """Begin a visit, or return the one that is still good."""
    check_origin(request)
    services = services_of(request)
    wish = read_body(request.body, NewVisit)
    token = token_of(request)
    if wish.identity is None and token:
        try:
            visitor = await find_visitor(services, token)
            return _answer(request, visitor, OK)
        except UnauthorizedError:
            pass  # the old one has ended: a new one it is
    services.limits.count(Limit.VISITS, address_of(request))
    identity = services.identities.verify(wish.identity) if wish.identity else None
    now = services.clock.now()
    visitor = await services.record.write(lambda s: begin_visit(s, now, identity))
    return _answer(request, visitor, CREATED)


@visits_api.delete("/current")
async def end(request: Request) -> HTTPResponse:
    """Revoke the visit; its token is worth nothing from now on."""
    visitor = await visitor_of(request)
    services = services_of(request)
    now = services.clock.now()
    await services.record.write(lambda s: revoke_visit(s, visitor.visit_id, now))
    answer = empty()
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _answer(request: Request, visitor: Visitor, status: int) -> HTTPResponse:
    services = services_of(request)
    names = services.settings.names
    token = services.tokens.issue(visitor.visit_id)
    answer = json(
        {
            "token": token,
            "expires_at": moment(visitor.expires_at),
            "site": {
                "product": names.product,
                "support_team": names.support_team,
                "support_email": names.support_email,
            },
        },
        status=status,
    )
    keep_cookie(request, answer, token)
    return answer
