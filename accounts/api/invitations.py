"""GET /v1/invitations: who was invited and what became of it, for staff."""

import asyncio
from datetime import datetime
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy import ColumnElement, and_, select

from accounts.api.access import Scope, requires
from accounts.api.reading import read_query
from accounts.api.writing import invitation_json
from accounts.models import Token
from accounts.services import Services, services_of
from accounts.words import InvitationState, Purpose
from foundation.refusals import ApiError

invitations = Blueprint("invitations")

MOST_ROWS = 500


@invitations.get("/invitations")
@requires(Scope.STAFF)
async def list_invitations(request: Request) -> HTTPResponse:
    """Return the newest invitations in one state."""
    text = read_query(request, "state")
    try:
        state = InvitationState(text)
    except ValueError as error:
        message = f"'state' must be one of {', '.join(InvitationState)}."
        raise ApiError(422, "invalid_request", message) from error
    return json(await asyncio.to_thread(_list, services_of(request), state))


def _list(services: Services, state: InvitationState) -> dict[str, Any]:
    now = services.clock.now()
    with services.database.transaction() as session:
        rows = session.scalars(
            select(Token)
            .where(
                Token.purpose == Purpose.INVITE,
                Token.replaced_at.is_(None),
                _condition(state, now),
            )
            .order_by(Token.issued_at.desc())
            .limit(MOST_ROWS + 1)
        ).all()
        return {
            "invitations": [invitation_json(row, now) for row in rows[:MOST_ROWS]],
            "more": len(rows) > MOST_ROWS,
        }


def _condition(state: InvitationState, now: datetime) -> ColumnElement[bool]:
    if state is InvitationState.ACCEPTED:
        return Token.used_at.is_not(None)
    is_open = Token.expires_at > now
    if state is InvitationState.EXPIRED:
        is_open = Token.expires_at <= now
    return and_(Token.used_at.is_(None), is_open)
