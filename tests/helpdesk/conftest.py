"""A record on each kind of database, and a running help desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.database import Database
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.letter_steps import Case, Outbox, run_outbox
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant, run_scripted_assistant
from tests.new_record import new_record
from tests.postgresql import run_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """One server for all tests; each makes a database of its own."""
    with run_postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty record, on SQLite and on PostgreSQL."""
    opened = new_record(request, tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def assistant() -> Iterator[ScriptedAssistant]:
    """An assistant that says what the test tells it to."""
    with run_scripted_assistant() as running:
        yield running


@pytest.fixture(scope="module")
def helpdesk(
    tmp_path_factory: pytest.TempPathFactory, assistant: ScriptedAssistant
) -> Iterator[HelpdeskRun]:
    """The real help desk in front of the scripted assistant."""
    folder = tmp_path_factory.mktemp("helpdesk")
    with run_helpdesk(
        folder, LATCHKEY_RASA_URL=assistant.url, LATCHKEY_LIMIT_FACTOR="1000"
    ) as running:
        yield running


@pytest.fixture
def chat(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Iterator[ChatClient]:
    """A new contact, joined."""
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    with run_outbox(tmp_path_factory.mktemp("mail")) as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_record(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One record for all cases: each has its own contact and addresses."""
    opened = new_record(request, tmp_path_factory.mktemp("record"))
    yield opened
    opened.close()


@pytest.fixture
def case(shared_record: Database, outbox: Outbox) -> Case:
    case = Case.of(shared_record, outbox)
    case.desk.answer(case.desk.say("The door of site 4 does not open"))
    case.take_over()
    return case
