"""How it went (CSAT): asked once in a conversation, when a person has resolved it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.desk.changes import Change
from helpdesk.desk.conversations import access_conversation
from helpdesk.desk.errors import BadRangeError, NotAskedError
from helpdesk.desk.office import Office
from helpdesk.desk.redaction import redact
from helpdesk.desk.stretches import had_agent
from helpdesk.store.console_models import Satisfaction
from helpdesk.store.models import Conversation
from helpdesk.store.rows import add, change, find
from helpdesk.store.words import Status

SCORES = range(1, 6)
LONGEST_COMMENT = 1_000


def ask_once(
    session: Session, office: Office, step: Change, agent_id: UUID | None
) -> None:
    """Ask, as the last message, how it went with this agent; never a second time.

    Nothing is asked where no person was.
    """
    conversation = step.conversation
    if was_asked(session, conversation.id) or not had_agent(session, conversation.id):
        return
    message = step.note_event("asked_rating", office.sentences.ask_rating)
    asked = Satisfaction(
        conversation_id=conversation.id,
        agent_id=agent_id,
        asked_at=step.now,
        asked_seq=message.seq,
        comment="",
    )
    add(session, asked)


def was_asked(session: Session, conversation_id: UUID) -> bool:
    """Tell whether a conversation's contact was ever asked."""
    return find(session, Satisfaction, conversation_id=conversation_id) is not None


def asks_rating(session: Session, conversation: Conversation) -> bool:
    """Tell whether the contact is asked now, and has not answered."""
    if conversation.status is not Status.RESOLVED:
        return False
    asked = find(session, Satisfaction, conversation_id=conversation.id)
    return asked is not None and asked.score is None


def rate(
    session: Session,
    contact_id: UUID,
    conversation_id: UUID,
    score: int,
    comment: str,
    now: datetime,
) -> Satisfaction:
    """Take the contact's answer; a later one, while it is still asked, replaces it.

    Raises:
        NotFoundError: The conversation is not theirs.
        NotAskedError: Nobody asked, or the conversation goes on.
        BadRangeError: That is no score.
    """
    if score not in SCORES:
        raise BadRangeError("A score is a number from 1 to 5.")
    conversation = access_conversation(session, contact_id, conversation_id, lock=True)
    asked = find(session, Satisfaction, conversation_id=conversation_id)
    if asked is None or conversation.status is not Status.RESOLVED:
        raise NotAskedError("Nobody has asked how this conversation went.")
    asked.score = score
    asked.comment = redact(comment.strip()).text[:LONGEST_COMMENT]
    asked.answered_at = asked.answered_at or now
    change(
        session,
        Satisfaction,
        {"conversation_id": conversation_id},
        score=asked.score,
        comment=asked.comment,
        answered_at=asked.answered_at,
    )
    return asked
