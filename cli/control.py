"""The way to an `up` that runs: a socket in the state folder, for its owner only.

A request is one line of JSON, and so is each answer; the last one has `done`. Nothing here
waits: `up` looks in between.
"""

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LONGEST_REQUEST = 4096
ANSWERS_WITHIN_S = 15.0  # something is said at least so often, also while one waits
NAME = "control.sock"

Json = dict[str, Any]


class NotUpError(Exception):
    """Nobody listens: Latchkey is not up in this state folder."""


class Caller:
    """Somebody who asked for something."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._heard = b""
        self.is_gone = False

    def read(self) -> Json | None:
        """Return the request if all of it is there; what is none ends the call."""
        try:
            received = self._connection.recv(LONGEST_REQUEST)
        except BlockingIOError:
            return None
        except OSError:
            received = b""
        self._heard += received
        if not received or len(self._heard) > LONGEST_REQUEST:
            self.hang_up()
            return None
        if not self._heard.endswith(b"\n"):
            return None
        try:
            request = json.loads(self._heard)
        except ValueError:
            request = None
        self._heard = b""
        return request if isinstance(request, dict) else {}

    def say(self, answer: Json) -> None:
        """Send a line; somebody who is gone or does not listen misses it."""
        try:
            self._connection.send(json.dumps(answer).encode() + b"\n")
        except OSError:
            self.is_gone = True

    def hang_up(self) -> None:
        """End the call."""
        self.is_gone = True
        self._connection.close()


class ControlSocket:
    """Where `up` hears what it should do."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._callers: list[Caller] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.setblocking(False)
        (state / NAME).unlink(missing_ok=True)  # what one that was killed left
        before = os.umask(0o177)
        try:
            with _short(state) as path:
                self._listener.bind(path)
        finally:
            os.umask(before)
        self._listener.listen()

    def requests(self) -> Iterator[tuple[Caller, Json]]:
        """Yield what was asked since the last look."""
        with contextlib.suppress(OSError):  # nobody else calls, or none can be taken
            while True:
                self._callers.append(Caller(self._listener.accept()[0]))
        for caller in list(self._callers):
            request = caller.read()
            if request is not None:
                yield caller, request
            if caller.is_gone:
                self._callers.remove(caller)

    def close(self) -> None:
        """Hear nobody any more."""
        for caller in self._callers:
            caller.hang_up()
        self._listener.close()
        (self._state / NAME).unlink(missing_ok=True)


def call(state: Path, request: Json, tell: Callable[[Json], None]) -> Json:
    """Ask a running `up` for something and return its last answer.

    Args:
        state: The state folder.
        request: What for.
        tell: Takes what is said before that.

    Raises:
        NotUpError: There is none, or it ended meanwhile.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWERS_WITHIN_S)
            with _short(state) as path:
                connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                for line in lines:
                    answer: Json = json.loads(line)
                    if "done" in answer:
                        return answer
                    tell(answer)
    except (OSError, ValueError) as error:
        raise NotUpError from error
    raise NotUpError


@contextlib.contextmanager
def _short(state: Path) -> Iterator[str]:
    """Yield a path to the socket that is short enough, however long the folder's is."""
    folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{NAME}"
    finally:
        os.close(folder)
