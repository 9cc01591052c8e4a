"""Approvals: what waits for a second person, and what they say to it."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import NeedsSecondPersonError
from helpdesk.desk.staff import read_staff
from helpdesk.services import services_of
from helpdesk.store.action_models import Approval
from helpdesk.web.console_frames import Decide
from helpdesk.web.console_presentation import approval_json
from helpdesk.web.console_requests import asking
from helpdesk.web.frames import read_body
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import Json

console_approvals = Blueprint("console_approvals", url_prefix="/api/console")


@console_approvals.get("/approvals")
async def show_approvals(request: Request) -> HTTPResponse:
    """Answer what waits, and what was decided within a day, as far as it is theirs."""
    agent = await asking(request)
    services = services_of(request)
    now = services.clock.now()
    approvals = await services.approval_desk.list(agent)
    staff = await services.record.read(lambda session: read_staff(session, now))
    shown = [approval_json(each, agent, staff, now) for each in approvals]
    return json({"approvals": shown})


@console_approvals.post("/approvals/<approval_id:str>/approve")
async def approve(request: Request, approval_id: str) -> HTTPResponse:
    """Agree, and have it done."""
    return await _decide(request, approval_id, approve=True)


@console_approvals.post("/approvals/<approval_id:str>/refuse")
async def refuse(request: Request, approval_id: str) -> HTTPResponse:
    """Do not agree."""
    return await _decide(request, approval_id, approve=False)


async def answer_second_person(
    request: Request, agent: SignedInAgent, error: NeedsSecondPersonError
) -> HTTPResponse:
    """Answer that somebody else has to agree first, and what they were asked."""
    refusal = {"code": error.code, "message": error.message}
    approval = error.approval
    shown = await _shown(request, agent, approval) if approval is not None else {}
    return json({**refusal, **shown}, status=error.status)


async def _decide(request: Request, approval_id: str, *, approve: bool) -> HTTPResponse:
    agent, wanted = await asking(request), read_id(approval_id)
    read_body(request.body, Decide)
    desk = services_of(request).approval_desk
    settled = await desk.decide(agent, wanted, approve=approve)
    return json(await _shown(request, agent, settled))


async def _shown(request: Request, agent: SignedInAgent, approval: Approval) -> Json:
    services = services_of(request)
    now = services.clock.now()
    staff = await services.record.read(lambda session: read_staff(session, now))
    return {"approval": approval_json(approval, agent, staff, now)}
