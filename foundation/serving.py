"""Running a Sanic app as this one process: bind first, say why if that fails."""

import asyncio
import logging
import signal
import socket
from contextlib import ExitStack
from typing import Any

from sanic import Sanic
from sanic.models.server_types import Signal
from sanic.server import AsyncioServer, runners
from sanic.server import serve as serve_with_sanic
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

log = logging.getLogger(__name__)

# What tells a process to end, and what comes of it by default.
ENDS: dict[int, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
SETTLED = 50  # rounds of the event loop after the start, and it runs for good
LOOPBACK = "127.0.0.1"
BACKLOG = 100


def serve(
    app: Sanic[Any, Any],
    host: str,
    port: int,
    *,
    shares_port: bool = False,
    private_port: int = 0,
) -> int:
    """Serve until SIGTERM or SIGINT and return the exit status.

    Args:
        app: What to serve.
        host: The address to listen on.
        port: The port to listen on.
        shares_port: Other processes listen there too, and connections are spread.
        private_port: A port on the loopback address that is this process's alone, so
            that it can be asked how it is. While the process is stopping, it answers
            there, and takes no new connections on the shared one. 0 is none.
    """
    with ExitStack() as opened:
        try:
            listener = opened.enter_context(_listen(host, port, shares_port))
            if private_port:
                _add_front(app, listener)
                host, port = LOOPBACK, private_port
                listener = opened.enter_context(_listen(host, port, False))
        except OSError as error:
            log.error("cannot listen on %s port %s: %s", host, port, error.strerror)  # noqa: TRY400 - the reason is enough
            return 1
        _heed_signals(app)
        try:
            app.run(sock=listener, single_process=True, access_log=False, motd=False)
        except Exception as error:
            # Only starting and stopping raise here; a request's error is answered.
            log.error("%s cannot run: %s", app.name, error)  # noqa: TRY400 - likewise
            return 1
    return 0


def _listen(host: str, port: int, shares_port: bool) -> socket.socket:
    return socket.create_server((host, port), backlog=BACKLOG, reuse_port=shares_port)


def _add_front(app: Sanic[Any, Any], listener: socket.socket) -> None:
    """Serve on a second address; the first thing to go when the process stops."""
    front: list[AsyncioServer] = []
    stopping = Signal()

    async def open_front(app: Sanic[Any, Any]) -> None:
        server = serve_with_sanic(
            host=None,
            port=None,
            app=app,
            sock=listener,
            loop=asyncio.get_running_loop(),
            protocol=WebSocketProtocol,
            backlog=BACKLOG,
            signal=stopping,
            run_async=True,
        )
        front.append(await server)

    async def close_front(_app: Sanic[Any, Any]) -> None:
        stopping.stopped = True  # whoever asks now is the last on its connection
        for server in front:
            server.server.close()  # type: ignore[attr-defined]  # set by its await
            for connection in list(server.connections):
                if connection.websocket is None:  # sockets are told when all is done
                    connection.close_if_idle()

    async def drop_connections(_app: Sanic[Any, Any]) -> None:
        for server in front:
            for connection in list(server.connections):
                connection.abort()

    app.after_server_start(open_front)
    app.before_server_stop(close_front)  # added last: it comes before all others
    app.after_server_stop(drop_connections)


def _leave_signals_alone(*_: Any, **__: Any) -> None:
    """Be what Sanic calls to take signals over, which are ignored while it does."""


def _heed_signals(app: Sanic[Any, Any]) -> None:
    """Let the first signal end the app gracefully, also one that comes while it starts.

    Sanic leaves signals to the event loop. That hears none between the last step of the
    start and its long run, though the app already answers then, and before that what Sanic
    does about one would have no effect. Another signal ends the process at once.
    """
    runners._setup_system_signals = _leave_signals_alone
    came: list[int] = []
    running: list[asyncio.AbstractEventLoop] = []

    def heed(number: int, _frame: object) -> None:
        for each, default in ENDS.items():
            signal.signal(each, default)
        came.append(number)
        for loop in running:
            loop.call_soon_threadsafe(end, SETTLED)

    def end(rounds: int) -> None:
        if rounds:
            running[0].call_soon(end, rounds - 1)
        elif came:
            came.clear()  # whoever found it first ends the app, once
            app.stop(terminate=False)

    for number in ENDS:
        signal.signal(number, heed)

    @app.after_server_start
    async def note_running(_app: Sanic[Any, Any]) -> None:
        running.append(asyncio.get_running_loop())
        if came:
            end(SETTLED)
