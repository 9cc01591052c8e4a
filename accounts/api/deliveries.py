"""GET /v1/deliveries: what became of the mails to an address, for staff."""

import asyncio
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy import select

from accounts.api.access import Scope, requires
from accounts.api.reading import read_address, read_query
from accounts.api.writing import delivery_json
from accounts.models import Mail
from accounts.services import Services, services_of

deliveries = Blueprint("deliveries")

MOST_ROWS = 100


@deliveries.get("/deliveries")
@requires(Scope.STAFF)
async def list_deliveries(request: Request) -> HTTPResponse:
    """Return the newest mails to one address."""
    address = read_address(read_query(request, "email"))
    return json(await asyncio.to_thread(_list, services_of(request), address))


def _list(services: Services, email: str) -> dict[str, Any]:
    with services.database.reading() as session:
        rows = session.scalars(
            select(Mail)
            .where(Mail.email == email)
            .order_by(Mail.queued_at.desc())
            .limit(MOST_ROWS + 1)
        ).all()
        return {
            "deliveries": [delivery_json(row) for row in rows[:MOST_ROWS]],
            "more": len(rows) > MOST_ROWS,
        }
