"""Runs the whole product beside whatever else runs: accounts, mail, actions, Rasa.

Nothing is faked but the clock of the services, which can be moved forward, and the switch
in front of the account backend, which can be broken.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cli.keys import ACCOUNTS_STAFF_TOKEN, ACCOUNTS_TOKEN, read_keys
from cli.processes import Child, Supervisor
from cli.scale import Scale
from cli.shared_addresses import DATABASE_URL
from cli.stack import Ports, Stack, free_ports
from tests.accounts.service import LAUNCHER, AccountsRun, run_accounts, wait_for
from tests.e2e.backend_switch import BackendSwitch
from tests.e2e.chat import Chat
from tests.kept import files_with, rows_with
from tests.several import IS_SEVERAL, new_shared

TWO_OF_EACH = Scale(helpdesk=2, rasa=2, actions=2)


@dataclass
class FullStack:
    """The running product.

    Where there are several processes of a part, a test that ends or stops the part means
    all of them.
    """

    stack: Stack
    accounts: AccountsRun
    backend: BackendSwitch
    children: list[Child]

    @property
    def helpdesk(self) -> Child:
        """The help desk, or its first process."""
        return self._named("helpdesk")

    @property
    def rasa(self) -> Child:
        """Rasa, or its first process."""
        return self._named("rasa")

    @property
    def actions(self) -> Child:
        """The action server, or its first process."""
        return self._named("actions")

    def _named(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)

    def all_of(self, child: Child) -> list[Child]:
        """Return all processes of the same part."""
        return [each for each in self.children if each.part == child.part]

    @property
    def log_files(self) -> list[Path]:
        """The logs of all parts."""
        own = [child.log for child in self.children]
        return [*own, self.accounts.service.log_file, self.accounts.outbox.log_file]

    def chat(self) -> Chat:
        """Begin a conversation."""
        return Chat(self.stack.assistant())

    @property
    def site(self) -> str:
        """Where the help site is."""
        return self.stack.url("helpdesk")

    @property
    def record_url(self) -> str:
        """Where the help desk keeps its record."""
        own = f"sqlite:///{self.stack.state / 'helpdesk.db'}"
        return self.stack.shared.get(DATABASE_URL, own)

    def kept_with(self, words: list[str]) -> dict[str, list[str]]:
        """Return what the product keeps that holds one of the words, and which."""
        found = files_with(self.stack.state, words)
        if IS_SEVERAL:
            found |= rows_with(self.record_url, words)
        return found

    def advance(self, **time_span: float) -> None:
        """Move the clock of the help desk and the account backend forward."""
        self.accounts.advance(**time_span)

    def kill(self, child: Child) -> None:
        """End a part as a power cut would."""
        for each in self.all_of(child):
            kill_process(each)

    def revive(self, child: Child) -> None:
        """Start a part again and wait until it answers."""
        for each in self.all_of(child):
            each.start()
        for each in self.all_of(child):
            wait_for(each.is_ready, f"the start of {each.name}", 60)

    def signal(self, child: Child, number: int) -> None:
        """Send a signal to a part."""
        for each in self.all_of(child):
            each.signal_group(number)


def kill_process(child: Child) -> None:
    """End one process as a power cut would."""
    assert child.process
    child.process.kill()
    child.process.wait()


@contextmanager
def run_full_stack(
    folder: Path, *, accounts_launcher: str = LAUNCHER
) -> Iterator[FullStack]:
    """Start everything on free ports; stop it at the end."""
    with run_accounts(folder, launcher=accounts_launcher) as accounts:
        backend = BackendSwitch(accounts.base_url)
        stack = _compose(folder, accounts)
        children = _compose_children(stack, accounts, backend)
        supervisor = Supervisor(children)
        try:
            list(supervisor.start())
            yield FullStack(stack, accounts, backend, children)
        finally:
            supervisor.stop()
            backend.close()


def _compose(folder: Path, accounts: AccountsRun) -> Stack:
    ports = replace(
        Ports.free(),
        accounts=int(accounts.base_url.rpartition(":")[2]),
        outbox=int(accounts.outbox_url.rpartition(":")[2]),
        smtp=accounts.smtp_port,
    )
    keys = read_keys(folder) | {
        ACCOUNTS_TOKEN: accounts.token,
        ACCOUNTS_STAFF_TOKEN: accounts.staff_token,
    }
    if not IS_SEVERAL:
        return Stack(ports, folder, keys)
    further = {
        "helpdesk": free_ports(2),
        "rasa": free_ports(1),
        "actions": free_ports(1),
    }
    return Stack(
        ports, folder, keys, scale=TWO_OF_EACH, further=further, shared=new_shared()
    )


def _compose_children(
    stack: Stack, accounts: AccountsRun, backend: BackendSwitch
) -> list[Child]:
    scale = stack.scale
    helpdesks = [
        stack.helpdesk(
            number,
            LATCHKEY_LIMIT_FACTOR="1000",
            LATCHKEY_SECOND_ADMIN_FOR="none",
            LATCHKEY_BULK_PER_MINUTE="60000",
            LATCHKEY_TEST_CLOCK_FILE=str(accounts.clock_file),
        )
        for number in range(1, scale.helpdesk + 1)
    ]
    launcher = [sys.executable, "-m", "tests.helpdesk.shifted_launcher"]
    return [
        *(stack.actions(n, backend.url) for n in range(1, scale.actions + 1)),
        *(stack.rasa(number) for number in range(1, scale.rasa + 1)),
        *(replace(child, arguments=launcher) for child in helpdesks),
    ]
