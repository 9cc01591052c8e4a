"""Files of any conversation over HTTP, for agents; see docs/console-protocol.md."""

from functools import partial

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from helpdesk.desk.attachments import facts_of
from helpdesk.services import services_of
from helpdesk.web.agents import agent_of
from helpdesk.web.files import read_file, send_file
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import AGENTS_FILES, files_json

console_files = Blueprint("console_files", url_prefix="/api/console")


@console_files.post("/conversations/<conversation_id:str>/attachments", stream=True)
async def take_agents_file(request: Request, conversation_id: str) -> HTTPResponse:
    """Take a file in; a reply or note of this agent that names its id carries it."""
    agent = await agent_of(request, changing=True)
    attachment = await services_of(request).uploads.take_from_agent(
        agent,
        read_id(conversation_id),
        request.args.get("name", ""),
        partial(read_file, request),
    )
    shown = files_json([facts_of(attachment)], AGENTS_FILES)[0]
    return json(shown, status=201)


@console_files.get("/attachments/<attachment_id:str>")
async def give_agents_file(request: Request, attachment_id: str) -> HTTPResponse:
    """Answer a file, whoever sent it."""
    await agent_of(request)
    uploads = services_of(request).uploads
    return send_file(request, await uploads.give_to_agent(read_id(attachment_id)))
