"""The chat's WebSocket: the door, the time-outs and the writer; see docs/protocol.md."""

import asyncio
import contextlib

from sanic import Blueprint, Request, Websocket
from websockets.exceptions import ConnectionClosed

from helpdesk.desk.limits import Limit
from helpdesk.services import services_of
from helpdesk.web.connection import ClosedError, Connection
from helpdesk.web.visitors import address_of, check_origin, token_of

socket = Blueprint("socket")

PATH = "/api/v1/socket"
LARGEST_FRAME_BYTES = 16 * 1024
JOIN_WITHIN_S = 10.0
SILENCE_S = 60.0
RESTARTING, OVERRUN, SILENT = 1012, 1013, 4408


@socket.on_request
async def refuse_strangers(request: Request) -> None:
    """Check the origin before the handshake, where a refusal is still an HTTP answer."""
    check_origin(request)
    services_of(request).limits.count(Limit.SOCKETS, address_of(request))


@socket.websocket(PATH)  # type: ignore[untyped-decorator]  # Sanic leaves it untyped
async def converse(request: Request, ws: Websocket) -> None:
    """Serve one browser until it leaves."""
    services = services_of(request)
    connection = Connection(services, token_of(request), address_of(request))
    writer = asyncio.create_task(_write(connection, ws))
    services.metrics.sockets.inc()
    code = RESTARTING  # what ends this task from outside is the end of the process
    try:
        code = await _read(connection, ws)
    except ClosedError as closed:
        code = closed.code
        await _flush(connection)
    except ConnectionClosed:
        pass
    finally:
        services.metrics.sockets.dec()
        connection.close()
        writer.cancel()
        with contextlib.suppress(ConnectionClosed):
            await ws.close(code)


async def _read(connection: Connection, ws: Websocket) -> int:
    while True:
        patience_s = SILENCE_S if connection.is_joined else JOIN_WITHIN_S
        frame = await ws.recv(patience_s)
        if frame is None:
            return SILENT
        await connection.receive(frame)


async def _write(connection: Connection, ws: Websocket) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            frame = await connection.outgoing.get()
            await ws.send(frame)
            connection.outgoing.task_done()
            if connection.is_overrun:
                await ws.close(OVERRUN)
                return


async def _flush(connection: Connection) -> None:
    """Let the last frames out before the close."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connection.outgoing.join(), 1.0)
