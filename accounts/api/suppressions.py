"""/v1/suppressions: whether mail to an address is held back, for staff."""

import asyncio
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json

from accounts.api.access import Scope, requires
from accounts.api.reading import read_address, read_query
from accounts.api.writing import suppression_json
from accounts.models import Suppression
from accounts.services import Services, services_of
from accounts.suppressions import lift

suppressions = Blueprint("suppressions")


@suppressions.get("/suppressions")
@requires(Scope.STAFF)
async def get_suppression(request: Request) -> HTTPResponse:
    """Say whether mail to an address is held back, and since when."""
    address = read_address(read_query(request, "email"))
    return json(await asyncio.to_thread(_get, services_of(request), address))


@suppressions.delete("/suppressions")
@requires(Scope.STAFF)
async def lift_suppression(request: Request) -> HTTPResponse:
    """Let mail be sent to an address again."""
    address = read_address(read_query(request, "email"))
    await asyncio.to_thread(_lift, services_of(request), address)
    return empty()


def _get(services: Services, email: str) -> dict[str, Any]:
    with services.database.reading() as session:
        found = session.get(Suppression, email)
        return {"suppression": suppression_json(found) if found else None}


def _lift(services: Services, email: str) -> None:
    with services.database.transaction() as session:
        lift(session, email)
