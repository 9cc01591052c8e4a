"""The database is busy, full, stopped or shared: nothing accepted is lost or doubled."""

import resource
import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests
from sqlalchemy import create_engine, make_url, text

from cli.shared_addresses import DATABASE_URL
from tests.accounts.service import free_port, wait_for
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import (
    HelpdeskRun,
    on_sqlite,
    prepare_helpdesk,
    run_helpdesk,
)
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.insight.reading import measure
from tests.postgresql import (
    Postgresql,
    new_database,
    run_postgresql_server,
)

QUESTION = "my invitation has expired"
ANOTHER = "and I also forgot my password"
PAGES = ("/", "/articles/no-account", "/search?q=password", "/chat", "/healthz")
AWAY, BACK = "the record cannot be used", "the record can be used again"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    with run_postgresql_server() as running:
        yield running


@pytest.fixture
def run(
    tmp_path: Path, server: Postgresql, assistant: ScriptedAssistant
) -> Iterator[HelpdeskRun]:
    """A help desk on PostgreSQL."""
    assistant.reset()
    with helpdesk_on(new_database(server.url), tmp_path, assistant) as running:
        yield running


def helpdesk_on(
    url: str, folder: Path, assistant: ScriptedAssistant
) -> AbstractContextManager[HelpdeskRun]:
    folder.mkdir(exist_ok=True)
    return run_helpdesk(
        folder,
        LATCHKEY_DATABASE_URL=url,
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_LIMIT_FACTOR="1000",
    )


def status(run: HelpdeskRun, path: str) -> int:
    return requests.get(f"{run.base_url}{path}", timeout=20).status_code


def wait_until_ready(run: HelpdeskRun) -> None:
    wait_for(lambda: status(run, "/readyz") == 200, "readiness")


def texts(run: HelpdeskRun, chat: ChatClient) -> list[str]:
    """Return the conversation as the record has it."""
    with ChatClient(run.base_url, chat.token) as fresh:
        return [message["text"] for message in fresh.join()["messages"]]


def answered(*questions: str) -> list[str]:
    return [text for said in questions for text in (said, f"You said: {said}")]


