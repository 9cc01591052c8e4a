"""The page of the console: for signed-in agents; everything on it comes by requests."""

from sanic import Blueprint, HTTPResponse, Request

from helpdesk.desk.agents import SignedInAgent
from helpdesk.web.agents import console_page
from helpdesk.web.rendering import render_private
from helpdesk.web.routes import readable

console_pages = Blueprint("console_pages")


@readable(console_pages, "/console")
@console_page
async def show_console(request: Request, _agent: SignedInAgent) -> HTTPResponse:
    """Show the console; it asks for the rest itself."""
    return render_private(request, "console/console.html")
