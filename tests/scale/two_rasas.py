"""Two processes of Rasa and two action servers on one PostgreSQL, as on two machines."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cli import rasa_room
from cli.keys import (
    ACCOUNTS_STAFF_TOKEN,
    ACCOUNTS_TOKEN,
    ACTOR_KEY,
    TURN_KEY,
    read_keys,
)
from cli.processes import Child, Supervisor
from cli.stack import Answers, Ports, Stack
from helpdesk.assistant import HEALTH_PATH, Actor, AssistantClient, Turn
from helpdesk.assistant_pool import AssistantPool
from helpdesk.metrics import Metrics
from tests.accounts.service import AccountsRun, free_port, run_accounts, wait_for
from tests.e2e.backend_switch import BackendSwitch

HOST = "127.0.0.1"


@dataclass(frozen=True)
class RasaProcess:
    """One of them."""

    child: Child
    url: str
    client: AssistantClient

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        self.child.signal_group(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """Wait until it has ended, and return how."""
        assert self.child.process
        return self.child.process.wait(20)

    def revive(self) -> None:
        """Start it again unless it runs, and wait until it answers."""
        if not self.child.is_running():
            self.child.start()
        wait_for(self.child.is_ready, "the start of Rasa", 120)


@dataclass(frozen=True)
class TwoRasas:
    """Two processes that any turn may go to."""

    one: RasaProcess
    other: RasaProcess
    actions: tuple[Child, Child]
    accounts: AccountsRun
    backend: BackendSwitch

    @property
    def log_files(self) -> list[Path]:
        """The logs of all of them."""
        rasas = [self.one.child.log, self.other.child.log]
        return [*rasas, *(child.log for child in self.actions)]

    def pool(self, metrics: Metrics | None = None) -> AssistantPool:
        """Return both as a help desk uses them."""
        clients = {"one": self.one.client, "other": self.other.client}
        return AssistantPool(clients, metrics or Metrics())


class InTurn:
    """Sends each turn to the other process than the one before."""

    def __init__(self, two: TwoRasas) -> None:
        self._clients = [two.one.client, two.other.client]

    def take_turn(self, turn: Turn, actor: Actor | None = None) -> dict[str, Any]:
        """Have a turn taken."""
        self._clients.reverse()
        return self._clients[0].take_turn(turn, actor)


@contextmanager
def run_two_rasas(folder: Path, tracker_url: str) -> Iterator[TwoRasas]:
    """Start them on free ports; stop them at the end.

    Args:
        folder: Where logs and keys go.
        tracker_url: The database that they share.
    """
    with run_accounts(folder) as accounts:
        backend = BackendSwitch(accounts.base_url)
        keys = read_keys(folder) | {
            ACCOUNTS_TOKEN: accounts.token,
            ACCOUNTS_STAFF_TOKEN: accounts.staff_token,
        }
        stack = Stack(Ports.free(), folder, keys)
        actions = [_actions(stack, backend.url, number) for number in (1, 2)]
        webhooks = ",".join(url for _, url in actions)
        one, other = (_rasa(stack, webhooks, tracker_url, n) for n in (1, 2))
        servers = (actions[0][0], actions[1][0])
        supervisor = Supervisor([*servers, one.child, other.child])
        try:
            list(supervisor.start(within_s=180))
            yield TwoRasas(one, other, servers, accounts, backend)
        finally:
            for rasa in (one, other):
                rasa.child.signal_group(signal.SIGCONT)
            supervisor.stop()
            backend.close()


def _actions(stack: Stack, backend_url: str, number: int) -> tuple[Child, str]:
    own = replace(stack, ports=replace(stack.ports, actions=free_port()))
    log = own.state / "logs" / f"actions-{number}.log"
    return replace(own.actions(accounts_url=backend_url), log=log), own.url(
        "actions"
    ) + "/webhook"


def _rasa(stack: Stack, webhooks: str, tracker_url: str, number: int) -> RasaProcess:
    port = free_port()
    url = f"http://{HOST}:{port}"
    arguments = [
        *("--model", str(stack.model), "--port", str(port)),
        *("--actions", webhooks),
    ]
    child = Child(
        f"rasa-{number}",
        rasa_room.command("bot.serve", *arguments),
        rasa_room.environment({**stack.keys, "LATCHKEY_TRACKER_URL": tracker_url}),
        stack.state / "logs" / f"rasa-{number}.log",
        Answers(url + HEALTH_PATH),
    )
    client = AssistantClient(
        url, turn_key=stack.keys[TURN_KEY], actor_key=stack.keys[ACTOR_KEY]
    )
    return RasaProcess(child, url, client)
