"""The ledger of who had a conversation, from when to when, and how that ended.

Every change of owner goes through `pass_on`: it ends one stretch and begins the next in
one transaction, and gives the conversation a new `owner_epoch`. The first stretch is the
assistant's. It is written when it ends, so that a conversation which never changes hands
costs nothing here.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from helpdesk.desk.changes import Change
from helpdesk.desk.errors import StaleError
from helpdesk.desk.turns import begin_afresh, drop_questions, drop_turns
from helpdesk.store.models import Conversation, Stretch
from helpdesk.store.rows import add, as_row, change, table_of
from helpdesk.store.words import HandoffReason, Owner, StretchEnd

LEASE = timedelta(minutes=2)  # of an agent's claim
_ALL = table_of(Stretch).c
_OF_CONVERSATION = (
    select(*_ALL)
    .where(_ALL.conversation_id == bindparam("conversation"))
    .order_by(_ALL.epoch)
)
_HAD_AGENT = select(
    exists().where(
        _ALL.conversation_id == bindparam("conversation"), _ALL.owner == Owner.AGENT
    )
)


def pass_on(
    session: Session,
    step: Change,
    to: Owner,
    end: StretchEnd,
    *,
    agent_id: UUID | None = None,
    by: UUID | None = None,
    reason: HandoffReason | None = None,
) -> None:
    """Give a conversation to another owner.

    What the assistant had still to answer is dropped, and it begins with a blank mind when
    the conversation comes back to it.

    Args:
        session: The transaction.
        step: The change that this is part of.
        to: Who has it from now on.
        end: How the stretch until now ends.
        agent_id: Which agent, if `to` is one; or who had it when it was resolved.
        by: The agent who does it.
        reason: Why it went to people.
    """
    conversation = step.conversation
    _end_stretch(session, conversation, end, by, step.now)
    was, conversation.owner = conversation.owner, to
    conversation.owner_epoch += 1
    conversation.agent_id = agent_id
    conversation.lease_until = step.now + LEASE if to is Owner.AGENT else None
    conversation.snoozed_until = None
    step.is_about_owner = True
    _begin_stretch(session, step, reason)
    if to is not Owner.ASSISTANT:
        drop_turns(session, conversation.id)
        return
    conversation.misses = conversation.assistant_turns = 0
    drop_questions(session, conversation.id)
    if was is not Owner.ASSISTANT:
        begin_afresh(session, conversation, step.now)


def check_epoch(conversation: Conversation, epoch: int) -> None:
    """Refuse what an agent does on the strength of what is no longer so.

    Raises:
        StaleError: The conversation has changed hands since.
    """
    if conversation.owner_epoch != epoch:
        raise StaleError("The conversation has changed hands meanwhile.", conversation)


def had_agent(session: Session, conversation_id: UUID) -> bool:
    """Tell whether a person ever had the conversation."""
    return bool(session.scalar(_HAD_AGENT, {"conversation": conversation_id}))


def recorded_stretches(session: Session, conversation_id: UUID) -> list[Stretch]:
    """Return the stretches in the ledger, oldest first; none before the first change."""
    chosen = {"conversation": conversation_id}
    rows = session.execute(_OF_CONVERSATION, chosen).mappings()
    return [as_row(Stretch, row) for row in rows]


def read_stretches(session: Session, conversation: Conversation) -> list[Stretch]:
    """Return all stretches of a conversation, oldest first; the last one is open."""
    recorded = recorded_stretches(session, conversation.id)
    return recorded or [_first_stretch(conversation)]


def _end_stretch(
    session: Session,
    conversation: Conversation,
    end: StretchEnd,
    by: UUID | None,
    now: datetime,
) -> None:
    ended: dict[str, Any] = {"ended_at": now, "end": end, "ended_by": by}
    is_it = {"conversation_id": conversation.id, "epoch": conversation.owner_epoch}
    if not change(session, Stretch, is_it, **ended):
        first = _first_stretch(conversation)
        first.ended_at, first.end, first.ended_by = now, end, by
        add(session, first)


def _begin_stretch(
    session: Session, step: Change, reason: HandoffReason | None
) -> None:
    conversation = step.conversation
    stretch = Stretch(
        conversation_id=conversation.id,
        epoch=conversation.owner_epoch,
        owner=conversation.owner,
        agent_id=conversation.agent_id if conversation.owner is Owner.AGENT else None,
        team_id=conversation.team_id,
        reason=reason,
        began_at=step.now,
        first_seq=conversation.last_seq + 1,
    )
    add(session, stretch)


def _first_stretch(conversation: Conversation) -> Stretch:
    return Stretch(
        conversation_id=conversation.id,
        epoch=conversation.owner_epoch,
        owner=conversation.owner,
        agent_id=conversation.agent_id,
        began_at=conversation.created_at,
        first_seq=1,
    )
