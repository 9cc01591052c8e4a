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
from cli.stack import Ports, Stack
from tests.accounts.service import LAUNCHER, AccountsRun, run_accounts, wait_for
from tests.e2e.backend_switch import BackendSwitch
from tests.e2e.chat import Chat


@dataclass
class FullStack:
    """The running product."""

    stack: Stack
    accounts: AccountsRun
    backend: BackendSwitch
    actions: Child
    rasa: Child
    helpdesk: Child

    @property
    def log_files(self) -> list[Path]:
        """The logs of all parts."""
        own = [self.helpdesk.log, self.actions.log, self.rasa.log]
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
        return f"sqlite:///{self.stack.state / 'helpdesk.db'}"

    def advance(self, **time_span: float) -> None:
        """Move the clock of the help desk and the account backend forward."""
        self.accounts.advance(**time_span)

    def kill(self, child: Child) -> None:
        """End a part as a power cut would."""
        assert child.process
        child.process.kill()
        child.process.wait()

    def revive(self, child: Child) -> None:
        """Start a part again and wait until it answers."""
        child.start()
        wait_for(child.is_ready, f"the start of {child.name}", 60)


@contextmanager
def run_full_stack(
    folder: Path, *, accounts_launcher: str = LAUNCHER
) -> Iterator[FullStack]:
    """Start everything on free ports; stop it at the end."""
    with run_accounts(folder, launcher=accounts_launcher) as accounts:
        backend = BackendSwitch(accounts.base_url)
        stack = _compose(folder, accounts)
        actions, rasa = stack.actions(accounts_url=backend.url), stack.rasa()
        helpdesk = replace(
            stack.helpdesk(
                LATCHKEY_LIMIT_FACTOR="1000",
                LATCHKEY_SECOND_ADMIN_FOR="none",
                LATCHKEY_BULK_PER_MINUTE="60000",
                LATCHKEY_TEST_CLOCK_FILE=str(accounts.clock_file),
            ),
            arguments=[sys.executable, "-m", "tests.helpdesk.shifted_launcher"],
        )
        supervisor = Supervisor([actions, rasa, helpdesk])
        try:
            list(supervisor.start())
            yield FullStack(stack, accounts, backend, actions, rasa, helpdesk)
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
    return Stack(ports, folder, keys)
