"""Whether a process still answers: asked again and again, and never waited for.

A process can live and do nothing: it is stopped, or it waits for itself. Who watches it must
not wait with it, so every step here is one that cannot block.
"""

import contextlib
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

EVERY_S = 1.0
PATIENCE_S = 4.5  # for one answer; a busy process may take its time
MISSES = 2  # in a row: it is asked twice before it is given up
STARTS_WITHIN_S = 90.0


@dataclass
class Pulse:
    """Asks one address; any answer at all is a sign of life, also a refusal.

    Args:
        host: Where it listens.
        port: Its port.
        question: The bytes that make it say something.
        patience_s: How long an answer may take.
        starts_within_s: How long the first answer may take.
    """

    host: str
    port: int
    question: bytes
    patience_s: float = PATIENCE_S
    starts_within_s: float = STARTS_WITHIN_S
    misses: int = 0
    was_heard: bool = False
    _socket: socket.socket | None = field(default=None, repr=False)
    _is_asked: bool = False
    _begun_at: float = 0.0  # when the process was started
    _asking_since: float | None = None
    _next_at: float = 0.0

    @classmethod
    def of(cls, url: str) -> "Pulse":
        """Return the pulse of a process that answers HTTP requests."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        lines = (
            f"GET {parts.path or '/'} HTTP/1.1",
            f"Host: {host}:{port}",
            "Connection: close",
        )
        return cls(host, port, "".join(f"{x}\r\n" for x in (*lines, "")).encode())

    def begin(self, now: float) -> None:
        """Forget what was: the process is started anew."""
        self._drop()
        self.misses, self.was_heard = 0, False
        self._begun_at, self._asking_since, self._next_at = now, None, now

    def feel(self, now: float) -> None:
        """Ask, or look whether there is an answer; whatever is possible at once."""
        if self._asking_since is None:
            if now < self._next_at:
                return
            self._asking_since = now
        if self._is_answered():
            self._drop()
            self.misses, self.was_heard = 0, True
            self._asking_since, self._next_at = None, now + EVERY_S
        elif now - self._asking_since > self.patience_s:
            self._drop()
            self.misses += 1
            self._asking_since = None

    @property
    def is_well(self) -> bool:
        """Whether it answered when it was asked last."""
        return self.was_heard and self.misses == 0

    def is_gone(self, now: float) -> bool:
        """Tell whether the process is beyond hope."""
        if not self.was_heard:
            return now - self._begun_at > self.starts_within_s
        return self.misses >= MISSES

    def _is_answered(self) -> bool:
        try:
            if self._socket is None:
                self._socket = socket.socket()
                self._socket.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    self._socket.connect((self.host, self.port))
            if not self._is_asked:
                self._socket.send(self.question)
                self._is_asked = True
            if self._socket.recv(1):
                return True
        except BlockingIOError:
            return False
        except OSError:
            pass
        self._drop()  # refused, or closed without a word: ask anew
        return False

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._is_asked = None, False
