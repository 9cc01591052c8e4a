"""An account backend that misbehaves on request."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

QUEUED = json.dumps({"status": "queued"}).encode()
HANG_S = 15.0


class BadBackend:
    """Says `status` and `body` to everything; hangs while `slow` is set."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.status = 202
        self.body = QUEUED
        self.slow = False
        self.reached, self.release = threading.Event(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(size))
                key = self.headers["Idempotency-Key"]
                outer.requests.append({**body, "key": key, "path": self.path})
                outer.reached.set()
                if outer.slow:
                    outer.release.wait(HANG_S)
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                # the client gave up on us
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    super().handle()

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> BadBackend:
        serve = self._http.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()
