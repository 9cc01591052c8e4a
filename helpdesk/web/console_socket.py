"""The console's WebSocket: its door; see docs/console-protocol.md."""

from sanic import Blueprint, Request, Websocket

from helpdesk.desk.limits import Limit
from helpdesk.services import services_of
from helpdesk.web.agents import agent_of_socket
from helpdesk.web.console_connection import ConsoleConnection
from helpdesk.web.visitors import address_of
from helpdesk.web.wire import serve

console_socket = Blueprint("console_socket")

PATH = "/api/console/socket"


@console_socket.on_request
async def refuse_strangers(request: Request) -> None:
    """Check who it is before the handshake, where a refusal is still an HTTP answer."""
    services_of(request).limits.count(Limit.SOCKETS, address_of(request))
    request.ctx.agent = await agent_of_socket(request)


@console_socket.websocket(PATH)  # type: ignore[untyped-decorator]  # Sanic leaves it untyped
async def accompany(request: Request, ws: Websocket) -> None:
    """Serve one tab of an agent until it is closed."""
    await serve(ConsoleConnection(services_of(request), request.ctx.agent), ws)
