"""Runs the whole product beside whatever else runs: accounts, mail, actions, Rasa.

Nothing is faked but the account backend's clock, which can be moved forward, and the
switch in front of it, which can be broken.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cli.keys import ACCOUNTS_STAFF_TOKEN, ACCOUNTS_TOKEN, read_keys
from cli.processes import Child, Supervisor
from cli.stack import Ports, Stack
from tests.accounts.service import AccountsRun, run_accounts, wait_for
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
def run_full_stack(folder: Path, *, limit_factor: int = 1000) -> Iterator[FullStack]:
    """Start everything on free ports; stop it at the end."""
    with run_accounts(folder) as accounts:
        backend = BackendSwitch(accounts.base_url)
        stack = _compose(folder, accounts)
        actions, rasa = stack.actions(accounts_url=backend.url), stack.rasa()
        helpdesk = stack.helpdesk(LATCHKEY_LIMIT_FACTOR=str(limit_factor))
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
