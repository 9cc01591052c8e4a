"""A real PostgreSQL beside Rasa's room: its wheel lives in the other environment."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bot.own_actions import ENVIRONMENTS, ROOT

SERVER = """
import sys
from tests.postgresql import run_postgresql_server
with run_postgresql_server() as server:
    print(server.url, flush=True)
    for line in sys.stdin:
        getattr(server, line.strip())()
        print("done", flush=True)
"""


class Postgresql:
    """A server that a test may stop and start again."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._read()

    def stop(self) -> None:
        """End it and every connection to it."""
        self._tell("stop")

    def start(self) -> None:
        """Start it again, with all that was committed."""
        self._tell("start")

    def _tell(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        assert self._read() == "done"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def run_postgresql() -> Iterator[Postgresql]:
    """Run a server of its own."""
    process = subprocess.Popen(
        [ENVIRONMENTS / "venv/bin/python", "-c", SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:  # closing what it reads ends it
        yield Postgresql(process)
