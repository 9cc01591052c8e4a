"""Two help desks that are one: the same PostgreSQL, the same Valkey, the same assistant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.accounts.service import wait_for
from tests.console.console_steps import Case
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.conftest import database, postgresql
from tests.helpdesk.running import HelpdeskRun, prepare_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant, run_scripted_assistant
from tests.postgresql import new_database
from tests.valkey import Valkey, run_valkey

__all__ = ["database", "postgresql"]

TOGETHER = "the processes of this help desk hear each other"


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One server for all tests; each help desk has a channel of its own."""
    with run_valkey() as running:
        yield running


@dataclass(frozen=True)
class TwoHelpdesks:
    """Two processes that serve one record."""

    one: HelpdeskRun
    other: HelpdeskRun
    database_url: str
    valkey: Valkey

    @property
    def log_files(self) -> list[Path]:
        """What a failed test's report shows."""
        return [*self.one.log_files, *self.other.log_files]

    def start(self) -> None:
        """Start those that do not run, both at once, and wait until they hear each other."""
        started = [run for run in (self.one, self.other) if run.process.process is None]
        before = {run.base_url: times_together(run) for run in started}
        for run in started:
            run.process.start(wait=False)
        for run in started:
            wait_for(run.process._is_up, "the start of a help desk", 180)
            self.wait_until_together(run, before[run.base_url])

    def wait_until_together(self, run: HelpdeskRun, before: int) -> None:
        """Wait until a process hears the other one, once more than before."""
        wait_for(
            lambda: times_together(run) > before or None,
            "the processes to hear each other",
            30,
        )


def times_together(run: HelpdeskRun) -> int:
    """Return how often a process has begun to hear the other one."""
    log = run.process.log_file
    return log.read_text().count(TOGETHER) if log.exists() else 0


@contextmanager
def run_two_helpdesks(
    folder: Path, database_url: str, valkey: Valkey, **variables: str
) -> Iterator[TwoHelpdesks]:
    """Start two at the same moment on an empty record; stop them at the end."""
    runs = []
    for name in ("one", "other"):
        (folder / name).mkdir()
        run = prepare_helpdesk(
            folder / name,
            LATCHKEY_DATABASE_URL=database_url,
            LATCHKEY_REDIS_URL=valkey.url,
            LATCHKEY_LIMIT_FACTOR="1000",
            LATCHKEY_PSEUDONYM_KEY=f"of the tests in {folder}, not a secret",
            **variables,
        )
        runs.append(run)
    two = TwoHelpdesks(runs[0], runs[1], database_url, valkey)
    try:
        two.start()
        yield two
    finally:
        for run in runs:
            run.process.stop()


@pytest.fixture(scope="session")
def assistant() -> Iterator[ScriptedAssistant]:
    """An assistant that says what the test tells it to."""
    with run_scripted_assistant() as running:
        yield running


@pytest.fixture(scope="session")
def running_helpdesks(
    tmp_path_factory: pytest.TempPathFactory,
    postgresql: str,
    valkey: Valkey,
    assistant: ScriptedAssistant,
) -> Iterator[TwoHelpdesks]:
    """Two real help desks in front of the scripted assistant."""
    folder = tmp_path_factory.mktemp("two")
    url = new_database(postgresql)
    with run_two_helpdesks(
        folder,
        url,
        valkey,
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_BULK_PER_MINUTE="6000",
    ) as two:
        yield two


@pytest.fixture
def two_helpdesks(
    running_helpdesks: TwoHelpdesks, assistant: ScriptedAssistant
) -> TwoHelpdesks:
    """Both, and their Valkey, whatever an earlier test has ended; the assistant echoes."""
    assistant.reset()
    running_helpdesks.valkey.start()
    running_helpdesks.start()
    return running_helpdesks


@pytest.fixture
def case(two_helpdesks: TwoHelpdesks) -> Iterator[Case]:
    """A new contact at the first process, whose question was answered."""
    with ChatClient.of_new_contact(two_helpdesks.one.base_url) as chat:
        chat.ask("my invitation has expired")
        yield Case(chat)
