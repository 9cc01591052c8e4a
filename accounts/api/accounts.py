"""GET /v1/accounts: accounts as staff may see them, one or those that fit a text."""

import asyncio
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy import select

from accounts.api.access import Scope, requires
from accounts.api.reading import invalid, read_address, read_limit, read_query
from accounts.api.writing import account_json
from accounts.models import Account
from accounts.search import find_accounts, newest_invitations
from accounts.services import Services, services_of
from foundation.refusals import ApiError

accounts = Blueprint("accounts")

USUAL_ROWS = 20
MOST_ROWS = 50
LONGEST_QUERY = 254


@accounts.get("/accounts")
@requires(Scope.STAFF)
async def search_accounts(request: Request) -> HTTPResponse:
    """Return the accounts whose address, name or site contains a text."""
    query = " ".join(read_query(request, "query").split())
    if not 1 <= len(query) <= LONGEST_QUERY:
        raise invalid(f"'query' must be text of 1 to {LONGEST_QUERY} characters.")
    limit = read_limit(request, default=USUAL_ROWS, most=MOST_ROWS)
    return json(await asyncio.to_thread(_search, services_of(request), query, limit))


@accounts.get("/accounts/<email:str>", unquote=True)
@requires(Scope.STAFF)
async def get_account(request: Request, email: str) -> HTTPResponse:
    """Return one account."""
    address = read_address(email)
    return json(await asyncio.to_thread(_get, services_of(request), address))


def _search(services: Services, query: str, limit: int) -> dict[str, Any]:
    now = services.clock.now()
    with services.database.reading() as session:
        found, is_more = find_accounts(session, query, limit)
        invitations = newest_invitations(session, found)
        return {
            "accounts": [
                account_json(account, invitations.get(account.id), now)
                for account in found
            ],
            "more": is_more,
        }


def _get(services: Services, email: str) -> dict[str, Any]:
    with services.database.reading() as session:
        account = session.scalar(select(Account).where(Account.email == email))
        if account is None:
            raise ApiError(404, "no_account", "No account has this address.")
        invitation = newest_invitations(session, [account]).get(account.id)
        return account_json(account, invitation, services.clock.now())
