"""An upgrade without a pause: the old version lives with the tables of the new one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from helpdesk.store import open_database
from tests.accounts.service import wait_for
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun, prepare_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.postgresql import new_database
from tests.upgrade.old_version import (
    environment_of,
    export_old_version,
    give_new_tables,
)

RECORD, ACCOUNTS = "helpdesk/store/migrations", "accounts/migrations"
# What reads and writes the tables most, and does not take minutes.
TESTS = {
    RECORD: ["tests/desk", "--ignore=tests/desk/test_who_may_speak.py"],
    ACCOUNTS: ["tests/accounts/test_worker.py", "tests/accounts/test_links.py"],
}


@pytest.fixture
def old_run(
    tmp_path: Path, postgresql: str, assistant: ScriptedAssistant
) -> Iterator[HelpdeskRun]:
    """A help desk of the old version, which has made its tables."""
    old = export_old_version(tmp_path / "old", RECORD)
    run = prepare_helpdesk(
        tmp_path,
        LATCHKEY_DATABASE_URL=new_database(postgresql),
        LATCHKEY_RASA_URL=assistant.url,
    )
    with run.process.log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk"],
            cwd=old,
            env=environment_of(old) | run.process.variables,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(run.process._is_up, "the start of the old version", 60)
        yield run
    finally:
        process.terminate()
        process.wait(20)


def version_in(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version"))
        version = str(found.scalar_one())
    engine.dispose()
    return version


@pytest.mark.timeout(900)  # it waits as long as a busy machine takes
@pytest.mark.parametrize("migrations", [RECORD, ACCOUNTS])
def test_the_tests_of_the_old_version_pass_on_the_new_tables(
    tmp_path: Path, migrations: str
) -> None:
    old = export_old_version(tmp_path, migrations)
    give_new_tables(old, migrations)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*command, *TESTS[migrations]],
        cwd=old,
        env=environment_of(old),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr[-1_000:]
    assert " passed" in ended.stdout or "100%" in ended.stdout


def test_a_conversation_goes_on_while_the_new_version_takes_the_place_of_the_old(
    tmp_path: Path, old_run: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    (tmp_path / "new").mkdir()
    new_run = prepare_helpdesk(
        tmp_path / "new",
        LATCHKEY_DATABASE_URL=old_run.database_url,
        LATCHKEY_RASA_URL=assistant.url,
    )
    before = version_in(old_run.database_url)
    with ChatClient.of_new_contact(old_run.base_url) as chat:
        chat.ask("my invitation has expired")
        try:
            new_run.process.start()
            assert version_in(old_run.database_url) > before
            assert chat.ask("does the old one still answer?")["text"].startswith("You")
            with ChatClient(new_run.base_url, chat.token) as beside:
                beside.join()
                assert len(beside.messages) == 4
                beside.ask("and the new one?")
            assert chat.ask("both, after another?")["text"].startswith("You")
        finally:
            new_run.process.stop()


def test_a_version_that_finds_tables_newer_than_it_knows_starts_and_says_so(
    tmp_path: Path, postgresql: str, caplog: pytest.LogCaptureFixture
) -> None:
    for url in (f"sqlite:///{tmp_path / 'record.db'}", new_database(postgresql)):
        database = open_database(url)
        database.migrate()
        with database.transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        caplog.clear()
        database.migrate()
        assert "newer" in caplog.text
        assert "9999" in caplog.text
        assert version_in(url) == "9999"
        database.close()
