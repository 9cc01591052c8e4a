"""A real, tiny action server over HTTP, whose behaviour a test chooses."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Call = dict[str, Any]
Answer = dict[str, Any]
EMPTY: Answer = {"events": [], "responses": []}
HANG_S = 10.0


def says(text: str, **more: Any) -> Answer:
    """Return an action's answer that says one thing."""
    return {"events": [], "responses": [{"text": text, **more}]}


class ActionServer:
    """Answers Rasa's calls and remembers them.

    Every action says `ran <its name>` unless a test puts something else into `answers`:
    an answer, or a function of the call that returns one. `status` and `body` replace
    all answers; `connections` counts those made; `release` is what a slow answer of
    `wait_for_release` waits for.
    """

    def __init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # connections are kept, as Sanic does

            def setup(self) -> None:
                super().setup()
                outer.connections += 1

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                outer.traceparents.append(self.headers.get("traceparent"))
                status, body = outer._answer(json.loads(self.rfile.read(size)))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                # the turn was cut off while we hung
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    super().handle()

        self.connections = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/webhook"
        self.reset()

    def __enter__(self) -> ActionServer:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()

    def reset(self) -> None:
        """Forget the calls and every special behaviour."""
        if hasattr(self, "release"):
            self.release.set()
        self.release = threading.Event()
        self.reached = threading.Event()
        self.calls: list[Call] = []
        self.traceparents: list[str | None] = []
        self.answers: dict[str, Answer | Callable[[Call], Answer]] = {}
        self.status = 200
        self.body: bytes | None = None

    def wait_for_release(self, call: Call) -> Answer:
        """Answer only when the test says so."""
        self.reached.set()
        self.release.wait(HANG_S)
        return says(f"ran {call['next_action']}")

    def calls_of(self, action: str) -> list[Call]:
        """Return the calls of one action."""
        return [call for call in self.calls if call["next_action"] == action]

    def _answer(self, call: Call) -> tuple[int, bytes]:
        self.calls.append(call)
        answer = self.answers.get(call["next_action"], EMPTY)
        if call["next_action"] not in self.answers:
            answer = says(f"ran {call['next_action']}")
        if callable(answer):
            answer = answer(call)
        body = self.body if self.body is not None else json.dumps(answer).encode()
        return self.status, body
