"""Answers by mail over HTTP: where a contact wants them; see docs/protocol.md."""

from typing import Annotated

import msgspec
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json

from helpdesk.services import services_of
from helpdesk.store.letter_models import MailAddress
from helpdesk.web.frames import read_body
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import Json
from helpdesk.web.visitors import address_of, visitor_of

mail_api = Blueprint("mail_api", url_prefix="/api/v1/conversations")

ACCEPTED = 202
LONGEST_TYPED = 300


class MailWish(msgspec.Struct, forbid_unknown_fields=True):
    """Where answers shall go."""

    email: Annotated[str, msgspec.Meta(max_length=LONGEST_TYPED)]


@mail_api.get("/<conversation_id:str>/mail")
async def show_mail(request: Request, conversation_id: str) -> HTTPResponse:
    """Answer where the contact wants answers, and whether that is possible."""
    visitor, letters = await visitor_of(request), services_of(request).letters
    address = await letters.find(visitor, read_id(conversation_id))
    return json({"is_possible": letters.worker is not None, **_address_json(address)})


@mail_api.put("/<conversation_id:str>/mail")
async def leave_address(request: Request, conversation_id: str) -> HTTPResponse:
    """Take an address; the answer is the same whether it gets a mail or not."""
    body = read_body(request.body, MailWish)
    visitor, letters = await visitor_of(request), services_of(request).letters
    address = await letters.leave(
        visitor, read_id(conversation_id), body.email, address_of(request)
    )
    return json(_address_json(address), status=ACCEPTED)


@mail_api.delete("/<conversation_id:str>/mail")
async def forget_address(request: Request, conversation_id: str) -> HTTPResponse:
    """Mail the contact nothing more."""
    visitor, letters = await visitor_of(request), services_of(request).letters
    await letters.forget(visitor, read_id(conversation_id))
    return empty()


def _address_json(address: MailAddress | None) -> Json:
    """Return the contact's own address, as they gave it."""
    return {
        "email": None if address is None else address.email,
        "is_proven": address is not None and address.proven_at is not None,
    }
