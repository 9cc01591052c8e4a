"""Running a Sanic app as this one process: bind first, say why if that fails."""

import logging
import socket
from typing import Any

from sanic import Sanic

log = logging.getLogger(__name__)


def serve(app: Sanic[Any, Any], host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT and return the exit status."""
    try:
        listener = socket.create_server((host, port), backlog=100)
    except OSError as error:
        log.error("cannot listen on %s port %s: %s", host, port, error.strerror)  # noqa: TRY400 - the reason is enough
        return 1
    with listener:
        try:
            app.run(sock=listener, single_process=True, access_log=False, motd=False)
        except Exception as error:
            # Only starting and stopping raise here; a request's error is answered.
            log.error("%s cannot run: %s", app.name, error)  # noqa: TRY400 - likewise
            return 1
    return 0
