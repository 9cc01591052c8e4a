"""Receipts: taking back what was sent."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from helpdesk.desk.staff import read_staff
from helpdesk.services import services_of
from helpdesk.web.console_frames import Withdraw
from helpdesk.web.console_presentation import receipt_json
from helpdesk.web.console_requests import asking
from helpdesk.web.frames import read_body
from helpdesk.web.identifiers import read_id

console_receipts = Blueprint("console_receipts", url_prefix="/api/console")


@console_receipts.post("/receipts/<receipt_id:str>/withdraw")
async def withdraw(request: Request, receipt_id: str) -> HTTPResponse:
    """Make the link that was mailed worthless."""
    agent, wanted = await asking(request), read_id(receipt_id)
    read_body(request.body, Withdraw)
    services = services_of(request)
    receipt = await services.receipt_desk.withdraw(agent, wanted)
    now = services.clock.now()
    staff = await services.record.read(lambda session: read_staff(session, now))
    return json({"receipt": receipt_json(receipt, staff)})
