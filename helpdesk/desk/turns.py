"""Turns: what the assistant has to answer, kept until it has, answered once.

A turn is taken with a lease. Whoever holds the lease talks to the assistant; if that
process dies, the lease runs out and the turn is taken again, with the same id.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from helpdesk.assistant import Actor
from helpdesk.desk.bursts import LONGEST_WAIT, REST
from helpdesk.store.models import Conversation, Turn
from helpdesk.store.prepared import Prepared
from helpdesk.store.rows import add, as_row, change, table_of
from helpdesk.store.words import Purpose, TurnState

LEASE = timedelta(seconds=4)
# What the turn that makes the assistant begin afresh carries; `bot.turn` knows it.
AFRESH = "/session_start"
UNFINISHED = (TurnState.WAITING, TurnState.RUNNING)
LONGEST_BURST = 4_000  # characters
FEW = 100
# Nothing of a contact's waits that long: what seems to was written while a clock was wrong.
FAR_AHEAD = timedelta(seconds=30)
# Columns of the table, not of the class: those would take the way of a unit of work.
_TURNS = table_of(Turn).c
_NEWEST_UNFINISHED = Prepared(
    select(*_TURNS)
    .where(_TURNS.conversation_id == bindparam("conversation"))
    .where(_TURNS.state.in_(UNFINISHED))
    .order_by(_TURNS.number.desc())
    .limit(1)
)
_DROPPED = (
    update(table_of(Turn))
    .where(_TURNS.id == bindparam("turn"), _TURNS.attempts == bindparam("attempt"))
    .where(_TURNS.state == TurnState.DROPPED, _TURNS.done_at.is_(None))
)
_DROP_QUESTIONS = (
    update(table_of(Turn))
    .where(_TURNS.conversation_id == bindparam("conversation"))
    .where(_TURNS.state.in_(UNFINISHED))
    .where(or_(_TURNS.payload.is_(None), _TURNS.payload != AFRESH))
    .values(state=TurnState.DROPPED)
)
TURN_AND_CONTEXT = (table_of(Turn), Conversation.contact_id, Conversation.purpose)


@dataclass(frozen=True)
class Saying:
    """What a contact said: typed, or by a button with a payload."""

    text: str
    payload: str | None = None
    address_digest: str | None = None
    # Of the agent who says it, in their own chat.
    agent_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(frozen=True)
class OpenTurn:
    """A turn as the worker sees it. `attempt` is the fence: an older one is void.

    `actor` is who it is sent for; None if nobody has looked yet.
    """

    id: UUID
    conversation_id: UUID
    contact_id: UUID
    text: str
    payload: str | None
    created_at: datetime
    due_at: datetime
    attempt: int
    is_running: bool
    is_trouble_told: bool
    owner_epoch: int
    address_digest: str | None
    purpose: Purpose = Purpose.HELP
    # The agent whose wish it is, and the session that proved it.
    agent_id: UUID | None = None
    session_id: UUID | None = None
    actor: Actor | None = None


def add_to_turn(
    session: Session,
    conversation: Conversation,
    saying: Saying,
    now: datetime,
    wait: timedelta,
) -> OpenTurn:
    """Give a new message to the open burst, or begin a turn with it.

    A turn that is due at once, with no other before it, is taken in the same transaction.
    """
    newest = _newest_unfinished(session, conversation.id)
    if newest is not None and _can_join(newest, conversation, saying):
        newest.text = f"{newest.text}\n{saying.text}"
        newest.due_at = min(now + max(wait, REST), newest.created_at + LONGEST_WAIT)
        # Unless a worker has taken it since it was read.
        is_it = {"id": newest.id, "state": TurnState.WAITING, "attempts": 0}
        if change(session, Turn, is_it, text=newest.text, due_at=newest.due_at):
            return _as_open(newest, conversation.contact_id, conversation.purpose)
    is_taken = newest is None and not wait
    turn = Turn(
        id=uuid4(),
        conversation_id=conversation.id,
        number=conversation.last_seq,
        state=TurnState.RUNNING if is_taken else TurnState.WAITING,
        text=saying.text,
        payload=saying.payload,
        owner_epoch=conversation.owner_epoch,
        created_at=now,
        due_at=now + (LEASE if is_taken else wait),
        attempts=1 if is_taken else 0,
        is_trouble_told=False,
        address_digest=saying.address_digest,
        agent_id=saying.agent_id,
        session_id=saying.session_id,
    )
    add(session, turn)
    return _as_open(turn, conversation.contact_id, conversation.purpose)


def extend_burst(session: Session, turn: OpenTurn, until: datetime) -> OpenTurn | None:
    """Wait longer for the rest of a burst; return None if it is no longer waiting."""
    due_at = min(until, turn.created_at + LONGEST_WAIT)
    is_waiting = {"id": turn.id, "state": TurnState.WAITING, "attempts": 0}
    is_extended = change(session, Turn, is_waiting, due_at=due_at)
    return replace(turn, due_at=due_at) if is_extended else None


def take_due_turns(session: Session, now: datetime, most: int) -> list[OpenTurn]:
    """Take turns whose time has come: the oldest open one of each conversation."""
    earlier = aliased(Turn)
    is_blocked = exists().where(
        earlier.conversation_id == Turn.conversation_id,
        earlier.number < Turn.number,
        earlier.done_at.is_(None),
        earlier.state.in_(UNFINISHED),
    )
    due = _open_turns(
        session,
        select(*TURN_AND_CONTEXT)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(Turn.done_at.is_(None), Turn.state.in_(UNFINISHED))
        .where(or_(Turn.due_at <= now, _is_astray(Turn.due_at, now)), ~is_blocked)
        .order_by(Turn.due_at)
        .limit(most)
        .with_for_update(skip_locked=True, of=table_of(Turn)),
    )
    taken = []
    for turn in due:
        attempt, due_at = turn.attempt + 1, now + LEASE
        change(
            session,
            Turn,
            {"id": turn.id},
            state=TurnState.RUNNING,
            attempts=attempt,
            due_at=due_at,
        )
        taken.append(replace(turn, is_running=True, attempt=attempt, due_at=due_at))
    return taken


def find_overdue(session: Session, since: datetime) -> list[OpenTurn]:
    """Return the open turns that began before `since` and whose contact heard nothing."""
    return _open_turns(
        session,
        select(*TURN_AND_CONTEXT)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(
            Turn.done_at.is_(None),
            Turn.state.in_(UNFINISHED),
            or_(Turn.created_at <= since, _is_astray(Turn.created_at, since)),
            Turn.is_trouble_told.is_(False),
        )
        .limit(FEW),
    )


def release_leases(session: Session, now: datetime) -> None:
    """Make every running turn due: for a process that knows that it is the only one."""
    change(session, Turn, {"state": TurnState.RUNNING}, due_at=now)


def renew_lease(session: Session, turn: OpenTurn, now: datetime) -> bool:
    """Keep a running turn; return False if somebody else has it by now."""
    return end_turn(session, turn, due_at=now + LEASE)


def postpone_turn(session: Session, turn: OpenTurn, until: datetime) -> bool:
    """Give a running turn back, to be tried again later."""
    return end_turn(session, turn, state=TurnState.WAITING, due_at=until)


def drop_turns(session: Session, conversation_id: UUID) -> None:
    """Keep the assistant from what it had still to answer: people see to it now."""
    are_open = {"conversation_id": conversation_id, "state": UNFINISHED}
    change(session, Turn, are_open, state=TurnState.DROPPED)


def drop_questions(session: Session, conversation_id: UUID) -> None:
    """Do the same, but let the assistant still forget what it is to forget."""
    session.execute(_DROP_QUESTIONS, {"conversation": conversation_id})


def begin_afresh(session: Session, conversation: Conversation, now: datetime) -> None:
    """Have the assistant forget what it had in mind, before its next turn.

    This is a turn itself: it is not lost, it is done before anything said later, and
    nothing is said in answer to it.
    """
    turn = Turn(
        id=uuid4(),
        conversation_id=conversation.id,
        number=conversation.last_seq,
        state=TurnState.WAITING,
        text="",
        payload=AFRESH,
        owner_epoch=conversation.owner_epoch,
        created_at=now,
        due_at=now,
        attempts=0,
        is_trouble_told=True,  # the contact waits for nothing
    )
    add(session, turn)


def end_turn(session: Session, turn: OpenTurn, **values: Any) -> bool:
    """Set columns of a turn if this attempt still is the one that runs."""
    is_it = {"id": turn.id, "state": TurnState.RUNNING, "attempts": turn.attempt}
    return change(session, Turn, is_it, **values)


def end_dropped(session: Session, turn: OpenTurn, **values: Any) -> bool:
    """Set columns of a turn that was dropped while this attempt ran; only once."""
    statement = _DROPPED.values(values)
    it = {"turn": turn.id, "attempt": turn.attempt}
    return bool(cast(Any, session.execute(statement, it)).rowcount)


def has_open_turn(session: Session, conversation_id: UUID) -> bool:
    """Tell whether the assistant has something left to answer."""
    return _newest_unfinished(session, conversation_id) is not None


def _is_astray(
    moment: InstrumentedAttribute[datetime], now: datetime
) -> ColumnElement[bool]:
    """Tell whether a moment was noted before the clock was put back.

    The turns of a bulk command may be planned for long ahead.
    """
    return and_(moment > now + FAR_AHEAD, Conversation.purpose != Purpose.BULK)


def _newest_unfinished(session: Session, conversation_id: UUID) -> Turn | None:
    chosen = {"conversation": conversation_id}
    mapping = _NEWEST_UNFINISHED.first(session, chosen)
    return None if mapping is None else as_row(Turn, mapping)


def _open_turns(session: Session, wanted: Select[Any]) -> list[OpenTurn]:
    found = []
    for mapping in session.execute(wanted).mappings():
        columns = dict(mapping)
        contact_id, purpose = columns.pop("contact_id"), columns.pop("purpose")
        found.append(_as_open(Turn(**columns), contact_id, purpose))
    return found


def _can_join(turn: Turn, conversation: Conversation, saying: Saying) -> bool:
    """Tell whether a turn may still grow: typed, and never shown to the assistant."""
    return (
        turn.state is TurnState.WAITING
        and turn.attempts == 0
        and turn.payload is None
        and saying.payload is None
        and turn.owner_epoch == conversation.owner_epoch
        and turn.session_id == saying.session_id
        and len(turn.text) + len(saying.text) < LONGEST_BURST
    )


def _as_open(turn: Turn, contact_id: UUID, purpose: Purpose) -> OpenTurn:
    return OpenTurn(
        id=turn.id,
        conversation_id=turn.conversation_id,
        contact_id=contact_id,
        text=turn.text,
        payload=turn.payload,
        created_at=turn.created_at,
        due_at=turn.due_at,
        attempt=turn.attempts,
        is_running=turn.state is TurnState.RUNNING,
        is_trouble_told=turn.is_trouble_told,
        owner_epoch=turn.owner_epoch,
        address_digest=turn.address_digest,
        purpose=purpose,
        agent_id=turn.agent_id,
        session_id=turn.session_id,
    )
