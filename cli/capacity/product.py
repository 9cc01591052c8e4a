"""The whole product for a measurement: ports, state and servers of its own, for a while."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.bench_parts import NO_LIMIT, READY_WITHIN_S, forget_installation
from cli.places import ENVIRONMENTS
from cli.processes import Child, Supervisor
from cli.scale import Scale, name_of
from cli.servers import Servers
from cli.shared_addresses import DATABASE_URL, remember
from cli.stack import HOST, Ports, Stack
from cli.up import STOPS_WITHIN_S


@dataclass(frozen=True)
class Product:
    """What runs.

    Attributes:
        stack: The parts.
        children: The process of each part and server by its name.
        database_url: PostgreSQL, as psycopg wants it; empty where SQLite keeps everything.
    """

    stack: Stack
    children: Mapping[str, Child]
    database_url: str

    @property
    def site(self) -> str:
        """The address that contacts use."""
        return self.stack.url("helpdesk")

    @property
    def measures(self) -> dict[str, str]:
        """The address of each help desk's measures."""
        private = self.stack.further.get("helpdesk") or (self.stack.ports.helpdesk,)
        return {
            name_of("helpdesk", number): f"http://{HOST}:{port}/metrics"
            for number, port in enumerate(private, 1)
        }

    def ended(self) -> list[str]:
        """Return the names of those that do not run any more."""
        return [n for n, child in self.children.items() if not child.is_running()]


@contextmanager
def running_product(scale: Scale, *, on_servers: bool = False) -> Iterator[Product]:
    """Run everything with a state of its own, which is gone afterwards.

    What the environment says about an installation is forgotten first: a load must reach
    nobody's record and nobody's mailbox.

    Args:
        scale: How many processes there are of each part.
        on_servers: On PostgreSQL and Valkey also where SQLite would do.

    Raises:
        ChildNotReadyError: A part does not start.
    """
    # Beside the real state: what a commit costs depends on the disk.
    with (
        tempfile.TemporaryDirectory(prefix="load-", dir=ENVIRONMENTS) as folder,
        _running_in(Path(folder), scale, on_servers) as product,
    ):
        yield product


@contextmanager
def _running_in(folder: Path, scale: Scale, on_servers: bool) -> Iterator[Product]:
    forget_installation()
    os.environ["LATCHKEY_LIMIT_FACTOR"] = NO_LIMIT
    needs_servers = on_servers or scale.needs_servers
    own = Servers.missing_in({}, folder) if needs_servers else None
    below = Supervisor(own.children() if own else [], stop_grace_s=STOPS_WITHIN_S)
    above = Supervisor([])
    try:
        list(below.start(within_s=READY_WITHIN_S))
        settings = own.settings if own else {}
        if own:
            own.make_database()
            remember(settings, folder)
        stack = Stack.on(Ports.free(), folder, scale)
        above = Supervisor(stack.children())
        list(above.start(within_s=READY_WITHIN_S))
        children = {child.name: child for child in (*above.children, *below.children)}
        url = settings.get(DATABASE_URL, "").replace("+psycopg", "")
        yield Product(stack, children, url)
    finally:
        above.stop()
        below.stop()
