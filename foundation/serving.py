"""Running a Sanic app as this one process: bind first, say why if that fails."""

import asyncio
import logging
import signal
import socket
from functools import partial
from typing import Any

from sanic import Sanic

log = logging.getLogger(__name__)

ENDS = (signal.SIGINT, signal.SIGTERM)
SETTLED_S = 0.02  # this long after the start the event loop runs for good


def serve(app: Sanic[Any, Any], host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT and return the exit status."""
    try:
        listener = socket.create_server((host, port), backlog=100)
    except OSError as error:
        log.error("cannot listen on %s port %s: %s", host, port, error.strerror)  # noqa: TRY400 - the reason is enough
        return 1
    _heed_signals_while_starting(app)
    with listener:
        try:
            app.run(sock=listener, single_process=True, access_log=False, motd=False)
        except Exception as error:
            # Only starting and stopping raise here; a request's error is answered.
            log.error("%s cannot run: %s", app.name, error)  # noqa: TRY400 - likewise
            return 1
    return 0


def _heed_signals_while_starting(app: Sanic[Any, Any]) -> None:
    """Let a signal that comes while the app starts end it as soon as it has started.

    It already answers then, but what Sanic does about a signal would have no effect.
    """
    early: list[int] = []
    for number in ENDS:
        signal.signal(number, lambda number, _frame: early.append(number))

    @app.after_server_start
    async def end_when_settled(_app: Sanic[Any, Any]) -> None:
        loop = asyncio.get_running_loop()
        end = partial(loop.call_later, SETTLED_S, partial(app.stop, terminate=False))
        for number in ENDS:
            loop.add_signal_handler(number, end)
        if early:
            end()
