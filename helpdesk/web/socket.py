"""The chat's WebSocket: its door; see docs/protocol.md."""

from sanic import Blueprint, Request, Websocket

from helpdesk.desk.limits import Limit
from helpdesk.services import services_of
from helpdesk.web.connection import Connection
from helpdesk.web.visitors import address_of, check_origin, token_of
from helpdesk.web.wire import serve

socket = Blueprint("socket")

PATH = "/api/v1/socket"
LARGEST_FRAME_BYTES = 16 * 1024


@socket.on_request
async def refuse_strangers(request: Request) -> None:
    """Check the origin before the handshake, where a refusal is still an HTTP answer."""
    check_origin(request)
    services_of(request).limits.count(Limit.SOCKETS, address_of(request))


@socket.websocket(PATH)  # type: ignore[untyped-decorator]  # Sanic leaves it untyped
async def converse(request: Request, ws: Websocket) -> None:
    """Serve one browser until it leaves."""
    services = services_of(request)
    await serve(Connection(services, token_of(request), address_of(request)), ws)
