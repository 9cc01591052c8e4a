"""What agents have looked at: messages of contacts, and notes that mention them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.conversation_lines import Line, read_lines
from helpdesk.desk.errors import BadRangeError, NotFoundError
from helpdesk.store.console_models import Mention
from helpdesk.store.models import Conversation, Message
from helpdesk.store.rows import change, find, table_of
from helpdesk.store.words import Purpose

MOST_MENTIONS = 50
_MENTIONS = table_of(Mention).c
_MESSAGES = table_of(Message).c
_MINE = (
    select(*_MESSAGES, _MENTIONS.seen_at)
    .join(
        table_of(Mention),
        (_MENTIONS.conversation_id == _MESSAGES.conversation_id)
        & (_MENTIONS.seq == _MESSAGES.seq),
    )
    .where(_MENTIONS.agent_id == bindparam("agent"))
    .order_by(_MESSAGES.created_at.desc(), _MESSAGES.conversation_id, _MESSAGES.seq)
    .limit(MOST_MENTIONS)
)


@dataclass(frozen=True)
class Mentioned:
    """A note that names an agent, and the conversation it is in."""

    line: Line
    note: Message
    is_seen: bool


def mark_agent_seen(session: Session, conversation_id: UUID, seq: int) -> bool:
    """Note that an agent has looked at everything up to `seq`.

    Returns:
        Whether that is news.

    Raises:
        NotFoundError: There is no such conversation.
        BadRangeError: There is no such message yet.
    """
    conversation = find(session, Conversation, id=conversation_id, lock=True)
    if conversation is None or conversation.purpose is not Purpose.HELP:
        raise NotFoundError("There is no such conversation.")
    if not 0 <= seq <= conversation.last_seq:
        raise BadRangeError("No message has that number.")
    if seq <= conversation.agent_seen_seq:
        return False
    return change(session, Conversation, {"id": conversation_id}, agent_seen_seq=seq)


def read_mentions(session: Session, agent_id: UUID) -> list[Mentioned]:
    """Return the newest notes that mention an agent."""
    found: list[tuple[Message, bool]] = []
    for row in session.execute(_MINE, {"agent": agent_id}).mappings():
        columns = dict(row)
        is_seen = columns.pop("seen_at") is not None
        found.append((Message(**columns), is_seen))
    lines = _lines_of(session, [note for note, _ in found])
    return [Mentioned(lines[n.conversation_id], n, is_seen) for n, is_seen in found]


def mark_mention_seen(
    session: Session, agent_id: UUID, conversation_id: UUID, seq: int, now: datetime
) -> bool:
    """Note that an agent has looked at a note that mentions them.

    Returns:
        Whether that is news.

    Raises:
        NotFoundError: No such note mentions them.
    """
    is_it: dict[str, Any] = {
        "conversation_id": conversation_id,
        "seq": seq,
        "agent_id": agent_id,
    }
    mention = find(session, Mention, **is_it)
    if mention is None:
        raise NotFoundError("No such note mentions you.")
    return mention.seen_at is None and change(session, Mention, is_it, seen_at=now)


def _lines_of(session: Session, notes: Sequence[Message]) -> dict[UUID, Line]:
    return (
        read_lines(session, {note.conversation_id for note in notes}) if notes else {}
    )
