"""Forgetting conversations: nothing of them is left, in no file, and none comes back."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.channel import read_forgetting
from bot.sqlite_rows import SqliteRows
from bot.tracker_rows import StoreTroubleError
from bot.turn import InvalidTurnError, TurnTaker
from tests.bot.action_server import ActionServer
from tests.bot.turns import Run, new_id, texts, typed

ADDRESS = "quentin.forget@example.com"


def rows_of(taker: TurnTaker) -> SqliteRows:
    rows = taker._store.rows
    assert isinstance(rows, SqliteRows)
    return rows


def file_of(taker: TurnTaker) -> Path:
    query = "PRAGMA database_list"
    return Path(rows_of(taker)._database.execute(query).fetchone()[2])


def bytes_of(taker: TurnTaker) -> bytes:
    """Return everything that is in the store's files."""
    path = file_of(taker)
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def test_a_forgotten_conversation_is_in_no_file(taker: TurnTaker, run: Run) -> None:
    gone, kept = new_id(), new_id()
    for conversation in (gone, kept):
        for _ in range(3):
            run(taker.take(typed(f"my invite for {ADDRESS} expired", conversation)))
    run(taker.take(typed("hello", kept)))
    assert ADDRESS.encode() in bytes_of(taker)
    assert run(taker.forget([gone, new_id()])) == 1
    assert gone.encode() not in bytes_of(taker)
    assert run(taker.forget([kept])) == 1
    assert ADDRESS.encode() not in bytes_of(taker)


def test_forgetting_twice_changes_nothing(taker: TurnTaker, run: Run) -> None:
    conversation = new_id()
    run(taker.take(typed("hello", conversation)))
    assert run(taker.forget([conversation])) == 1
    assert run(taker.forget([conversation])) == 0


def test_a_turn_that_comes_late_is_refused_and_leaves_nothing(
    taker: TurnTaker, run: Run
) -> None:
    conversation = new_id()
    run(taker.forget([conversation]))
    with pytest.raises(InvalidTurnError, match="forgotten"):
        run(taker.take(typed(f"it is {ADDRESS}", conversation)))
    assert conversation.encode() not in bytes_of(taker)


def test_a_turn_that_runs_leaves_nothing(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    run(taker.take(typed(f"it is {ADDRESS}", conversation)))
    action_server.answers["action_request_handoff"] = action_server.wait_for_release

    async def forget_meanwhile() -> None:
        running = asyncio.ensure_future(
            taker.take(typed("I want to talk to a human", conversation))
        )
        await asyncio.to_thread(action_server.reached.wait, 5)
        assert await taker.forget([conversation]) == 1
        action_server.release.set()
        with pytest.raises(InvalidTurnError, match="forgotten"):
            await running

    run(forget_meanwhile())
    assert conversation.encode() not in bytes_of(taker)


def test_what_was_forgotten_is_refused_after_a_restart_too(
    taker: TurnTaker, run: Run, agent: Any
) -> None:
    conversation = new_id()
    run(taker.forget([conversation]))
    with pytest.raises(InvalidTurnError, match="forgotten"):
        run(TurnTaker(agent).take(typed("hello", conversation)))


def test_what_rests_for_long_is_forgotten_and_may_go_on(
    taker: TurnTaker, run: Run
) -> None:
    old, new = new_id(), new_id()
    run(taker.take(typed("hello", old)))
    database = rows_of(taker)._database
    database.execute("UPDATE rasa_trackers SET saved_at = 1000 WHERE saved_at > 0")
    run(taker.take(typed("hello", new)))
    assert run(taker.forget([], before=2000.0)) >= 1
    kept = run(rows_of(taker).keys())
    assert (old in kept, new in kept) == (False, True)
    assert texts(run(taker.take(typed("hello", old))))


def test_while_somebody_reads_the_file_nothing_is_promised(
    taker: TurnTaker, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = new_id()
    run(taker.take(typed("hello", conversation)))
    monkeypatch.setattr(rows_of(taker), "drop_log", lambda: False)
    with pytest.raises(StoreTroubleError):
        run(taker.forget([conversation]))
    monkeypatch.undo()
    assert run(taker.forget([conversation])) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"conversations": "all"},
        {"conversations": ["../x"]},
        {"conversations": [7]},
        {"conversations": [], "before": "yesterday"},
        {"conversations": [], "before": True},
        {"conversations": [], "everything": True},
    ],
)
def test_what_is_to_be_forgotten_must_be_said_clearly(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidTurnError):
        read_forgetting(json.dumps(fields).encode())
