"""How a conversation stands, as its contact is told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from helpdesk.desk.handoff import is_somebody_there
from helpdesk.desk.office import Office
from helpdesk.desk.satisfaction import asks_rating
from helpdesk.desk.waiting import expected_wait, is_waiting, position_of
from helpdesk.store.models import Agent, Conversation
from helpdesk.store.rows import find
from helpdesk.store.words import Owner, Status


@dataclass(frozen=True)
class Standing:
    """Who has it, and what the contact waits for.

    `position` is set only while the contact waits for a person, `wait_minutes` when it is
    known; then `is_open` tells whether somebody is there, `opens_at` when somebody will be.
    """

    agent_name: str | None
    position: int | None
    wait_minutes: int | None
    is_open: bool
    opens_at: datetime | None
    asks_rating: bool


NOBODY = Standing(None, None, None, is_open=False, opens_at=None, asks_rating=False)


def standing(
    session: Session, office: Office, conversation: Conversation, now: datetime
) -> Standing:
    """Return how a conversation stands at a moment."""
    if conversation.status is Status.PENDING:
        return NOBODY  # nothing to look up: nobody was asked for
    waits = is_waiting(conversation)
    agent = None
    if conversation.owner is Owner.AGENT:
        agent = find(session, Agent, id=conversation.agent_id)
    return Standing(
        agent_name=agent.name if agent else None,
        position=position_of(session, conversation) if waits else None,
        wait_minutes=expected_wait(session, now) if waits else None,
        is_open=waits and is_somebody_there(session, office, now),
        opens_at=office.hours.opens_at(now) if waits else None,
        asks_rating=asks_rating(session, conversation),
    )
