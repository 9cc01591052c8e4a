"""Reports for those who answer for the work of others."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from helpdesk.desk.errors import ForbiddenError
from helpdesk.desk.ghosts import report_ghosts
from helpdesk.services import services_of
from helpdesk.store.words import Role
from helpdesk.web.console_requests import asking
from helpdesk.web.query import number_in

console_reports = Blueprint("console_reports", url_prefix="/api/console")

READERS = frozenset({Role.LEAD, Role.ADMIN, Role.AUDITOR})
USUAL_DAYS, MOST_DAYS = 30, 366


@console_reports.get("/reports/ghost")
async def show_ghost_report(request: Request) -> HTTPResponse:
    """Answer how often the assistant would have said what agents said."""
    agent = await asking(request)
    if agent.role not in READERS:
        raise ForbiddenError("Only leads read reports.")
    has_days = "days" in request.args
    days = number_in(request, "days", MOST_DAYS) if has_days else USUAL_DAYS
    services = services_of(request)
    now = services.clock.now()
    report = await services.record.read(
        lambda session: report_ghosts(session, now, days)
    )
    found = report.interval
    titles = services.topics
    return json(
        {
            "compared": report.compared,
            "agreed": report.agreed,
            "silent": report.silent,
            "rate": found.rate if found else None,
            "low": found.low if found else None,
            "high": found.high if found else None,
            "by_topic": [
                {
                    "topic": {
                        "key": each.intent,
                        "title": titles.title_of(each.intent),
                    },
                    "compared": each.compared,
                    "agreed": each.agreed,
                }
                for each in report.by_topic
            ],
        }
    )
