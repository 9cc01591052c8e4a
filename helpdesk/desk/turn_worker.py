"""The turn worker: asks the assistant, and puts what it says into the record.

Never gives up on a turn because a part is down: it tries again, longer and longer apart,
tells the contact once that it takes longer, and answers when the part is back.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from foundation.clock import Clock
from helpdesk.assistant import (
    AT_ONCE_MOST,
    Actor,
    AssistantClient,
    AssistantError,
    Turn,
)
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.answers import Finished, Outcome, Reply, finish_turn, tell_trouble
from helpdesk.desk.events import Publisher, TypingChanged
from helpdesk.desk.lookout import Lookout
from helpdesk.desk.office import Office
from helpdesk.desk.turns import (
    LEASE,
    OpenTurn,
    find_overdue,
    postpone_turn,
    release_leases,
    renew_lease,
    take_due_turns,
)
from helpdesk.metrics import Metrics
from helpdesk.store.outage import OutageError
from helpdesk.store.record import Record
from helpdesk.store.words import Sender, TurnState

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
TELL_AFTER = timedelta(seconds=6)  # the contact hears something within ten seconds
GRACE_S = 2.0  # for an attempt that has only just begun
TYPING_AFTER_S = 0.3
TYPING_EVERY_S = 3.0
BACK_OFF_S = (0.3, 0.6, 1.2, 2.5, 5.0, 8.0)
# What still fails inside the assistant after this time is the turn's fault.
GIVE_UP_AFTER = timedelta(minutes=10)

FindResults = Callable[[str], list[dict[str, Any]]]


class TurnWorker:
    """Runs the open turns of this process, and those that a dead one left.

    Args:
        record: The tables.
        assistant: Who answers.
        publisher: Who is told of new messages.
        office: What is said when it takes longer, and when a person takes over.
        find_results: Finds articles for a question, for when the assistant is down.
        limits: How many mails may be asked for.
        clock: The time.
        metrics: What is counted.
    """

    def __init__(
        self,
        record: Record,
        assistant: AssistantClient,
        publisher: Publisher,
        office: Office,
        find_results: FindResults,
        limits: ActionLimits,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._metrics = metrics
        self._record = record
        self._assistant = assistant
        self._publisher = publisher
        self._office = office
        self._find_results = find_results
        self._limits = limits
        self._clock = clock
        self._callers = ThreadPoolExecutor(AT_ONCE_MOST, "assistant-caller")
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._running_turns: dict[UUID, OpenTurn] = {}
        self._begun_at: dict[UUID, float] = {}
        self._is_assistant_away = False
        complaint = "looking for open turns failed"
        self._lookout = Lookout(self._look, LOOK_EVERY_S, log, complaint)

    async def start(self) -> None:
        """Begin, with what an earlier process had not finished."""
        if self._record.database.is_embedded:
            now = self._clock.now()
            await self._record.write(lambda session: release_leases(session, now))
        self._lookout.start()

    def submit(self, turn: OpenTurn) -> None:
        """Take on a turn that was just accepted."""
        if turn.is_running:
            self._begin(turn)
        else:
            self._wake_at(turn.due_at)

    async def stop(self, within_s: float) -> None:
        """Finish what runs; what does not end in time is handed back."""
        await self._lookout.stop()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=within_s)
        for turn in list(self._running_turns.values()):
            with contextlib.suppress(OutageError):  # the lease runs out by itself
                await self._hand_back(turn, self._clock.now())
        self._callers.shutdown(wait=False, cancel_futures=True)

    def _wake_at(self, due_at: datetime) -> None:
        until_s = (due_at - self._clock.now()).total_seconds()
        asyncio.get_running_loop().call_later(max(0.0, until_s), self._lookout.wake)

    async def _look(self) -> None:
        """Begin what is due, tell who waits too long."""
        now = self._clock.now()
        free = AT_ONCE_MOST - len(self._running)
        taken = await self._record.write(
            lambda session: take_due_turns(session, now, free) if free > 0 else []
        )
        for turn in taken:
            self._begin(turn)
        overdue = await self._record.read(
            lambda session: find_overdue(session, now - TELL_AFTER)
        )
        for turn in overdue:
            if not self._has_just_begun(turn):
                await self._tell(turn)

    def _has_just_begun(self, turn: OpenTurn) -> bool:
        """Tell whether an answer may come any moment, as after a restart."""
        begun_at = self._begun_at.get(turn.id)
        return begun_at is not None and time.monotonic() - begun_at < GRACE_S

    def _begin(self, turn: OpenTurn) -> None:
        task = asyncio.create_task(self._run(turn))
        self._begun_at[turn.id] = time.monotonic()
        self._running[turn.id] = task
        self._running_turns[turn.id] = turn
        task.add_done_callback(lambda _: self._end(turn))

    def _end(self, turn: OpenTurn) -> None:
        self._running.pop(turn.id, None)
        self._running_turns.pop(turn.id, None)
        self._begun_at.pop(turn.id, None)

    async def _run(self, turn: OpenTurn) -> None:
        end_company = self._offer_company(turn)
        try:
            await self._answer(turn)
        except OutageError:
            # The lease runs out and the turn is taken again, with the same id.
            log.warning("turn %s is not finished yet: no record", turn.id)
        except Exception:
            log.exception("turn %s could not be finished", turn.id)
        finally:
            end_company()

    async def _answer(self, turn: OpenTurn) -> None:
        try:
            result = await self._ask(turn)
        except AssistantError as error:
            if error.permanent:
                log.warning("turn %s is refused: %s", turn.id, error.code)
                await self._give_up(turn)
            else:
                self._note_away(str(error))
                await self._try_later(turn)
            return
        if not result.get("trouble"):
            self._note_back()
            await self._finish(turn, result)
        elif self._clock.now() - turn.created_at < GIVE_UP_AFTER:
            await self._try_later(turn)
        else:
            await self._give_up(turn)

    def _note_away(self, problem: str) -> None:
        if not self._is_assistant_away:
            log.warning("%s Turns wait until it is back.", problem)
        self._is_assistant_away = True

    def _note_back(self) -> None:
        if self._is_assistant_away:
            log.info("the assistant answers again")
        self._is_assistant_away = False

    async def _ask(self, turn: OpenTurn) -> dict[str, Any]:
        asked = Turn(
            str(turn.conversation_id),
            str(turn.id),
            text=None if turn.payload else turn.text,
            payload=turn.payload,
        )
        now = self._clock.now()
        may_act = await self._record.read(
            lambda session: self._limits.may_act(session, turn, now)
        )
        actor = Actor(subject=f"contact:{turn.contact_id}", may_act=may_act)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._callers, self._assistant.take_turn, asked, actor
        )

    async def _finish(self, turn: OpenTurn, result: dict[str, Any]) -> None:
        replies = [_as_reply(said) for said in result["replies"]]
        handoff = result.get("handoff") or {}
        now = self._clock.now()
        outcome = Outcome(
            nlu=_understood(result),
            handoff_reason=handoff.get("reason"),
            has_acted=result.get("acted") is True,
        )
        finished = await self._record.write(
            lambda session: finish_turn(
                session, self._office, turn, replies, now, outcome
            )
        )
        self._end_with(turn, finished, "answered")

    async def _give_up(self, turn: OpenTurn) -> None:
        reply, now = Reply(self._office.sentences.turn_failed, {}), self._clock.now()
        outcome = Outcome(state=TurnState.FAILED)
        finished = await self._record.write(
            lambda session: finish_turn(
                session, self._office, turn, [reply], now, outcome
            )
        )
        self._end_with(turn, finished, "failed")

    def _end_with(self, turn: OpenTurn, finished: Finished, end: str) -> None:
        if finished.change is not None:
            finished.change.publish(self._publisher)
        if finished.has_more:
            self._lookout.wake()  # the next turn of this conversation is free now
        self._metrics.turns.labels(end).inc()
        took = self._clock.now() - turn.created_at
        self._metrics.turn_seconds.observe(took.total_seconds())

    async def _try_later(self, turn: OpenTurn) -> None:
        self._metrics.turns.labels("postponed").inc()
        pause_s = BACK_OFF_S[min(turn.attempt, len(BACK_OFF_S)) - 1]
        until = self._clock.now() + timedelta(seconds=pause_s)
        await self._hand_back(turn, until)
        self._wake_at(until)

    async def _hand_back(self, turn: OpenTurn, until: datetime) -> None:
        await self._record.write(lambda session: postpone_turn(session, turn, until))

    async def _tell(self, turn: OpenTurn) -> None:
        results = [] if turn.payload else self._find_results(turn.text)
        sentences = self._office.sentences
        reply = (
            Reply(sentences.assistant_slow_with_results, {"results": results})
            if results
            else Reply(sentences.assistant_slow, {})
        )
        now = self._clock.now()
        step = await self._record.write(
            lambda session: tell_trouble(session, turn, reply, now)
        )
        if step is not None:
            step.publish(self._publisher)

    def _offer_company(self, turn: OpenTurn) -> Callable[[], None]:
        """Keep company if the answer takes a moment, as few do; return how to end that."""
        tasks: list[asyncio.Task[None]] = []

        def begin() -> None:
            tasks.append(asyncio.create_task(self._keep_company(turn)))

        timer = asyncio.get_running_loop().call_later(TYPING_AFTER_S, begin)

        def end() -> None:
            timer.cancel()
            for task in tasks:
                task.cancel()

        return end

    async def _keep_company(self, turn: OpenTurn) -> None:
        """While the assistant thinks: show that it does, and keep the lease."""
        conversation_id = turn.conversation_id
        lease_until = self._clock.now() + LEASE / 2
        try:
            while True:
                on = TypingChanged(conversation_id, Sender.ASSISTANT, is_on=True)
                self._publisher.publish(on)
                await asyncio.sleep(min(TYPING_EVERY_S, LEASE.total_seconds() / 2))
                now = self._clock.now()
                if now >= lease_until:
                    with contextlib.suppress(OutageError):
                        await self._record.write(
                            lambda session: renew_lease(session, turn, now)  # noqa: B023 - awaited at once
                        )
                        lease_until = now + LEASE / 2
        finally:
            off = TypingChanged(conversation_id, Sender.ASSISTANT, is_on=False)
            self._publisher.publish(off)


def _understood(result: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the assistant understood, with what it tried: agents look at both."""
    nlu, tried = result.get("nlu"), result.get("actions")
    return {**nlu, "actions": tried} if nlu and tried else nlu


def _as_reply(said: dict[str, Any]) -> Reply:
    kept = ("buttons", "article", "results")
    details = {name: said[name] for name in kept if said.get(name)}
    return Reply(str(said.get("text") or ""), details)
