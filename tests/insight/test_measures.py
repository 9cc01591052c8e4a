"""What parts measure: the work that is left, what is refused, and calls of the backend."""

import asyncio
import math
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from accounts.client import AccountsClient, AccountsError
from accounts.measures import Measures
from actions.dead_link import ActionReportLink
from actions.measures import ACTION_FAILURES, REGISTRY
from actions.watching import WatchedExecutor
from foundation import measures
from foundation.database import Database
from foundation.measures import BackendCalls, LoopLag
from foundation.tracing import send_spans_to, within
from helpdesk.desk.figures import read_figures
from helpdesk.metrics import Figures, Metrics
from helpdesk.store.letter_models import Letter
from helpdesk.store.models import Conversation
from helpdesk.store.rows import add, change
from helpdesk.store.words import LetterKind, LetterState, Purpose, Status
from tests.accounts.service import free_port, wait_for
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.desk_steps import Desk
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.helpdesk.scripted_server import reply, run_scripted_server
from tests.insight.reading import measure
from tests.insight.test_tracing import WANTED, Kept

QUESTION = "my invitation has expired"
ADDRESS = "ana.maria@private.example"


def figures(desk: Desk) -> Figures:
    with desk.database.reading() as session:
        return read_figures(session, desk.now)


def set_columns(desk: Desk, **values: Any) -> None:
    with desk.database.transaction() as session:
        assert change(session, Conversation, {"id": desk.conversation}, **values)


def test_turns_that_people_wait_for_are_open_and_then_overdue(
    database: Database,
) -> None:
    desk = Desk(database).enter()
    assert figures(desk) == Figures(0, 0, 0.0, 0, 0.0, 0)
    waits, other = desk.say(QUESTION), desk.other()
    other.say(QUESTION)
    assert figures(desk).open_turns == 2
    assert figures(desk).overdue_turns == 0
    desk.now += timedelta(seconds=12)
    assert (figures(desk).overdue_turns, figures(desk).oldest_turn_s) == (2, 12.0)
    # Those of a bulk command wait for each other, and nobody for them.
    set_columns(other, purpose=Purpose.BULK)
    assert figures(desk).overdue_turns == 1
    desk.answer(waits)
    left = figures(desk)
    assert (left.open_turns, left.overdue_turns, left.oldest_turn_s) == (1, 0, 0.0)


def test_people_in_line_and_mails_that_wait_are_counted(database: Database) -> None:
    desk = Desk(database).enter()
    desk.say(QUESTION)
    set_columns(desk, status=Status.OPEN, waiting_since=desk.now)
    letter = {
        "kind": next(iter(LetterKind)),
        "contact_id": desk.contact,
        "conversation_id": desk.conversation,
        "email": ADDRESS,
        "created_at": desk.now,
        "next_attempt_at": desk.now,
        "attempts": 0,
        "first_seq": 0,
        "last_seq": 0,
    }
    with database.transaction() as session:
        for state in (LetterState.WAITING, LetterState.SENT):
            add(session, Letter(id=uuid4(), state=state, **letter))
    desk.now += timedelta(seconds=90)
    left = figures(desk)
    assert (left.waiting_conversations, left.longest_wait_s) == (1, 90.0)
    assert left.waiting_letters == 1


def test_what_cannot_be_read_is_not_shown_as_nothing() -> None:
    helpdesk, accounts = Metrics(), Measures()
    helpdesk.show(Figures(1, 1, 1.0, 1, 1.0, 1))
    helpdesk.show(None)
    accounts.show(None)
    for registry, prefix, reachable in (
        (helpdesk.registry, "latchkey_open_turns", "latchkey_record_reachable"),
        (
            accounts.registry,
            "latchkey_accounts_waiting_mails",
            "latchkey_accounts_database_reachable",
        ),
    ):
        assert math.isnan(registry.get_sample_value(prefix) or 0.0)
        assert registry.get_sample_value(reachable) == 0


@pytest.fixture(scope="module")
def helpdesk(
    tmp_path_factory: pytest.TempPathFactory, assistant: ScriptedAssistant
) -> Iterator[HelpdeskRun]:
    folder = tmp_path_factory.mktemp("helpdesk")
    nobody = f"http://127.0.0.1:{free_port()}"
    with run_helpdesk(
        folder,
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_ACCOUNTS_URL=nobody,
        LATCHKEY_ACCOUNTS_TOKEN="only for tests, long enough",
    ) as running:
        yield running


