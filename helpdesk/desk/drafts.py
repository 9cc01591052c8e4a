"""Drafts: what an agent has begun to write, kept so that no tab or restart loses it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.redaction import redact
from helpdesk.desk.typed_text import check_length, clean_text
from helpdesk.store.console_models import Draft
from helpdesk.store.rows import add, change, find, table_of

_DRAFTS = table_of(Draft)
_FORGET = delete(_DRAFTS).where(
    _DRAFTS.c.agent_id == bindparam("agent"),
    _DRAFTS.c.conversation_id == bindparam("conversation"),
)


def read_draft(session: Session, agent_id: UUID, conversation_id: UUID) -> str:
    """Return what an agent has begun to write in a conversation; mostly nothing."""
    draft = find(session, Draft, agent_id=agent_id, conversation_id=conversation_id)
    return draft.text if draft else ""


def keep_draft(
    session: Session, agent_id: UUID, conversation_id: UUID, text: str, now: datetime
) -> None:
    """Keep what an agent has begun to write, less secrets; white space is forgotten.

    Raises:
        NotFoundError: There is no such conversation.
        TooLongError: It could not be sent either.
    """
    check_length(text)
    text = redact(clean_text(text)).text
    get_line(session, conversation_id)
    if not text.strip():
        forget_draft(session, agent_id, conversation_id)
        return
    is_it = {"agent_id": agent_id, "conversation_id": conversation_id}
    if change(session, Draft, is_it, text=text, updated_at=now):
        return
    try:
        with session.begin_nested():
            add(session, Draft(**is_it, text=text, updated_at=now))
    except IntegrityError:  # another tab was first by a moment
        change(session, Draft, is_it, text=text, updated_at=now)


def forget_draft(session: Session, agent_id: UUID, conversation_id: UUID) -> None:
    """Forget a draft, as when it was sent."""
    chosen = {"agent": agent_id, "conversation": conversation_id}
    session.execute(_FORGET, chosen)
