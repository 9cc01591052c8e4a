"""A stand-in for the assistant: says one thing at once, and hands over whoever asks for it.

For measuring what the help desk does around a turn, without what a turn costs.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HAND_OVER = "/talk_to_human"
ANSWER = "An invitation link is valid for **72 hours** and expires then."


class _Channel(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the help desk keeps its lines open

    def do_POST(self) -> None:
        """Answer a turn."""
        turn = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        wants_person = turn["payload"] == HAND_OVER
        intent = "talk_to_human" if wants_person else "invite_expired"
        understood = {"intent": intent, "confidence": 0.97}
        result = {
            "replies": [{"text": ANSWER}],
            "nlu": {**understood, "ranking": [understood]},
            "handoff": {"reason": "asked"} if wants_person else None,
            "acted": False,
            "trouble": False,
        }
        content = json.dumps(result).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


@contextmanager
def turn_stand_in() -> Iterator[str]:
    """Run one for a while; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Channel)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
