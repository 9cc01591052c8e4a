"""Forgetting conversations: nothing of them is left, in no file, and none comes back."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.channel import read_forgetting
from bot.tracker_store import SqliteTrackerStore, StoreBusyError
from bot.turn import InvalidTurnError, TurnTaker
from tests.bot.turns import Run, new_id, texts, typed

ADDRESS = "quentin.forget@example.com"


def store_of(taker: TurnTaker) -> SqliteTrackerStore:
    store = taker._agent.tracker_store._tracker_store
    assert isinstance(store, SqliteTrackerStore)
    return store


def file_of(taker: TurnTaker) -> Path:
    query = "PRAGMA database_list"
    database = store_of(taker)._dialogues._database
    return Path(database.execute(query).fetchone()[2])


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
    assert ADDRESS not in str(taker._results)


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


def test_a_turn_that_runs_is_waited_for(taker: TurnTaker, run: Run) -> None:
    conversation = new_id()
    run(taker.take(typed("hello", conversation)))

    async def forget_meanwhile() -> int:
        running = taker._locks.setdefault(conversation, asyncio.Lock())
        async with running:
            forgetting = asyncio.create_task(taker.forget([conversation]))
            done, _ = await asyncio.wait([forgetting], timeout=0.05)
            assert not done
            assert conversation.encode() in bytes_of(taker)
        return await forgetting

    assert run(forget_meanwhile()) == 1
    assert conversation.encode() not in bytes_of(taker)


def test_what_rests_for_long_is_forgotten_and_may_go_on(
    taker: TurnTaker, run: Run
) -> None:
    old, new = new_id(), new_id()
    run(taker.take(typed("hello", old)))
    database = store_of(taker)._dialogues._database
    database.execute("UPDATE trackers SET saved_at = 1000 WHERE saved_at > 0")
    run(taker.take(typed("hello", new)))
    assert run(taker.forget([], before=2000.0)) >= 1
    kept = store_of(taker).idle_since(1e12)
    assert (old in kept, new in kept) == (False, True)
    assert texts(run(taker.take(typed("hello", old))))


def test_while_somebody_reads_the_file_nothing_is_promised(
    taker: TurnTaker, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = new_id()
    run(taker.take(typed("hello", conversation)))
    monkeypatch.setattr(store_of(taker)._dialogues, "drop_log", lambda: False)
    with pytest.raises(StoreBusyError):
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
