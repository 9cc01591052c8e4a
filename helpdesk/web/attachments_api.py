"""Files of contacts' conversations over HTTP; see docs/protocol.md."""

from functools import partial

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from helpdesk.desk.attachments import facts_of
from helpdesk.services import services_of
from helpdesk.web.files import read_file, send_file
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import CONTACTS_FILES, files_json
from helpdesk.web.visitors import address_of, visitor_of

attachments_api = Blueprint("attachments_api", url_prefix="/api/v1")


@attachments_api.post("/conversations/<conversation_id:str>/attachments", stream=True)
async def take_file(request: Request, conversation_id: str) -> HTTPResponse:
    """Take a file in; a message that names its id carries it."""
    visitor = await visitor_of(request)
    attachment = await services_of(request).uploads.take_from_contact(
        visitor,
        read_id(conversation_id),
        request.args.get("name", ""),
        address_of(request),
        partial(read_file, request),
    )
    shown = files_json([facts_of(attachment)], CONTACTS_FILES)[0]
    return json(shown, status=201)


@attachments_api.get("/attachments/<attachment_id:str>")
async def give_file(request: Request, attachment_id: str) -> HTTPResponse:
    """Answer a file of the contact's own conversations."""
    visitor = await visitor_of(request)
    uploads = services_of(request).uploads
    file = await uploads.give_to_contact(visitor, read_id(attachment_id))
    return send_file(request, file)
