"""Kept HTTP connections to one neighbour, for small questions with small answers.

A request is one packet and an answer is read by the parser of the web server. What general
clients put around that (cookies, proxies, redirects, headers as mail has them) costs more
than the call, and nothing of it is for a neighbour.
"""

import contextlib
import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

import httptools

CHUNK = 64 * 1024
PORTS = {"http": 80, "https": 443}


class LineError(OSError):
    """The neighbour hung up, or does not speak HTTP."""


class NotConnectedError(LineError):
    """There is no connection to the neighbour, so nothing was sent."""


class Patience(NamedTuple):
    """How long to wait, for a connection and then for each part of an answer."""

    connect_s: float
    read_s: float


class Answer:
    """What comes back, as it is read."""

    def __init__(self) -> None:
        self.status = 0
        self.is_complete = False
        self.may_keep = False  # the connection
        self._parts: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    @property
    def body(self) -> bytes:
        """What it says."""
        return b"".join(self._parts)

    def feed(self, part: bytes) -> None:
        """Read on.

        Raises:
            LineError: This is no HTTP.
        """
        try:
            self._parser.feed_data(part)
        except httptools.HttpParserError as error:
            raise LineError("The neighbour does not speak HTTP.") from error

    def on_body(self, part: bytes) -> None:
        """Keep a part; called by the parser."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Note that this was all; called by the parser, which then forgets it."""
        self.status = self._parser.get_status_code()
        self.may_keep = self._parser.should_keep_alive()
        self.is_complete = True


class NeighbourLines:
    """Sends requests to one neighbour, from several threads if need be.

    Args:
        base_url: Where it is.
        kept_most: How many connections are kept for the next requests.
    """

    def __init__(self, base_url: str, kept_most: int) -> None:
        place = urlsplit(base_url)
        self._host = place.hostname or ""
        self._port = place.port or PORTS.get(place.scheme, 80)
        self._base_path = place.path.rstrip("/")
        self._head = f"HTTP/1.1\r\nHost: {place.netloc.rpartition('@')[2]}\r\n"
        is_secret = place.scheme == "https"
        self._secrecy = ssl.create_default_context() if is_secret else None
        self._kept_most = kept_most
        self._idle: deque[socket.socket] = deque()
        self._used: set[socket.socket] = set()

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str], patience: Patience
    ) -> Answer:
        """Send a request and return the answer; nothing is sent twice or redirected.

        Raises:
            NotConnectedError: Nothing was sent.
            OSError: No whole answer came in time.
        """
        named = {**headers, "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        head = f"POST {self._base_path}{path} {self._head}{lines}\r\n"
        line = self._take() or self._connect(patience.connect_s)
        return self._send(line, head.encode("latin-1") + body, patience.read_s)

    def is_well(self, path: str, patience: Patience) -> bool:
        """Tell whether a page of the neighbour is there, over a line of its own."""
        head = f"GET {self._base_path}{path} {self._head}\r\n"
        try:
            line = self._connect(patience.connect_s)
            answer = self._send(line, head.encode("latin-1"), patience.read_s)
        except OSError:
            return False
        return answer.status == HTTPStatus.OK

    def hang_up(self) -> None:
        """Give up waiting for every answer: whoever waits gets an error at once."""
        for line in list(self._used):
            with contextlib.suppress(OSError):  # it has just ended by itself
                line.shutdown(socket.SHUT_RDWR)

    def _send(self, line: socket.socket, request: bytes, read_s: float) -> Answer:
        self._used.add(line)
        try:
            line.settimeout(read_s)
            line.sendall(request)
            answer = _read(line)
        except BaseException:
            line.close()
            raise
        finally:
            self._used.discard(line)
        if answer.may_keep and len(self._idle) < self._kept_most:
            self._idle.append(line)
        else:
            line.close()
        return answer

    def _take(self) -> socket.socket | None:
        """Return a kept connection that is still good, the one used last first."""
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return None
            poll = select.poll()
            poll.register(line, select.POLLIN)
            if not poll.poll(0):
                return line
            line.close()  # the neighbour hung up: it has nothing to say unasked

    def _connect(self, within_s: float) -> socket.socket:
        try:
            line = socket.create_connection((self._host, self._port), within_s)
        except OSError as error:
            problem = f"No connection to the neighbour ({type(error).__name__})."
            raise NotConnectedError(problem) from error
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._secrecy is None:
            return line
        try:
            return self._secrecy.wrap_socket(line, server_hostname=self._host)
        except BaseException:
            line.close()
            raise


def _read(line: socket.socket) -> Answer:
    answer = Answer()
    while not answer.is_complete:
        part = line.recv(CHUNK)
        if not part:
            raise LineError("The neighbour hung up.")
        answer.feed(part)
    return answer
