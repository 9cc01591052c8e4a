"""GET /v1/invitations and /v1/sites: who was invited where, for staff."""

import asyncio
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from accounts.api.access import Scope, requires
from accounts.api.reading import (
    invalid,
    read_limit,
    read_query,
    read_query_or_none,
)
from accounts.api.writing import invitation_json
from accounts.invitations import Place, Wanted, site_names
from accounts.invitations import list_invitations as list_page
from accounts.services import Services, services_of
from accounts.words import InvitationState

invitations = Blueprint("invitations")

MOST_ROWS = 500


@invitations.get("/invitations")
@requires(Scope.STAFF)
async def list_invitations(request: Request) -> HTTPResponse:
    """Return the newest invitations in one state, or those after a place."""
    wanted = Wanted(
        _read_state(request), read_query_or_none(request, "site"), _read_place(request)
    )
    limit = read_limit(request, default=MOST_ROWS, most=MOST_ROWS)
    return json(await asyncio.to_thread(_list, services_of(request), wanted, limit))


@invitations.get("/sites")
@requires(Scope.STAFF)
async def list_sites(request: Request) -> HTTPResponse:
    """Return the names of all sites."""
    return json({"sites": await asyncio.to_thread(_sites, services_of(request))})


def _read_state(request: Request) -> InvitationState:
    try:
        return InvitationState(read_query(request, "state"))
    except ValueError as error:
        message = f"'state' must be one of {', '.join(InvitationState)}."
        raise invalid(message) from error


def _read_place(request: Request) -> Place | None:
    text = read_query_or_none(request, "after")
    try:
        return None if text is None else Place.read(text)
    except ValueError as error:
        raise invalid("'after' is not what an answer called 'next'.") from error


def _list(services: Services, wanted: Wanted, limit: int) -> dict[str, Any]:
    now = services.clock.now()
    with services.database.reading() as session:
        page, following = list_page(session, wanted, limit, now)
        return {
            "invitations": [invitation_json(token, now) for token in page],
            "more": following is not None,
            "next": str(following) if following else None,
        }


def _sites(services: Services) -> list[str]:
    with services.database.reading() as session:
        return site_names(session)
