"""The turn worker: asks the assistant, and puts what it says into the record.

Never gives up on a turn because a part is down: it tries again, longer and longer apart,
tells the contact once that it takes longer, and answers when the part is back.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from foundation.trace_context import in_trace
from helpdesk.assistant import AT_ONCE_MOST, Actor, Assistant, AssistantError, Turn
from helpdesk.desk.answers import Finished, Outcome, Reply, finish_turn, tell_trouble
from helpdesk.desk.bulk_checks import BulkChecks, LeftOut
from helpdesk.desk.changes import Change
from helpdesk.desk.command_payloads import is_command_payload
from helpdesk.desk.events import Publisher
from helpdesk.desk.lookout import Lookout
from helpdesk.desk.office import Office
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.receipts import read_deeds
from helpdesk.desk.staff_turns import postpone_bulk
from helpdesk.desk.turn_actors import TurnActors
from helpdesk.desk.turn_company import TurnCompany
from helpdesk.desk.turn_trace import attempt_at, tell_turn
from helpdesk.desk.turns import (
    OpenTurn,
    find_overdue,
    postpone_turn,
    release_leases,
    take_due_turns,
)
from helpdesk.metrics import Metrics
from helpdesk.store.outage import OutageError
from helpdesk.store.record import Record
from helpdesk.store.words import Purpose, TurnState

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
TELL_AFTER = timedelta(seconds=6)  # the contact hears something within ten seconds
GRACE_S = 2.0  # for an attempt that has only just begun
BACK_OFF_S = (0.3, 0.6, 1.2, 2.5, 5.0, 8.0)
# What still fails inside the assistant after this time is the turn's fault.
GIVE_UP_AFTER = timedelta(minutes=10)
FEWEST_ATTEMPTS = 10
MOST_ATTEMPTS = 80  # as long, for a bulk command's turns, which wait for each other

FindResults = Callable[[str], list[dict[str, Any]]]
FollowWish = Callable[[Session, Change, OpenTurn, dict[str, Any]], OpenTurn | None]


class TurnWorker:
    """Runs the open turns of this process, and those that a dead one left.

    Args:
        record: The tables.
        assistant: Who answers.
        publisher: Who is told of new messages.
        office: What is said when it takes longer, and when a person takes over.
        find_results: Finds articles for a question, for when the assistant is down.
        actors: Who a turn is sent for.
        pseudonyms: Stand for addresses in the audit record.
        checks: Whom a bulk command leaves out.
        clock: The time.
        metrics: What is counted.
    """

    def __init__(
        self,
        record: Record,
        assistant: Assistant,
        publisher: Publisher,
        office: Office,
        find_results: FindResults,
        actors: TurnActors,
        pseudonyms: Pseudonyms,
        checks: BulkChecks,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._metrics = metrics
        self._record = record
        self._assistant = assistant
        self._publisher = publisher
        self._company = TurnCompany(record, publisher, clock)
        self._office = office
        self._find_results = find_results
        self._actors = actors
        self._pseudonyms = pseudonyms
        self._checks = checks
        self._clock = clock
        self._callers = ThreadPoolExecutor(AT_ONCE_MOST, "assistant-caller")
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._running_turns: dict[UUID, OpenTurn] = {}
        self._begun_at: dict[UUID, float] = {}
        self._is_assistant_away = self._is_stopping = False
        self._follow_wish: FollowWish | None = None
        complaint = "looking for open turns failed"
        self._lookout = Lookout(self._look, LOOK_EVERY_S, log, complaint)

    async def start(self) -> None:
        """Begin, with what an earlier process had not finished."""
        if self._record.database.is_embedded:
            await self._record.write(lambda s: release_leases(s, self._clock.now()))
        self._lookout.start()

    def judge(self, session: Session, turn: OpenTurn, now: datetime) -> OpenTurn:
        """Look who a contact's turn is sent for, where the one that takes it may look.

        On SQLite changes are made one after the other, so that whoever takes a turn sees
        all that were taken before. On PostgreSQL two that are taken at once would not see
        each other: there each is looked at after it was committed.

        Args:
            session: The transaction that takes the turn.
            turn: The turn.
            now: The moment.
        """
        is_judged_here = self._record.database.is_embedded and turn.is_running
        if not is_judged_here or turn.purpose is not Purpose.HELP:
            return turn
        return replace(turn, actor=self._actors.find(session, turn, now))

    def submit(self, turn: OpenTurn) -> None:
        """Take on a turn that was just accepted."""
        if self._is_stopping:
            return  # another process takes it, or this one after a restart
        if turn.is_running:
            self._begin(turn)
        else:
            self._wake_at(turn.due_at)

    def follow_wishes(self, follow: FollowWish) -> None:
        """Have done what the assistant understood an admin to want, with its turn's end."""
        self._follow_wish = follow

    def look_soon(self) -> None:
        """Take on what was added to the record otherwise."""
        self._lookout.wake()

    async def stop(self, within_s: float) -> None:
        """Finish what runs; what does not end in time is handed back."""
        self._is_stopping = True
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

        def take(session: Session) -> list[OpenTurn]:
            due = take_due_turns(session, now, free) if free > 0 else []
            return [self.judge(session, turn, now) for turn in due]

        taken = await self._record.write(take)
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
        task = asyncio.create_task(attempt_at(turn, self._run(turn)))
        self._begun_at[turn.id] = time.monotonic()
        self._running[turn.id] = task
        self._running_turns[turn.id] = turn
        task.add_done_callback(lambda _: self._end(turn))

    def _end(self, turn: OpenTurn) -> None:
        self._running.pop(turn.id, None)
        self._running_turns.pop(turn.id, None)
        self._begun_at.pop(turn.id, None)

    async def _run(self, turn: OpenTurn) -> None:
        end_company = self._company.offer(turn)
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
        actor = turn.actor or await self._record.read(
            lambda s: self._actors.find(s, turn, self._clock.now())
        )
        if actor is None:
            await self._refuse(turn)
            return
        if turn.purpose is Purpose.BULK:
            left_out = await self._left_out(turn)
            if left_out:
                outcome = Outcome(is_skipped=True, left_out=left_out)
                await self._end_turn(turn, [], outcome, "left_out")
                return
        try:
            result = await self._ask(turn, actor)
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
        elif self._is_patient_with(turn):
            await self._try_later(turn)
        else:
            await self._give_up(turn)

    async def _left_out(
        self, turn: OpenTurn, plan: dict[str, Any] | None = None
    ) -> Sequence[LeftOut]:
        """Return who of a plan, or of a turn of a bulk command, is to be left out now."""
        look, now = self._checks.look_at, self._clock.now()
        return await self._record.read(lambda s: look(s, turn, plan, now))

    def _is_patient_with(self, turn: OpenTurn) -> bool:
        if turn.purpose is Purpose.BULK:
            return turn.attempt < MOST_ATTEMPTS
        is_young = self._clock.now() - turn.created_at < GIVE_UP_AFTER
        return is_young or turn.attempt < FEWEST_ATTEMPTS  # the clock may have jumped

    def _note_away(self, problem: str) -> None:
        if not self._is_assistant_away:
            log.warning("%s Turns wait until it is back.", problem)
        self._is_assistant_away = True

    def _note_back(self) -> None:
        if self._is_assistant_away:
            log.info("the assistant answers again")
        self._is_assistant_away = False

    async def _ask(self, turn: OpenTurn, actor: Actor) -> dict[str, Any]:
        asked = Turn(
            str(turn.conversation_id),
            str(turn.id),
            text=None if turn.payload else turn.text,
            payload=turn.payload,
        )
        loop = asyncio.get_running_loop()
        call = in_trace(self._assistant.take_turn, asked, actor)
        return await loop.run_in_executor(self._callers, call)

    async def _finish(self, turn: OpenTurn, result: dict[str, Any]) -> None:
        replies = [_as_reply(said) for said in result["replies"]]
        handoff, plan = result.get("handoff") or {}, _plan_in(result)
        left_out = await self._left_out(turn, plan) if plan else ()
        outcome = Outcome(
            nlu=_understood(result),
            handoff_reason=handoff.get("reason"),
            has_acted=result.get("acted") is True,
            deeds=read_deeds(result.get("receipts"), self._pseudonyms),
            plan=plan,
            left_out=left_out,
            is_skipped=result.get("skipped") is True,
        )
        wish = result.get("wish") if turn.purpose is Purpose.STAFF else None
        await self._end_turn(turn, replies, outcome, "answered", wish)

    async def _give_up(self, turn: OpenTurn) -> None:
        words = self._office.sentences
        is_command = is_command_payload(turn.payload)
        said = words.command_failed if is_command else words.turn_failed
        outcome = Outcome(state=TurnState.FAILED)
        await self._end_turn(turn, [Reply(said, {})], outcome, "failed")

    async def _refuse(self, turn: OpenTurn) -> None:
        """End a turn that its agent may no longer send; the assistant hears nothing."""
        log.warning("turn %s is not sent: its agent may not, or no longer", turn.id)
        said = [Reply(self._office.sentences.command_not_allowed, {})]
        is_bulk = turn.purpose is Purpose.BULK
        outcome = Outcome(state=TurnState.DROPPED)
        await self._end_turn(turn, [] if is_bulk else said, outcome, "refused")

    async def _end_turn(
        self,
        turn: OpenTurn,
        replies: list[Reply],
        outcome: Outcome,
        end: str,
        wish: dict[str, Any] | None = None,
    ) -> None:
        now, follow = self._clock.now(), self._follow_wish

        def finish(session: Session) -> tuple[Finished, OpenTurn | None]:
            finished = finish_turn(session, self._office, turn, replies, now, outcome)
            if not wish or finished.change is None or follow is None:
                return finished, None
            return finished, follow(session, finished.change, turn, wish)

        finished, following = await self._record.write(finish)
        self._end_with(turn, finished, end)
        if following is not None:
            self.submit(following)

    def _end_with(self, turn: OpenTurn, finished: Finished, end: str) -> None:
        if finished.change is not None:
            finished.change.publish(self._publisher)
        if finished.has_more:
            self._lookout.wake()  # the next turn of this conversation is free now
        if finished.next_due_at is not None:
            self._wake_at(finished.next_due_at)
        self._metrics.turns.labels(end).inc()
        now = self._clock.now()
        self._metrics.turn_seconds.observe((now - turn.created_at).total_seconds())
        tell_turn(turn, end, now)

    async def _try_later(self, turn: OpenTurn) -> None:
        self._metrics.turns.labels("postponed").inc()
        pause_s = BACK_OFF_S[min(turn.attempt, len(BACK_OFF_S)) - 1]
        until = self._clock.now() + timedelta(seconds=pause_s)
        if turn.purpose is Purpose.BULK:
            event = await self._record.write(lambda s: postpone_bulk(s, turn, until))
            if event is not None:
                self._publisher.publish(event)
        else:
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


def _understood(result: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the assistant understood, with what it tried: agents look at both."""
    nlu, tried = result.get("nlu"), result.get("actions")
    return {**nlu, "actions": tried} if nlu and tried else nlu


def _plan_in(result: dict[str, Any]) -> dict[str, Any] | None:
    plan = result.get("plan")
    return plan if isinstance(plan, dict) and "command" in plan else None


def _as_reply(said: dict[str, Any]) -> Reply:
    kept = ("buttons", "article", "results")
    details = {name: said[name] for name in kept if said.get(name)}
    if "buttons" in details:  # nothing but what the assistant may make of them
        details["buttons"] = [
            {"title": str(each["title"]), "payload": str(each["payload"])}
            for each in details["buttons"]
        ]
    return Reply(str(said.get("text") or ""), details)
