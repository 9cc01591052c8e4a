"""Conversations: whose they are, which is the current one, starting over."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.changes import Change
from helpdesk.desk.errors import BadRangeError, NotFoundError
from helpdesk.desk.stretches import pass_on
from helpdesk.store.models import Contact, Conversation
from helpdesk.store.rows import add, as_row, change, find, table_of
from helpdesk.store.words import Owner, Purpose, Status, StretchEnd

_ALL = table_of(Conversation).c
_NEWEST = (
    select(*_ALL)
    .where(_ALL.contact_id == bindparam("contact"))
    .order_by(_ALL.created_at.desc(), _ALL.id)
    .limit(1)
)


def access_conversation(
    session: Session, contact_id: UUID, conversation_id: UUID, *, lock: bool = False
) -> Conversation:
    """Return a conversation on behalf of its contact.

    Args:
        session: The transaction.
        contact_id: Who asks.
        conversation_id: Which one.
        lock: Keep others from changing it until the end of the transaction.

    Raises:
        NotFoundError: It does not exist, or is somebody else's.
    """
    conversation = find(
        session,
        Conversation,
        id=conversation_id,
        contact_id=contact_id,
        lock=lock,
    )
    if conversation is None:
        raise NotFoundError("There is no such conversation.")
    return conversation


def lock_conversation(session: Session, conversation_id: UUID) -> Conversation:
    """Return a contact's conversation on behalf of an agent; keep it still.

    Raises:
        NotFoundError: It does not exist, or is not one in which a contact is helped.
    """
    conversation = find(session, Conversation, id=conversation_id, lock=True)
    if conversation is None or conversation.purpose is not Purpose.HELP:
        raise NotFoundError("There is no such conversation.")
    return conversation


def find_current(session: Session, contact_id: UUID) -> Conversation | None:
    """Return a contact's newest conversation, if there is one."""
    mapping = session.execute(_NEWEST, {"contact": contact_id}).mappings().first()
    return None if mapping is None else as_row(Conversation, mapping)


def current_conversation(
    session: Session, contact_id: UUID, now: datetime
) -> Conversation:
    """Return a contact's newest conversation, made if there is none."""
    current = find_current(session, contact_id)
    if current is None:
        _lock_contact(session, contact_id)  # two tabs may come at once
        current = find_current(session, contact_id)
    return current or begin_conversation(session, contact_id, now)


@dataclass(frozen=True)
class Begun:
    """A conversation begun anew, or found if that was done before.

    `ended` is what became of the one before.
    """

    conversation: Conversation
    is_new: bool
    ended: Change | None = None


def start_over(
    session: Session, contact_id: UUID, client_id: UUID, now: datetime
) -> Begun:
    """End the current conversation and begin another.

    Args:
        session: The transaction.
        contact_id: Who asks.
        client_id: Becomes the new conversation's id, so a repeated wish begins no third.
        now: The moment.

    Raises:
        NotFoundError: The id belongs to something else, or to an older conversation.
    """
    _lock_contact(session, contact_id)
    current = find_current(session, contact_id)
    if current is not None and current.id == client_id:
        return Begun(current, is_new=False)
    if find(session, Conversation, id=client_id) is not None:
        raise NotFoundError("There is no such conversation.")
    ended = None if current is None else _replace(session, current.id, now)
    begun = begin_conversation(session, contact_id, now, client_id)
    return Begun(begun, is_new=True, ended=ended)


def mark_seen(
    session: Session, contact_id: UUID, conversation_id: UUID, seq: int
) -> bool:
    """Note that the contact has looked at everything up to `seq`.

    Returns:
        Whether that is news.

    Raises:
        BadRangeError: There is no such message yet.
    """
    conversation = access_conversation(session, contact_id, conversation_id, lock=True)
    if not 0 <= seq <= conversation.last_seq:
        raise BadRangeError("No message has that number.")
    if seq <= conversation.contact_seen_seq:
        return False
    is_it = {"id": conversation_id}
    return change(session, Conversation, is_it, contact_seen_seq=seq)


def begin_conversation(
    session: Session,
    contact_id: UUID,
    now: datetime,
    new_id: UUID | None = None,
    *,
    purpose: Purpose = Purpose.HELP,
) -> Conversation:
    """Add a conversation in which nothing was said yet."""
    conversation = Conversation(
        id=new_id or uuid4(),
        contact_id=contact_id,
        purpose=purpose,
        created_at=now,
        updated_at=now,
        status=Status.PENDING,
        owner=Owner.ASSISTANT,
        owner_epoch=1,
        last_seq=0,
        contact_seen_seq=0,
        last_contact_seq=0,
        agent_seen_seq=0,
        misses=0,
        assistant_turns=0,
        is_returned=False,
        last_text="",
    )
    add(session, conversation)
    return conversation


def _lock_contact(session: Session, contact_id: UUID) -> None:
    find(session, Contact, id=contact_id, lock=True)


def _replace(session: Session, conversation_id: UUID, now: datetime) -> Change:
    """End a conversation; what is still said there is too late."""
    conversation = lock_conversation(session, conversation_id)
    step = Change(conversation, now)
    conversation.status, conversation.resolved_at = Status.RESOLVED, now
    conversation.waiting_since = None
    conversation.is_returned = False
    had_it = conversation.agent_id
    pass_on(session, step, Owner.ASSISTANT, StretchEnd.REPLACED, agent_id=had_it)
    step.write(session)
    return step
