"""POST /v1/links/inspect: say what became of a link, without using it up."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from accounts.api.access import Scope, requires
from accounts.api.reading import read_fields
from accounts.api.writing import moment
from accounts.links import state_of
from accounts.services import Services, services_of

links = Blueprint("links")


@links.post("/links/inspect")
@requires(Scope.SERVICE)
async def inspect_link(request: Request) -> HTTPResponse:
    """Judge a pasted link; whose it is stays untold."""
    (link,) = read_fields(request, "link")
    return json(await asyncio.to_thread(_inspect, services_of(request), link))


def _inspect(services: Services, link: str) -> dict[str, str | bool | None]:
    links = services.links
    with services.database.reading() as session:
        token = links.find(session, link)
        state = state_of(token, services.clock.now())
        return {
            "state": state,
            "purpose": token.purpose if token else None,
            "issued_at": moment(token.issued_at) if token else None,
            "expires_at": moment(token.expires_at) if token else None,
            "used_at": moment(token.used_at) if token else None,
            "replaced_at": moment(token.replaced_at) if token else None,
            "withdrawn_at": moment(token.withdrawn_at) if token else None,
            "reference": links.references.to(token.account_id) if token else None,
            "is_ours": token is not None or links.is_ours(link),
        }
