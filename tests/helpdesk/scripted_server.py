"""A small real HTTP server that answers as a test tells it to, and remembers requests."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[BaseHTTPRequestHandler], None]


class ScriptedServer:
    """Answers every POST with its script, and every GET with its page."""

    def __init__(self) -> None:
        self.page: Script = reply(200, b"")
        self.received: list[Received] = []
        self.script: Script = reply(200, b"{}")
        self.ended = threading.Event()
        self._server = self._open()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening and let hanging answers go."""
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Never answer: a script."""
        self.ended.wait(30)

    def _open(self) -> ThreadingHTTPServer:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.body = body
                scripted.received.append(Received(self.path, dict(self.headers), body))
                with contextlib.suppress(OSError):
                    scripted.script(self)

            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    scripted.page(self)

            def log_message(self, *_arguments: Any) -> None:
                """Stay quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server


def reply(status: int, body: bytes, **headers: str) -> Script:
    """Return a script that answers at once."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextlib.contextmanager
def run_scripted_server() -> Iterator[ScriptedServer]:
    """Run a server for the length of a test."""
    server = ScriptedServer()
    try:
        yield server
    finally:
        server.close()
