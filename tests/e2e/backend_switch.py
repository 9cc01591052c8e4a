"""Stands between the actions and the account backend, and breaks on demand.

A real HTTP server on a port of its own. While nothing is broken it passes every request
on to the real backend; it keeps a note of each request that reached it.
"""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import requests

HOST = "127.0.0.1"
LONGEST_HANG_S = 30.0
RUBBISH = b"<html><h1>It works!</h1><p>Apache/2.2 server at localhost</p></html>"


class Fault(Enum):
    """Ways in which a backend can be broken."""

    REFUSES_CONNECTIONS = auto()
    HANGS = auto()
    ANSWERS_500 = auto()
    TALKS_RUBBISH = auto()
    CLOSES_CONNECTIONS = auto()
    ACCEPTS_THEN_HANGS = auto()
    ACCEPTS_THEN_HANGS_ONCE = auto()


@dataclass(frozen=True)
class Seen:
    """A request that reached the switch."""

    method: str
    path: str
    body: bytes
    idempotency_key: str | None


class BackendSwitch:
    """A backend's front door that can be broken and repaired."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.seen: list[Seen] = []
        self._fault: Fault | None = None
        self._repaired = threading.Event()
        self._server = self._open(0)
        self._port = self._server.server_port

    @property
    def url(self) -> str:
        """Where the actions find the backend."""
        return f"http://{HOST}:{self._port}"

    def seen_for(self, email: str) -> list[Seen]:
        """Return the requests that name an address."""
        return [
            seen
            for seen in self.seen
            if email.encode() in seen.body or email in unquote(seen.path)
        ]

    @contextlib.contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        """Be broken for a while."""
        self._repaired.clear()
        self._fault = fault
        if fault is Fault.REFUSES_CONNECTIONS:
            self.close()
        try:
            yield
        finally:
            self._fault = None
            self._repaired.set()
            if fault is Fault.REFUSES_CONNECTIONS:
                self._server = self._open(self._port)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, or fail to."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        key = handler.headers.get("Idempotency-Key")
        fault = self._fault
        self.seen.append(Seen(handler.command, handler.path, body, key))
        if fault in (Fault.ACCEPTS_THEN_HANGS, Fault.ACCEPTS_THEN_HANGS_ONCE):
            self._pass_on(handler, body)
            if fault is Fault.ACCEPTS_THEN_HANGS_ONCE:
                self._fault = None
            self._repaired.wait(LONGEST_HANG_S)
        elif fault is Fault.HANGS:
            self._repaired.wait(LONGEST_HANG_S)
        elif fault is Fault.ANSWERS_500:
            _reply(handler, 500, b"{}", "application/json")
        elif fault is Fault.TALKS_RUBBISH:
            _reply(handler, 200, RUBBISH, "text/html")
        elif fault is None:
            answer = self._pass_on(handler, body)
            kind = answer.headers.get("Content-Type", "application/json")
            _reply(handler, answer.status_code, answer.content, kind)

    def _pass_on(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> requests.Response:
        own = {"host", "content-length", "connection"}
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in own}
        return requests.request(
            handler.command,
            self.target + handler.path,
            data=body,
            headers=headers,
            timeout=LONGEST_HANG_S,
        )

    def _open(self, port: int) -> ThreadingHTTPServer:
        switch = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with contextlib.suppress(OSError):
                    switch.answer(self)

            do_GET = do_DELETE = do_POST  # noqa: N815 - http.server's names

            def log_message(self, *_arguments: Any) -> None:
                """Stay quiet."""

        server = ThreadingHTTPServer((HOST, port), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server


def _reply(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
