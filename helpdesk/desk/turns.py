"""Turns: what the assistant has to answer, kept until it has, answered once.

A turn is taken with a lease. Whoever holds the lease talks to the assistant; if that
process dies, the lease runs out and the turn is taken again, with the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from helpdesk.desk.bursts import LONGEST_WAIT, REST
from helpdesk.store.models import Conversation, Message, Turn
from helpdesk.store.rows import add, as_row, change, get, table_of
from helpdesk.store.words import Kind, Owner, Sender, TurnState

LEASE = timedelta(seconds=4)
UNFINISHED = (TurnState.WAITING, TurnState.RUNNING)
LONGEST_BURST = 4_000  # characters
FEW = 100
# Columns of the table, not of the class: those would take the way of a unit of work.
_TURNS = table_of(Turn).c
_NEWEST_UNFINISHED = (
    select(*_TURNS)
    .where(_TURNS.conversation_id == bindparam("conversation"))
    .where(_TURNS.state.in_(UNFINISHED))
    .order_by(_TURNS.number.desc())
    .limit(1)
)
TURN_AND_CONTACT = (table_of(Turn), Conversation.contact_id)


@dataclass(frozen=True)
class Saying:
    """What a contact said: typed, or by a button with a payload."""

    text: str
    payload: str | None = None
    address_digest: str | None = None


@dataclass(frozen=True)
class OpenTurn:
    """A turn as the worker sees it. `attempt` is the fence: an older one is void."""

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


@dataclass(frozen=True)
class Reply:
    """One thing that the assistant says."""

    text: str
    details: dict[str, Any]


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
        is_it = {"id": newest.id}
        change(session, Turn, is_it, text=newest.text, due_at=newest.due_at)
        return _as_open(newest, conversation.contact_id)
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
    )
    add(session, turn)
    return _as_open(turn, conversation.contact_id)


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
        earlier.state.in_(UNFINISHED),
    )
    due = _open_turns(
        session,
        select(*TURN_AND_CONTACT)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(Turn.state.in_(UNFINISHED), Turn.due_at <= now, ~is_blocked)
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
        select(*TURN_AND_CONTACT)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(
            Turn.state.in_(UNFINISHED),
            Turn.created_at <= since,
            Turn.is_trouble_told.is_(False),
        )
        .limit(FEW),
    )


def release_leases(session: Session, now: datetime) -> None:
    """Make every running turn due: for a process that knows that it is the only one."""
    change(session, Turn, {"state": TurnState.RUNNING}, due_at=now)


def renew_lease(session: Session, turn: OpenTurn, now: datetime) -> bool:
    """Keep a running turn; return False if somebody else has it by now."""
    return _change_running(session, turn, due_at=now + LEASE)


def postpone_turn(session: Session, turn: OpenTurn, until: datetime) -> bool:
    """Give a running turn back, to be tried again later."""
    return _change_running(session, turn, state=TurnState.WAITING, due_at=until)


def finish_turn(
    session: Session,
    turn: OpenTurn,
    replies: Sequence[Reply],
    now: datetime,
    *,
    state: TurnState = TurnState.DONE,
    nlu: dict[str, Any] | None = None,
    handoff_reason: str | None = None,
    has_acted: bool = False,
) -> tuple[list[Message], bool]:
    """Commit what the assistant says together with the end of the turn.

    If the assistant no longer owns the conversation, it is kept as a note for agents.
    That a mail was asked for (`has_acted`) counts even if nothing can be said any more.

    Returns:
        The new messages, none if the turn had been finished or taken by another; and
        whether the conversation has another turn to be taken.
    """
    conversation = _lock(session, turn.conversation_id)
    # Where a turn came from matters only to the limits on what it did.
    counted = {"acted_at": now} if has_acted else {"address_digest": None}
    done = {"done_at": now, "nlu": nlu, **counted}
    if not _change_running(session, turn, state=state, **done):
        _change_dropped(session, turn, **done)
        return [], False
    if handoff_reason is not None:
        is_it = {"id": conversation.id}
        change(session, Conversation, is_it, handoff_reason=handoff_reason)
    messages = _add_replies(session, conversation, turn, replies, now)
    return messages, _newest_unfinished(session, conversation.id) is not None


def tell_trouble(
    session: Session, turn: OpenTurn, reply: Reply, now: datetime
) -> list[Message]:
    """Say once that the answer to a turn takes longer; the turn stays open."""
    conversation = _lock(session, turn.conversation_id)
    is_open = {"id": turn.id, "state": UNFINISHED, "is_trouble_told": False}
    if not change(session, Turn, is_open, is_trouble_told=True):
        return []
    return _add_replies(session, conversation, turn, [reply], now)


def _add_replies(
    session: Session,
    conversation: Conversation,
    turn: OpenTurn,
    replies: Sequence[Reply],
    now: datetime,
) -> list[Message]:
    is_owner = (
        conversation.owner is Owner.ASSISTANT
        and conversation.owner_epoch == turn.owner_epoch
    )
    messages = []
    for reply in replies:
        conversation.last_seq += 1
        messages.append(
            Message(
                conversation_id=conversation.id,
                seq=conversation.last_seq,
                sender=Sender.ASSISTANT,
                kind=Kind.OUTGOING if is_owner else Kind.NOTE,
                text=reply.text,
                details=reply.details,
                turn_id=turn.id,
                created_at=now,
            )
        )
    add(session, *messages)
    is_it, last_seq = {"id": conversation.id}, conversation.last_seq
    change(session, Conversation, is_it, last_seq=last_seq, updated_at=now)
    return messages


def _lock(session: Session, conversation_id: UUID) -> Conversation:
    return get(session, Conversation, id=conversation_id, lock=True)


def _change_running(session: Session, turn: OpenTurn, **values: Any) -> bool:
    """Change a turn if this attempt still is the one that runs."""
    is_it = {"id": turn.id, "state": TurnState.RUNNING, "attempts": turn.attempt}
    return change(session, Turn, is_it, **values)


def _change_dropped(session: Session, turn: OpenTurn, **values: Any) -> bool:
    """Change a turn that was dropped while this attempt ran."""
    is_it = {"id": turn.id, "state": TurnState.DROPPED, "attempts": turn.attempt}
    return change(session, Turn, is_it, **values)


def _newest_unfinished(session: Session, conversation_id: UUID) -> Turn | None:
    chosen = {"conversation": conversation_id}
    mapping = session.execute(_NEWEST_UNFINISHED, chosen).mappings().first()
    return None if mapping is None else as_row(Turn, mapping)


def _open_turns(session: Session, wanted: Select[Any]) -> list[OpenTurn]:
    found = []
    for mapping in session.execute(wanted).mappings():
        columns = dict(mapping)
        contact_id = columns.pop("contact_id")
        found.append(_as_open(Turn(**columns), contact_id))
    return found


def _can_join(turn: Turn, conversation: Conversation, saying: Saying) -> bool:
    """Tell whether a turn may still grow: typed, and never shown to the assistant."""
    return (
        turn.state is TurnState.WAITING
        and turn.attempts == 0
        and turn.payload is None
        and saying.payload is None
        and turn.owner_epoch == conversation.owner_epoch
        and len(turn.text) + len(saying.text) < LONGEST_BURST
    )


def _as_open(turn: Turn, contact_id: UUID) -> OpenTurn:
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
    )