@pytest.fixture
def chat(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Iterator[ChatClient]:
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


def test_secrets_that_are_cut_out_are_counted(
    chat: ChatClient, helpdesk: HelpdeskRun
) -> None:
    chat.ask("my password is Tr0ub4dor-and-3")
    chat.ask("nothing secret in this one")
    url = helpdesk.base_url
    assert measure(url, "latchkey_redactions_total", kind="password") == 1
    assert measure(url, "latchkey_redactions_total") == 1


def test_what_is_too_much_at_once_is_counted(
    chat: ChatClient, helpdesk: HelpdeskRun
) -> None:
    frames = {"limit": "frames"}
    before = measure(helpdesk.base_url, "latchkey_refusals_total", **frames)
    for _ in range(125):
        chat.send("ping")
    chat.next("error")

    def is_counted() -> bool:
        url = helpdesk.base_url
        return measure(url, "latchkey_refusals_total", **frames) > before

    wait_for(is_counted, "the count of a refusal")


def test_a_backend_that_is_down_is_counted(
    chat: ChatClient, helpdesk: HelpdeskRun
) -> None:
    chat.ask(f"{helpdesk.base_url}/accept?token={'t0ken' * 10} does not work")
    down = {"operation": "POST /v1/links/inspect", "kind": "down"}
    assert measure(helpdesk.base_url, "latchkey_backend_errors_total", **down) >= 1


def test_rasas_time_is_measured_for_each_process(
    chat: ChatClient, helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    chat.ask(QUESTION)
    process = assistant.url.removeprefix("http://")
    count = measure(helpdesk.base_url, "latchkey_rasa_seconds_count", process=process)
    assert count >= 1


def test_calls_of_the_backend_are_measured_without_naming_anybody() -> None:
    registry, kept = CollectorRegistry(), Kept()
    calls = BackendCalls(registry)
    send_spans_to(kept)
    try:
        with run_scripted_server() as server:
            no_account = b'{"code": "no_account", "message": "There is none."}'
            server.page = reply(404, no_account)
            client = AccountsClient(server.url, token="t", watch=calls.watch)
            with within(WANTED):
                assert client.get_account(ADDRESS) is None
            server.page = reply(503, b"")
            with pytest.raises(AccountsError):
                client.get_account(ADDRESS)
    finally:
        send_spans_to(None)
    operation = {"operation": "GET /v1/accounts/{email}"}
    count = registry.get_sample_value("latchkey_backend_seconds_count", operation)
    assert count == 2
    for kind in ("refused", "down"):
        labels = {**operation, "kind": kind}
        name = "latchkey_backend_errors_total"
        assert registry.get_sample_value(name, labels) == 1
    (span,) = kept.spans
    assert span.attributes["error.type"] == "no_account"
    assert span.attributes["url.template"] == "/v1/accounts/{email}"
    assert ADDRESS not in repr(span)


def test_the_backend_is_told_the_trace_with_every_try() -> None:
    calls = BackendCalls(CollectorRegistry())
    with run_scripted_server() as server:
        server.script = reply(503, b"")
        client = AccountsClient(server.url, token="t", watch=calls.watch)
        with within(WANTED), pytest.raises(AccountsError):
            client.inspect_link("https://example.com/accept")
        with pytest.raises(AccountsError):
            client.inspect_link("https://example.com/accept")
        headers = [request.headers.get("traceparent") for request in server.received]
    assert len(headers) > 2
    tries = len(headers) // 2
    assert headers == [WANTED.traceparent] * tries + [None] * tries


def test_a_loop_that_is_blocked_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "LOOK_EVERY_S", 0.01)
    registry = CollectorRegistry()
    name = "latchkey_event_loop_lag_seconds"

    async def block() -> None:
        lag = LoopLag(registry)
        lag.start()
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - that is what is measured
        await asyncio.sleep(0.2)
        await lag.stop()

    asyncio.run(block())
    assert (registry.get_sample_value(f"{name}_sum") or 0) > 0.15


def test_actions_are_measured_and_their_failures_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No class of its own: rasa-sdk would serve it in the other tests of this process.
    executor, action = WatchedExecutor(), ActionReportLink()
    act = AsyncMock(side_effect=[ValueError(ADDRESS), []])
    monkeypatch.setattr(action, "act", act)
    monkeypatch.setattr(action, "name", lambda: "action_for_tests")
    executor.register_action(action)
    call = {
        "next_action": action.name(),
        "tracker": {"sender_id": "a", "slots": {}, "events": []},
        "domain": {},
        "domain_digest": "d",
    }
    asyncio.run(executor.run(call))
    asyncio.run(executor.run(call))
    with pytest.raises(Exception, match="nobody_knows"):
        asyncio.run(executor.run({**call, "next_action": "nobody_knows"}))
    labels = {"action": action.name()}
    assert REGISTRY.get_sample_value("latchkey_action_seconds_count", labels) == 2
    assert ACTION_FAILURES.labels(action.name())._value.get() == 1
    unknown = {"action": "nobody_knows"}
    assert REGISTRY.get_sample_value("latchkey_action_seconds_count", unknown) is None
