"""What follows from a turn in an agent's own chat, or of a bulk command."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.audit import conversation_name
from helpdesk.desk.bulk_checks import LeftOut
from helpdesk.desk.bulk_runs import (
    drop_rest,
    facts_of,
    plan_run,
    settle,
    target_of,
)
from helpdesk.desk.changes import Change
from helpdesk.desk.command_payloads import read_payload
from helpdesk.desk.events import RunChanged
from helpdesk.desk.numbers import number_of
from helpdesk.desk.office import Office
from helpdesk.desk.sentences import fill
from helpdesk.desk.turns import LEASE, OpenTurn, postpone_turn
from helpdesk.store.action_models import BulkRun
from helpdesk.store.models import Conversation, Turn
from helpdesk.store.rows import add, change, find, get, table_of
from helpdesk.store.words import BulkState, Kind, Purpose, Sender, TurnState

MOST_LISTED = 20  # of those who are left out
_TURNS = table_of(Turn).c
_NEXT = (
    select(_TURNS.id, _TURNS.due_at)
    .where(
        _TURNS.conversation_id == bindparam("conversation"),
        _TURNS.done_at.is_(None),
        _TURNS.state == TurnState.WAITING,
    )
    .order_by(_TURNS.number)
    .limit(1)
)


class Ended(Protocol):
    """How a turn ended; see `answers.Outcome`."""

    @property
    def state(self) -> TurnState:
        """Done, failed, or dropped because nobody may ask for it any more."""

    @property
    def plan(self) -> dict[str, Any] | None:
        """What a bulk command would do."""

    @property
    def is_skipped(self) -> bool:
        """Whether nothing was left to do."""

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """Whom a bulk command leaves out, and why."""

    @property
    def is_refused(self) -> bool:
        """Whether the account backend would not do it."""


@dataclass
class Followed:
    """What is still to be done at the end of the transaction, and after it.

    `notes` are for the audit record: an action, a target and details. `next_due_at` is
    when the next turn of a bulk command begins.
    """

    notes: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    next_due_at: datetime | None = None

    def note(self, action: str, run: BulkRun) -> None:
        """Have something audited that happened to a bulk command."""
        self.notes.append((action, target_of(run), facts_of(run)))


def follow(
    session: Session, office: Office, step: Change, turn: OpenTurn, outcome: Ended
) -> Followed:
    """Do what follows from a turn that has ended; nothing was written of `step` yet."""
    if turn.purpose is Purpose.BULK:
        return _follow_bulk(session, office, step, turn, outcome)
    followed = Followed()
    if outcome.state is TurnState.DROPPED:
        own = step.conversation.id
        details = {"conversation": own}
        followed.notes.append(("command.refused", conversation_name(own), details))
    elif outcome.plan is not None:
        _follow_plan(session, office, step, turn, outcome, followed)
    return followed


def postpone_bulk(
    session: Session, turn: OpenTurn, until: datetime
) -> RunChanged | None:
    """Give a turn of a bulk command back, to be tried again later."""
    postpone_turn(session, turn, until)
    run = find(session, BulkRun, conversation_id=turn.conversation_id)
    return RunChanged(run.asked_in, run.id) if run is not None else None


def _is_dry(turn: OpenTurn) -> bool:
    command = read_payload(turn.payload or "")
    return command is not None and command[1].get("dry_run") is True


def _follow_plan(
    session: Session,
    office: Office,
    step: Change,
    turn: OpenTurn,
    outcome: Ended,
    followed: Followed,
) -> None:
    """Have a planned command wait for its word, and say whom it leaves out."""
    left_out = outcome.left_out
    if not _is_dry(turn):
        run = _plan(session, office, step, turn, outcome)
        if run is not None:
            kinds = Counter(kind for each in left_out for kind in each.kinds)
            why = {"left_out": dict(kinds)} if kinds else {}
            followed.notes.append(("bulk.planned", target_of(run), facts_of(run) | why))
    if left_out:
        text = _left_out_words(office, left_out)
        step.say(Sender.ASSISTANT, Kind.OUTGOING, text, turn_id=turn.id)


def _left_out_words(office: Office, left_out: Sequence[LeftOut]) -> str:
    words, count = office.sentences, len(left_out)
    lines = [f"`{each.email}`: {each.text}" for each in left_out[:MOST_LISTED]]
    if count > MOST_LISTED:
        lines.append(fill(words.run_without_more, count=count - MOST_LISTED))
    head = fill(words.run_without.of(count), count=count)
    return f"{head}\n\n" + "\n".join(f"* {line}" for line in lines)


def _plan(
    session: Session,
    office: Office,
    step: Change,
    turn: OpenTurn,
    outcome: Ended,
) -> BulkRun | None:
    said = [each for each in step.messages if each.sender is Sender.ASSISTANT]
    if not said or turn.agent_id is None or turn.session_id is None:
        return None
    who = (turn.agent_id, turn.session_id)
    without = {each.email for each in outcome.left_out}
    run = plan_run(office, step, *who, said[-1], outcome.plan or {}, without)
    if run is not None:
        add(session, run)
    return run


def _follow_bulk(
    session: Session, office: Office, step: Change, turn: OpenTurn, outcome: Ended
) -> Followed:
    known = get(session, BulkRun, conversation_id=turn.conversation_id)
    # As whoever stops it: first the chat, then the run.
    own = get(session, Conversation, id=known.asked_in, lock=True)
    run = get(session, BulkRun, id=known.id, lock=True)
    told, followed = Change(own, step.now), Followed()
    if outcome.state is not TurnState.DROPPED:
        _count(session, run, outcome)
        _tell_left_out(office, told, run, turn, outcome, followed)
    elif run.state is BulkState.RUNNING:
        told.note_event("run_refused", office.sentences.run_refused, run=str(run.id))
        drop_rest(session, run, step.now)
        followed.note("bulk.refused", run)
    if settle(session, office, told, run):
        followed.note("bulk.ended", run)
    if told.messages:
        told.write(session)
        step.others.append(told)
    else:
        step.more.extend(told.more)
    followed.next_due_at = _pace(session, turn, run)
    return followed


def _tell_left_out(
    office: Office,
    told: Change,
    run: BulkRun,
    turn: OpenTurn,
    outcome: Ended,
    followed: Followed,
) -> None:
    """Say in its agent's chat who was left out, and have it audited."""
    for each in outcome.left_out:
        facts = {"number": number_of(run.id), "address": each.email}
        said = fill(office.sentences.run_left_out, **facts, reason=each.text)
        told.note_event("run_left_out", said, run=str(run.id))
        details = {"bulk": run.id, "command": run.command, "why": list(each.kinds)}
        # It was tried before, and nobody knows whether that sent it.
        again = {"attempt": turn.attempt} if turn.attempt > 1 else {}
        followed.notes.append(("bulk.left_out", each.target, details | again))


def _count(session: Session, run: BulkRun, outcome: Ended) -> None:
    if outcome.is_skipped:
        name = "skipped"
    elif outcome.state is TurnState.FAILED or outcome.is_refused:
        name = "failed"
    else:
        name = "done"
    number = getattr(run, name) + 1
    setattr(run, name, number)
    change(session, BulkRun, {"id": run.id}, **{name: number})


def _pace(session: Session, turn: OpenTurn, run: BulkRun) -> datetime | None:
    """Keep the pace also when it is behind: the next begins a pause after this one did."""
    where: dict[str, UUID] = {"conversation": turn.conversation_id}
    row = session.execute(_NEXT, where).first()
    if row is None:
        return None
    earliest = turn.due_at - LEASE + timedelta(milliseconds=run.pause_ms)
    if row.due_at >= earliest:
        due_at: datetime = row.due_at
        return due_at
    change(session, Turn, {"id": row.id}, due_at=earliest)
    return earliest
