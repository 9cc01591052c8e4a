"""GET /v1/accounts/{email}: an account as staff may see it."""

import asyncio
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy import select

from accounts.api.access import Scope, requires
from accounts.api.reading import read_address
from accounts.api.writing import account_json
from accounts.models import Account, Token
from accounts.services import Services, services_of
from accounts.words import Purpose
from foundation.refusals import ApiError

accounts = Blueprint("accounts")


@accounts.get("/accounts/<email:str>", unquote=True)
@requires(Scope.STAFF)
async def get_account(request: Request, email: str) -> HTTPResponse:
    """Return one account."""
    address = read_address(email)
    return json(await asyncio.to_thread(_find, services_of(request), address))


def _find(services: Services, email: str) -> dict[str, Any]:
    with services.database.transaction() as session:
        account = session.scalar(select(Account).where(Account.email == email))
        if account is None:
            raise ApiError(404, "no_account", "No account has this address.")
        invitation = session.scalar(
            select(Token).where(
                Token.account_id == account.id,
                Token.purpose == Purpose.INVITE,
                Token.replaced_at.is_(None),
            )
        )
        return account_json(account, invitation, services.clock.now())
