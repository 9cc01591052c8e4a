"""The tracker store in a file and on a real PostgreSQL, used by two processes at once.

A process is a turn taker with a store of its own; only the loaded model is shared.
"""

import asyncio
import copy
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore

from bot import postgresql_rows
from bot.tracker_rows import ForgottenError, Row, StoreTroubleError
from bot.tracker_store import RowTrackerStore, own_store
from bot.turn import InvalidTurnError, TurnTaker
from tests.bot.action_server import ActionServer, says
from tests.bot.postgresql import Postgresql, run_postgresql
from tests.bot.turns import KNOWS_LOG_IN, Run, new_id, pressed, texts, typed

ASKS = "I want to talk to a human"
ACTION = "action_request_handoff"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Postgresql]:
    with run_postgresql() as running:
        yield running


@pytest.fixture(params=["file", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return str(tmp_path / "tracker.db")
    return request.getfixturevalue("postgresql").url


@pytest.fixture
def stores(place: str) -> Iterator[list[RowTrackerStore]]:
    """The stores of two processes."""
    opened = [RowTrackerStore(db=place) for _ in range(2)]
    yield opened
    for store in opened:
        store.rows.close()


def taker_on(agent: Any, store: RowTrackerStore) -> TurnTaker:
    twin = copy.copy(agent)
    store.domain = agent.domain
    twin.lock_store = InMemoryLockStore()
    twin.tracker_store = FailSafeTrackerStore(store)
    twin.processor = copy.copy(agent.processor)
    twin.processor.tracker_store = twin.tracker_store
    return TurnTaker(twin)


@pytest.fixture
def takers(
    agent: Any, stores: list[RowTrackerStore], action_server: ActionServer
) -> list[TurnTaker]:
    return [taker_on(agent, store) for store in stores]


async def said(taker: TurnTaker, conversation: str) -> list[str]:
    tracker = await taker._agent.tracker_store.retrieve(conversation)
    return [e.text for e in tracker.events if e.type_name == "user"]


# --- two processes


def test_a_conversation_goes_on_at_another_process(
    takers: list[TurnTaker], run: Run
) -> None:
    conversation = new_id()
    all_said = ["I am ana@example.com", "hello", "how do I log in?"]
    for number, text in enumerate(all_said):
        answer = run(takers[number % 2].take(typed(text, conversation)))
    assert KNOWS_LOG_IN in texts(answer)[0]
    assert [run(said(taker, conversation)) for taker in takers] == [all_said] * 2


def test_a_message_is_answered_once_by_whichever_process_gets_it(
    takers: list[TurnTaker], run: Run, action_server: ActionServer
) -> None:
    custom = {"handoff": {"reason": "asked"}, "acted": True, "receipt": {"a": "ü\0"}}
    action_server.answers[ACTION] = says("Shall I?", custom=custom)
    turn = typed(ASKS)
    first = run(takers[0].take(turn))
    assert run(takers[1].take(turn)) == run(takers[0].take(turn)) == first
    assert (first["receipts"], first["acted"]) == ([{"a": "ü\0"}], True)
    assert len(action_server.calls) == 1


def test_a_new_beginning_is_made_once(takers: list[TurnTaker], run: Run) -> None:
    conversation = new_id()
    run(takers[0].take(typed("my address is ana@example.com", conversation)))
    afresh = pressed("/session_start", conversation)
    assert run(takers[0].take(afresh))["replies"] == []
    run(takers[1].take(typed("hello", conversation)))
    assert run(takers[1].take(afresh))["replies"] == []
    assert run(said(takers[0], conversation)) == ["hello"]


def test_of_two_that_answer_the_same_message_one_is_refused(
    takers: list[TurnTaker], run: Run, action_server: ActionServer, trouble: str
) -> None:
    turn = typed(ASKS)
    action_server.answers[ACTION] = action_server.wait_for_release

    async def overlap() -> tuple[dict[str, Any], dict[str, Any]]:
        slow = asyncio.ensure_future(takers[0].take(turn))
        await asyncio.to_thread(action_server.reached.wait, 5)
        action_server.answers.clear()
        quick = await takers[1].take(turn)
        action_server.release.set()
        return await slow, quick

    late, answered = run(overlap())
    assert (late["trouble"], answered["trouble"]) == (True, False)
    assert texts(late)[-1] == trouble
    assert run(takers[0].take(turn)) == answered


def test_a_turn_that_another_process_overtook_changes_nothing(
    takers: list[TurnTaker], run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    run(takers[0].take(typed("hello", conversation)))
    action_server.answers[ACTION] = action_server.wait_for_release

    async def overlap() -> dict[str, Any]:
        slow = asyncio.ensure_future(takers[0].take(typed(ASKS, conversation)))
        await asyncio.to_thread(action_server.reached.wait, 5)
        await takers[1].take(typed("I am ana@example.com", conversation))
        action_server.release.set()
        return await slow

    assert run(overlap())["trouble"] is True
    kept = run(takers[1]._store.rows.read(conversation))
    assert ASKS not in kept.dialogue
    assert run(said(takers[0], conversation)) == ["hello", "I am ana@example.com"]


def test_what_one_process_forgets_the_other_does_not_bring_back(
    takers: list[TurnTaker], run: Run, action_server: ActionServer
) -> None:
    gone, kept = new_id(), new_id()
    run(takers[0].take(typed("hello", kept)))
    action_server.answers[ACTION] = action_server.wait_for_release

    async def forget_meanwhile() -> None:
        running = asyncio.ensure_future(takers[0].take(typed(ASKS, gone)))
        await asyncio.to_thread(action_server.reached.wait, 5)
        assert await takers[1].forget([gone]) == 0
        action_server.release.set()
        with pytest.raises(InvalidTurnError, match="forgotten"):
            await running

    run(forget_meanwhile())
    for taker in takers:
        with pytest.raises(InvalidTurnError, match="forgotten"):
            run(taker.take(typed("hello", gone)))
        assert gone not in run(taker._store.keys())
    assert run(takers[1].forget([kept, gone, new_id()])) == 1
    with pytest.raises(InvalidTurnError, match="forgotten"):
        run(takers[0].take(typed("hello", kept)))


def test_results_are_forgotten_with_their_conversation(
    takers: list[TurnTaker], run: Run, action_server: ActionServer
) -> None:
    turn = typed(ASKS)
    run(takers[0].take(turn))
    rows = takers[1]._store.rows
    assert ACTION in str(run(rows.read(turn.conversation_id)).results)
    assert run(takers[1].forget([], before=4e9)) >= 1
    assert run(rows.read(turn.conversation_id)) == Row()
    run(takers[0].take(turn))  # only rested for long: it may go on
    assert len(action_server.calls_of(ACTION)) == 2


# --- rows


def test_a_row_is_written_only_over_the_one_that_was_read(
    stores: list[RowTrackerStore], run: Run
) -> None:
    first, second = (store.rows for store in stores)
    name = new_id()
    empty = run(first.read(name))
    assert empty == Row()
    written = run(first.write(name, Row(results={"m": {"a": 1}}), "one"))
    assert written == Row("one", {"m": {"a": 1}}, 1) == run(second.read(name))
    for stale in (empty, Row("one", {}, 2)):
        with pytest.raises(StoreTroubleError, match="first"):
            run(second.write(name, stale, "two"))
    assert run(second.write(name, written, "two")).version == 2
    assert run(first.read(name)).dialogue == "two"


def test_many_at_once_write_one_after_the_other(
    stores: list[RowTrackerStore], run: Run
) -> None:
    name = new_id()

    async def count(store: RowTrackerStore) -> None:
        for _ in range(5):
            while True:
                row = await store.rows.read(name)
                try:
                    await store.rows.write(name, row, str(int(row.dialogue or 0) + 1))
                    break
                except StoreTroubleError:
                    await asyncio.sleep(0)

    async def all_at_once() -> None:
        await asyncio.gather(*(count(store) for store in stores * 3))

    run(all_at_once())
    assert run(stores[0].rows.read(name)) == Row("30", {}, 30)


def test_marks_of_the_forgotten_are_no_ids_and_do_not_stay(
    stores: list[RowTrackerStore], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (store.rows for store in stores)
    name = new_id()
    run(first.forget([name], None))
    with pytest.raises(ForgottenError):
        run(second.read(name))
    with pytest.raises(ForgottenError):
        run(second.write(name, Row(), "late"))
    monkeypatch.setattr("bot.tracker_rows.MARKS_LIFE_S", -1)
    run(second.forget([], None))
    assert run(first.read(name)) == Row()


def test_without_a_turn_a_tracker_is_kept_and_found(
    agent: Any, stores: list[RowTrackerStore], run: Run
) -> None:
    name = new_id()
    for store in stores:
        store.domain = agent.domain
    tracker = run(stores[0].get_or_create_tracker(name))
    for _ in range(2):
        run(stores[0].save(tracker))
    found = run(stores[1].retrieve(name))
    assert [e.type_name for e in found.events] == ["action"]
    assert run(stores[1].exists(name))
    assert name in run(stores[1].keys())


# --- a file


def test_conversations_in_an_older_file_go_on(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "tracker.db"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE trackers (conversation_id TEXT PRIMARY KEY, "
            "dialogue TEXT NOT NULL, saved_at REAL NOT NULL) WITHOUT ROWID"
        )
        database.execute("INSERT INTO trackers VALUES ('c', 'said before', 7)")
    database.close()
    for _ in range(2):
        rows = RowTrackerStore(db=str(path)).rows
        assert run(rows.read("c")) == Row("said before", {}, 1)
        rows.close()
    with sqlite3.connect(path) as database:
        tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        assert ("trackers",) not in database.execute(tables).fetchall()
    database.close()


def test_a_file_that_cannot_be_used_makes_no_new_conversation(
    agent: Any, tmp_path: Path, run: Run, action_server: ActionServer, trouble: str
) -> None:
    store = RowTrackerStore(db=str(tmp_path / "tracker.db"))
    taker, conversation = taker_on(agent, store), new_id()
    run(taker.take(typed("thanks", conversation)))
    database = sqlite3.connect(tmp_path / "tracker.db")
    database.execute("ALTER TABLE rasa_trackers RENAME TO elsewhere")
    result = run(taker.take(typed("hello", conversation)))
    assert (texts(result), result["trouble"]) == ([trouble], True)
    database.execute("ALTER TABLE elsewhere RENAME TO rasa_trackers")
    database.close()
    run(taker.take(typed("hello", conversation)))
    assert run(said(taker, conversation)) == ["thanks", "hello"]


def test_another_store_is_refused(agent: Any) -> None:
    with pytest.raises(TypeError):
        own_store(FailSafeTrackerStore(InMemoryTrackerStore(agent.domain)))


# --- PostgreSQL


@pytest.fixture
def on_postgresql(
    agent: Any, postgresql: Postgresql, action_server: ActionServer
) -> Iterator[TurnTaker]:
    store = RowTrackerStore(db=postgresql.url)
    yield taker_on(agent, store)
    store.rows.close()


def test_a_lost_connection_is_trouble_and_the_next_turn_goes_on(
    on_postgresql: TurnTaker, run: Run, postgresql: Postgresql, trouble: str
) -> None:
    taker, conversation = on_postgresql, new_id()
    run(taker.take(typed("thanks", conversation)))
    turn = typed("hello", conversation)
    postgresql.stop()
    try:
        result = run(taker.take(turn))
        with pytest.raises(StoreTroubleError):
            run(taker.forget([conversation]))
    finally:
        postgresql.start()
    assert (texts(result), result["trouble"]) == ([trouble], True)
    assert run(taker.take(turn))["trouble"] is False
    assert run(said(taker, conversation)) == ["thanks", "hello"]


def test_a_server_that_was_started_again_is_not_noticed(
    on_postgresql: TurnTaker, run: Run, postgresql: Postgresql
) -> None:
    conversation = new_id()
    run(on_postgresql.take(typed("hello", conversation)))
    postgresql.stop()
    postgresql.start()
    assert run(on_postgresql.take(typed("hello", conversation)))["trouble"] is False


def test_a_server_that_hangs_holds_up_nobody_for_long(
    agent: Any, run: Run, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_rows, "PATIENCE_S", 0.3)

    async def ask_a_silent_server() -> dict[str, Any]:
        server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        store = RowTrackerStore(db=f"postgresql://x@127.0.0.1:{port}/x")
        turns = [taker_on(agent, store).take(typed("hello")) for _ in range(8)]
        async with server:
            *_, result = await asyncio.gather(*turns)
        return result

    result = run(ask_a_silent_server())
    assert (texts(result), result["trouble"]) == ([trouble], True)


def test_the_first_processes_make_the_tables_together(
    postgresql: Postgresql, run: Run
) -> None:
    first, second = (RowTrackerStore(db=postgresql.url).rows for _ in range(2))

    async def drop_and_begin() -> list[Row]:
        async def drop(connection: Any) -> None:
            await connection.run("DROP TABLE rasa_trackers, rasa_forgotten")

        await first._do(drop)
        first.close()
        reads = [rows.read(new_id()) for rows in (first, second) * 3]
        return await asyncio.gather(*reads)

    assert run(drop_and_begin()) == [Row()] * 6
    for rows in (first, second):
        rows.close()
