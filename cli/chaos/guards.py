"""Guards of ours that the run can take out, to see that it notices.

Each is patched away in the processes of one part only, and what it guards is held up for a
moment, so that whatever breaks meets some of it. Rasa's room imports this too, so it speaks
Python 3.10 and knows what it patches only by name.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# How long, so that some are always under way.
COMMIT_HELD_S, ANSWER_HELD_S, RASA_HELD_S = 1.0, 0.5, 1.5


@dataclass(frozen=True)
class Guard:
    """Something that keeps a promise.

    Attributes:
        module: What is run of the part that has it.
        promise: What it is for.
        figure: What the report counts when it is not kept.
        patch: Takes it out of this process.
    """

    module: str
    promise: str
    figure: str
    patch: Callable[[], None]


def take_out(names: str, module: str) -> None:
    """Take out guards, those of a part only.

    Args:
        names: Their names, with commas between.
        module: What is run of the part.
    """
    for name in filter(None, names.split(",")):
        if GUARDS[name].module == module:
            GUARDS[name].patch()


def _commit_late() -> None:
    record = importlib.import_module("helpdesk.store.record").Record
    in_time = record._in_transaction

    def late(self: Any, work: Any) -> Any:
        if not work.__qualname__.startswith("Chat._write."):
            return in_time(self, work)
        transaction = self.database.transaction()
        with self._outage.noticed():
            result = work(transaction.__enter__())
        end = (None, None, None)
        commit = threading.Timer(COMMIT_HELD_S, transaction.__exit__, end)
        commit.daemon = True
        commit.start()
        return result

    record._in_transaction = late


def _drop_fence() -> None:
    answers = importlib.import_module("helpdesk.desk.answers")
    rows = importlib.import_module("helpdesk.store.rows")
    models = importlib.import_module("helpdesk.store.models")

    def end_anyway(session: Any, turn: Any, **values: Any) -> bool:
        return bool(rows.change(session, models.Turn, {"id": turn.id}, **values))

    vars(answers)["end_turn"] = end_anyway
    _hold_answers()


def _take_all_at_once() -> None:
    turns = importlib.import_module("helpdesk.desk.turns")
    vars(turns)["_newest_unfinished"] = lambda session, conversation_id: None
    _hold_answers(is_overtaken=True)


def _hold_answers(*, is_overtaken: bool = False) -> None:
    """Have answers of the assistant wait before they are committed.

    Args:
        is_overtaken: Whether a second one in the same conversation does not wait.
    """
    worker = importlib.import_module("helpdesk.desk.turn_worker").TurnWorker
    ask = worker._ask

    async def hold(self: Any, turn: Any, actor: Any) -> Any:
        running = [each.conversation_id for each in self._running_turns.values()]
        if is_overtaken and running.count(turn.conversation_id) > 1:
            # Rasa itself takes one after the other.
            await asyncio.sleep(ANSWER_HELD_S / 3)
            return await ask(self, turn, actor)
        result = await ask(self, turn, actor)
        await asyncio.sleep(ANSWER_HELD_S)
        return result

    worker._ask = hold


def _forget_keys() -> None:
    recoveries = importlib.import_module("accounts.api.recoveries")
    queue_job = recoveries.queue_job

    def queue_again(*arguments: Any, **more: Any) -> None:
        queue_job(*arguments, **{**more, "idempotency_key": None})

    vars(recoveries)["queue_job"] = queue_again


def _forget_results() -> None:
    importlib.import_module("bot.runtime").prepare()  # comes before all of Rasa
    store = importlib.import_module("bot.tracker_store").RowTrackerStore
    taker = importlib.import_module("bot.turn").TurnTaker
    begin, run = store.begin, taker._run

    async def begin_anew(*arguments: Any, **more: Any) -> None:
        await begin(*arguments, **more)

    async def run_and_hold(*arguments: Any, **more: Any) -> None:
        await run(*arguments, **more)
        await asyncio.sleep(RASA_HELD_S)

    store.begin, taker._run = begin_anew, run_and_hold


GUARDS = {
    "ack_before_commit": Guard(
        "helpdesk", "a message is acknowledged once it is kept", "lost", _commit_late
    ),
    "no_fence": Guard(
        "helpdesk", "an older attempt at a turn is void", "doubled", _drop_fence
    ),
    "all_at_once": Guard(
        "helpdesk",
        "a conversation has one turn at a time",
        "out_of_order",
        _take_all_at_once,
    ),
    "forget_keys": Guard(
        "accounts",
        "a repeated request has no second effect",
        "repeated_effects",
        _forget_keys,
    ),
    "forget_results": Guard(
        "bot.serve",
        "Rasa keeps what a message came to",
        "wrong_answers",
        _forget_results,
    ),
}
