"""The pages of the console: for signed-in agents; everything on them comes by requests."""

from typing import Final

from sanic import Blueprint, HTTPResponse, Request

from helpdesk.desk.agents import SignedInAgent
from helpdesk.store.words import Role
from helpdesk.web.agents import console_page
from helpdesk.web.rendering import render_private
from helpdesk.web.routes import readable

FORBIDDEN = 403
OK = 200
AUDITING: Final = frozenset({Role.AUDITOR, Role.ADMIN})

console_pages = Blueprint("console_pages")


@readable(console_pages, "/console")
@console_page
async def show_console(request: Request, _agent: SignedInAgent) -> HTTPResponse:
    """Show the console; it asks for the rest itself."""
    return render_private(request, "console/console.html")


@readable(console_pages, "/console/audit")
@console_page
async def show_audit(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Show the audit record to those who may read it; say so to the others."""
    may_read = agent.role in AUDITING
    status = OK if may_read else FORBIDDEN
    return render_private(request, "console/audit.html", status, may_read=may_read)