@contextmanager
def another_writer(run: HelpdeskRun) -> Iterator[None]:
    """Hold SQLite's only write lock."""
    other = sqlite3.connect(run.folder / "helpdesk.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


@contextmanager
def full_disk(run: HelpdeskRun) -> Iterator[None]:
    """Let the process write to no file at all, not even to its log."""
    assert run.process.process
    pid = run.process.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def test_a_short_lock_on_sqlite_only_delays(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    client_id = str(uuid4())
    with (
        helpdesk_on(on_sqlite(tmp_path)[DATABASE_URL], tmp_path, assistant) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        with another_writer(run):
            chat.send("message", {"client_id": client_id, "text": QUESTION})
            for path in PAGES:
                assert status(run, path) == 200
        assert chat.next("ack")["client_id"] == client_id
        assert chat.hear()["text"] == f"You said: {QUESTION}"


@pytest.mark.parametrize("trouble", [another_writer, full_disk])
def test_what_sqlite_cannot_keep_is_refused_and_accepted_once_afterwards(
    tmp_path: Path,
    assistant: ScriptedAssistant,
    trouble: Callable[[HelpdeskRun], AbstractContextManager[None]],
) -> None:
    assistant.reset()
    url = on_sqlite(tmp_path)[DATABASE_URL]
    with (
        helpdesk_on(url, tmp_path, assistant) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        chat.ask(QUESTION)
        client_id = uuid4()
        with trouble(run):
            message = {"client_id": str(client_id), "text": ANOTHER}
            assert chat.refusal("message", message) == "unavailable"
            for path in PAGES:
                assert status(run, path) == 200
        ack = chat.post(ANOTHER, client_id)
        assert chat.hear()["text"] == f"You said: {ANOTHER}"
        assert chat.post(ANOTHER, client_id) == ack
        assert texts(run, chat) == answered(QUESTION, ANOTHER)
        assert "Traceback" not in run.process.log


def test_a_stopped_postgresql_refuses_and_later_accepts_the_same_message_once(
    run: HelpdeskRun, server: Postgresql
) -> None:
    with ChatClient.of_new_contact(run.base_url) as chat:
        chat.ask(QUESTION)
        client_id = uuid4()
        server.stop()
        try:
            message = {"client_id": str(client_id), "text": ANOTHER}
            for _ in range(3):
                assert chat.refusal("message", message) == "unavailable"
            assert status(run, "/readyz") == 503
            assert measure(run.base_url, "latchkey_record_reachable") == 0
            for path in PAGES:
                assert status(run, path) == 200
            url = f"{run.base_url}/api/v1/visits"
            refused = requests.post(url, json={}, timeout=10)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert refused.headers["Retry-After"]
        finally:
            server.start()
        wait_until_ready(run)
        ack = chat.post(ANOTHER, client_id)  # the socket has stayed open
        assert chat.hear()["text"] == f"You said: {ANOTHER}"
        assert chat.post(ANOTHER, client_id) == ack
        assert texts(run, chat) == answered(QUESTION, ANOTHER)


@contextmanager
def held_up(run: HelpdeskRun) -> Iterator[None]:
    """Keep whoever writes into a conversation waiting."""
    engine = create_engine(run.database_url)
    with engine.begin() as connection:
        connection.execute(text("SELECT id FROM conversations FOR UPDATE"))
        yield
    engine.dispose()


def test_whoever_is_cut_off_while_their_message_is_kept_is_answered_at_once(
    run: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ChatClient.of_new_contact(run.base_url) as chat:
        chat.join()
        with held_up(run):
            chat.send("message", {"client_id": str(uuid4()), "text": QUESTION})
            wait_for(lambda: run.sql(waits), "the message")
            chat.socket.socket.shutdown(socket.SHUT_RDWR)
            chat.drop()
            wait_for(lambda: not measure(run.base_url, "latchkey_sockets"), "the end")
        done = "SELECT attempts FROM turns WHERE done_at IS NOT NULL"
        assert wait_for(lambda: run.sql(done), "the answer") == [(1,)]
        assert texts(run, chat) == answered(QUESTION)


def test_an_outage_is_two_lines_in_the_log(
    run: HelpdeskRun, server: Postgresql
) -> None:
    with ChatClient.of_new_contact(run.base_url) as chat:
        server.stop()
        try:
            for _ in range(5):
                assert chat.refusal("history", {"before": 1}) == "unavailable"
            wait_for(lambda: AWAY in run.process.log, "a line about the outage")
        finally:
            server.start()
        chat.post(QUESTION)
        wait_for(lambda: BACK in run.process.log, "a line about its end")
    log = run.process.log
    assert (log.count(AWAY), log.count(BACK)) == (1, 1)
    assert "Traceback" not in log


def test_an_answer_that_postgresql_could_not_take_is_given_when_it_is_back(
    run: HelpdeskRun, server: Postgresql, assistant: ScriptedAssistant
) -> None:
    with ChatClient.of_new_contact(run.base_url) as chat:
        assistant.is_free.clear()
        chat.post(QUESTION)
        wait_for(lambda: assistant.turns, "the turn")
        server.stop()
        try:
            assistant.is_free.set()
            wait_for(lambda: "is not finished yet" in run.process.log, "the refusal")
        finally:
            server.start()
        assert chat.hear()["text"] == f"You said: {QUESTION}"
        assert len({turn["message_id"] for turn in assistant.turns}) == 1
        assert texts(run, chat) == answered(QUESTION)


def test_a_help_desk_without_its_database_still_stops_in_peace(
    run: HelpdeskRun, server: Postgresql, assistant: ScriptedAssistant
) -> None:
    with ChatClient.of_new_contact(run.base_url) as chat:
        assistant.is_free.clear()
        chat.post(QUESTION)
        wait_for(lambda: assistant.turns, "the turn")
        server.stop()
        try:
            run.process.stop()
        finally:
            server.start()
            assistant.is_free.set()
        run.process.start()
        wait_for(lambda: len(texts(run, chat)) == 2, "the answer")
        assert texts(run, chat) == answered(QUESTION)
    assert "Traceback" not in run.process.log


CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
NEWEST = "SELECT max(backend_start) FROM pg_stat_activity WHERE datname = %s"


def test_who_writes_just_after_all_connections_were_cut_notices_nothing(
    run: HelpdeskRun, server: Postgresql
) -> None:
    with ChatClient.of_new_contact(run.base_url) as chat:
        chat.ask(QUESTION)
        assert ask_server(server, run, CUT) > 0
        chat.ask(ANOTHER)
        assert texts(run, chat) == answered(QUESTION, ANOTHER)
    assert AWAY not in run.process.log


def test_many_at_once_are_served_over_the_connections_that_there_are(
    run: HelpdeskRun, server: Postgresql
) -> None:
    with ExitStack() as stack:
        chats = [
            stack.enter_context(ChatClient.of_new_contact(run.base_url))
            for _ in range(24)
        ]
        everybody_asks(chats, QUESTION)
        before = ask_server(server, run, NEWEST)
        for _ in range(3):
            everybody_asks(chats, ANOTHER)
        assert ask_server(server, run, NEWEST) == before


def everybody_asks(chats: list[ChatClient], question: str) -> None:
    with ThreadPoolExecutor(len(chats)) as threads:
        list(threads.map(lambda chat: chat.ask(question), chats))


def ask_server(server: Postgresql, run: HelpdeskRun, question: str) -> Any:
    """Return what the server says, over a connection that it does not count."""
    name = make_url(run.database_url).database
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        row = connection.execute(question, [name]).fetchone()
    assert row
    return row[0]


def test_without_its_database_a_help_desk_does_not_start_and_says_why(
    tmp_path: Path,
) -> None:
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    run = prepare_helpdesk(tmp_path, LATCHKEY_DATABASE_URL=nobody)
    run.process.start(wait=False)
    assert run.process.process
    assert run.process.process.wait(30) == 1
    lines = [line for line in run.process.log.splitlines() if line]
    assert "Connection refused" in lines[-1]
    assert "Traceback" not in run.process.log


def test_what_a_killed_process_had_accepted_is_answered_by_the_other(
    tmp_path: Path,
    run: HelpdeskRun,
    server: Postgresql,
    assistant: ScriptedAssistant,
) -> None:
    url = run.database_url
    with (
        helpdesk_on(url, tmp_path / "beside", assistant) as beside,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        chat.ask(QUESTION)
        assistant.is_free.clear()
        client_id = uuid4()
        ack = chat.post(ANOTHER, client_id)
        wait_for(lambda: len(assistant.turns) == 2, "the turn")
        run.process.kill()
        assistant.is_free.set()
        with ChatClient(beside.base_url, chat.token) as elsewhere:
            elsewhere.messages = dict(chat.messages)
            elsewhere.join()
            assert elsewhere.post(ANOTHER, client_id) == ack
            if elsewhere.last_seq < 4:
                elsewhere.hear()
            assert sorted(elsewhere.messages) == [1, 2, 3, 4]
            assert texts(beside, elsewhere) == answered(QUESTION, ANOTHER)
        assert len({turn["message_id"] for turn in assistant.turns}) == 2
