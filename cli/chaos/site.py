"""The installation that the run breaks: every part for real, and a line in front of each."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from cli import rasa_room
from cli.bench_parts import NO_LIMIT, forget_installation
from cli.chaos.keeper import Keeper, family, send
from cli.chaos.launcher import CLOCK_FILE, GUARD
from cli.chaos.proxy import HOST, Line
from cli.chaos.store import Store
from cli.processes import Child
from cli.scale import Scale
from cli.servers import Servers
from cli.shared_addresses import DATABASE_URL, REDIS_URL
from cli.stack import PROCESS_NAME, Ports, Stack

SCALE = Scale(helpdesk=2, rasa=2, actions=2)
LAUNCHER = "cli.chaos.launcher"
OF_NEIGHBOURS = ("OTEL_", "PG")


class Site:
    """All processes, the lines between them, and their clocks.

    Args:
        folder: Where everything is kept; an empty one.
        guards: The names of guards to take out.
    """

    def __init__(self, folder: Path, guards: Sequence[str] = ()) -> None:
        forget_installation(OF_NEIGHBOURS)
        self.folder = folder
        self.guards = guards
        self.keeper = Keeper()
        self.store = Store(folder, self.keeper)
        self.valkey = Servers.missing_in({DATABASE_URL: "another"}, folder / "valkey")
        self.stack = Stack.on(Ports.free(), folder, SCALE)
        self.lines = {name: Line(name, port) for name, port in self._targets().items()}

    @property
    def url(self) -> str:
        """Where people find the help desk."""
        return self._address("helpdesk")

    @property
    def outbox(self) -> Path:
        """Where the mails are."""
        return self.folder / "outbox"

    async def start(self) -> None:
        """Start everything, what others need first."""
        for line in self.lines.values():
            await line.open()
        servers = [self.store.child, *self.valkey.children()]
        await asyncio.wrap_future(self.keeper.start(servers))
        await asyncio.to_thread(self.store.prepare)
        parts = [self._launched(each) for each in self._parts()]
        self.shift_clocks(0.0, [each.name for each in parts])
        await asyncio.wrap_future(self.keeper.start(parts))

    async def stop(self) -> None:
        """Stop everything, and give the disks back."""
        for line in self.lines.values():
            line.close()
        await asyncio.to_thread(self.keeper.stop)
        self.store.disk.drop()

    def shift_clocks(self, seconds: float, names: list[str] | None = None) -> None:
        """Have the clocks of parts differ from the machine's; those of all if not told."""
        folder = self.folder / "clocks"
        folder.mkdir(exist_ok=True)
        for name in names or [each.name for each in folder.iterdir()]:
            made = self.folder / f"{name}.clock"
            made.write_text(str(seconds), encoding="utf-8")
            made.rename(folder / name)

    def pids(self, name: str) -> list[int]:
        """Return the processes of a part; none if it does not run."""
        child = self.process(name)
        if child.process is None or not child.is_running():
            return []
        return family(child.process.pid)

    def process(self, name: str) -> Child:
        """Return a part's process; `postgresql` is the server that is in use."""
        return self.store.child if name == "postgresql" else self.keeper.child(name)

    def thaw(self, pids: list[int]) -> None:
        """Let stopped processes go on; those that a supervisor ended do not matter."""
        send(pids, signal.SIGCONT)

    def _targets(self) -> dict[str, int]:
        def port(part: str, number: int = 1) -> int:
            return int(self.stack.url(part, number).rpartition(":")[2])

        return {
            "helpdesk": port("helpdesk"),
            **{"rasa": port("rasa"), "rasa-2": port("rasa", 2)},
            **{"actions": port("actions"), "actions-2": port("actions", 2)},
            "accounts": port("accounts"),
            "smtp": port("smtp"),
            "postgresql": self.store.servers.postgresql_port,
            "valkey": self.valkey.valkey_port,
        }

    def _address(self, name: str) -> str:
        return f"http://{HOST}:{self.lines[name].port}"

    def _through(self, url: str, name: str) -> str:
        """Return the address of a server by its line."""
        parts = urlsplit(url)
        secret = parts.netloc.rpartition("@")[0]
        place = f"{secret}@{HOST}:{self.lines[name].port}"
        return urlunsplit(parts._replace(netloc=place))

    def _parts(self) -> list[Child]:
        database = self._through(
            self.store.servers.settings[DATABASE_URL], "postgresql"
        )
        redis = self._through(self.valkey.settings[REDIS_URL], "valkey")
        stack = replace(self.stack, shared={DATABASE_URL: database, REDIS_URL: redis})
        accounts = self._address("accounts")
        desk = {
            "LATCHKEY_RASA_URL": f"{self._address('rasa')},{self._address('rasa-2')}",
            "LATCHKEY_PUBLIC_URL": self.url,
            "LATCHKEY_ACCOUNTS_URL": accounts,
            "LATCHKEY_LIMIT_FACTOR": NO_LIMIT,
        }
        mail = {"LATCHKEY_SMTP_PORT": str(self.lines["smtp"].port)}
        return [
            stack.outbox(),
            _with(stack.accounts(), mail),
            *(stack.actions(number, accounts) for number in (1, 2)),
            *(self._rasa(stack, number) for number in (1, 2)),
            *(stack.helpdesk(number, **desk) for number in (1, 2)),
        ]

    def _rasa(self, stack: Stack, number: int) -> Child:
        child = stack.rasa(number)
        arguments = list(child.arguments)
        servers = f"{self._address('actions')},{self._address('actions-2')}"
        arguments[arguments.index("--actions") + 1] = rasa_room.webhooks(servers)
        return replace(child, arguments=arguments)

    def _launched(self, child: Child) -> Child:
        """Return a part that our launcher starts."""
        python, minus_m, *rest = child.arguments
        own = {
            CLOCK_FILE: str(self.folder / "clocks" / child.name),
            GUARD: ",".join(self.guards),
            PROCESS_NAME: child.name,
        }
        return replace(_with(child, own), arguments=[python, minus_m, LAUNCHER, *rest])


def _with(child: Child, variables: Mapping[str, str]) -> Child:
    return replace(child, environment={**child.environment, **variables})
