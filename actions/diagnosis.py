"""What `./latchkey doctor` asks the action server: does the key fit, do its own tokens?

Nothing is done: the account backend is only asked for what anybody with the token may see.
"""

import asyncio
import os
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import SanicException
from sanic.response import json

from accounts.client import AccountsClient, AccountsError
from actions.actor import ActorError, read_claims

WELL = "ok"
WITHIN_S = 1.5
NO_LINK = "no link"  # is inspected, and found to be none

diagnosis = Blueprint("diagnosis")


@diagnosis.post("/diagnosis")
async def tell_what_fits(request: Request) -> HTTPResponse:
    """Answer what the account backend says to the tokens; 401 if the key does not fit."""
    try:
        read_claims(_statement_in(request))
    except ActorError:
        return json({"code": "bad_actor"}, status=401)
    service, staff = await asyncio.gather(
        asyncio.to_thread(_try, "LATCHKEY_ACCOUNTS_TOKEN", _inspect),
        asyncio.to_thread(_try, "LATCHKEY_ACCOUNTS_STAFF_TOKEN", AccountsClient.sites),
    )
    return json({"token": service, "staff_token": staff})


async def add_date(request: Request, answer: HTTPResponse) -> None:
    """Say what time it is here, with every answer."""
    answer.headers.setdefault("Date", formatdate(usegmt=True))


def _statement_in(request: Request) -> str:
    try:
        body = request.json
    except SanicException:
        return ""
    statement = body.get("actor") if isinstance(body, dict) else None
    return statement if isinstance(statement, str) else ""


def _inspect(client: AccountsClient) -> Any:
    return client.inspect_link(NO_LINK)


def _try(variable: str, ask: Callable[[AccountsClient], Any]) -> str:
    """Return how the backend takes a token: `ok`, or the code of its refusal."""
    client = AccountsClient(
        os.environ.get("LATCHKEY_ACCOUNTS_URL", ""),
        token=os.environ.get(variable, ""),
        connect_timeout=WITHIN_S,
        read_timeout=WITHIN_S,
        budget=WITHIN_S,
    )
    try:
        ask(client)
    except AccountsError as error:
        return error.code
    finally:
        client.close()
    return WELL
