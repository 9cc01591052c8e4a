"""Canned responses: every agent reads them, leads write them."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.canned_responses import (
    Written,
    add_response,
    change_response,
    list_responses,
    remove_response,
    variables,
)
from helpdesk.desk.errors import ForbiddenError
from helpdesk.services import services_of
from helpdesk.store.console_models import CannedResponse
from helpdesk.web.console_frames import WriteCannedResponse
from helpdesk.web.console_requests import asking
from helpdesk.web.frames import read_body
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import Json

console_canned = Blueprint("console_canned", url_prefix="/api/console")


@console_canned.get("/canned_responses")
async def show_responses(request: Request) -> HTTPResponse:
    """Answer all of them, and the variables that they may use."""
    await asking(request)
    responses = await services_of(request).record.read(list_responses)
    known = [{"name": name, "means": means} for name, means in variables().items()]
    shown = [_response(each) for each in responses]
    return json({"canned_responses": shown, "variables": known})


@console_canned.post("/canned_responses")
async def create_response(request: Request) -> HTTPResponse:
    """Add one."""
    agent = await _leading(request)
    written = _written(request)
    services = services_of(request)
    now = services.clock.now()
    added = await services.record.write(
        lambda session: add_response(session, agent, written, now)
    )
    return json({"canned_response": _response(added)}, status=201)


@console_canned.put("/canned_responses/<response_id:str>")
async def write_response(request: Request, response_id: str) -> HTTPResponse:
    """Write one anew."""
    agent, wanted = await _leading(request), read_id(response_id)
    written = _written(request)
    services = services_of(request)
    now = services.clock.now()
    changed = await services.record.write(
        lambda session: change_response(session, agent, wanted, written, now)
    )
    return json({"canned_response": _response(changed)})


@console_canned.delete("/canned_responses/<response_id:str>")
async def delete_response(request: Request, response_id: str) -> HTTPResponse:
    """Remove one."""
    agent, wanted = await _leading(request), read_id(response_id)
    services = services_of(request)
    now = services.clock.now()
    await services.record.write(
        lambda session: remove_response(session, agent, wanted, now)
    )
    return empty()


async def _leading(request: Request) -> SignedInAgent:
    agent = await asking(request)
    if not agent.leads:
        raise ForbiddenError("Only leads write canned responses.")
    return agent


def _written(request: Request) -> Written:
    body = read_body(request.body, WriteCannedResponse)
    return Written(body.short_code, body.title, body.text)


def _response(response: CannedResponse) -> Json:
    return {
        "id": str(response.id),
        "short_code": response.short_code,
        "title": response.title,
        "text": response.text,
    }
