"""What every change by an agent begins with, and what is said in an agent's name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.changes import Change
from helpdesk.desk.conversations import lock_conversation
from helpdesk.desk.office import Office
from helpdesk.desk.permissions import check_may
from helpdesk.desk.sentences import fill
from helpdesk.desk.stretches import check_epoch
from helpdesk.desk.typed_text import Content
from helpdesk.store.models import Message
from helpdesk.store.words import Kind, Sender


def begin_change(
    session: Session,
    agent: SignedInAgent,
    conversation_id: UUID,
    what: str,
    epoch: int,
    now: datetime,
) -> Change:
    """Lock a conversation for what an agent wants to do with it.

    Args:
        session: The transaction.
        agent: Who wants it.
        conversation_id: Which one.
        what: A word of `permissions`.
        epoch: What the agent has seen.
        now: The moment.

    Raises:
        DeskError: It is not this agent's to change, or changed hands meanwhile.
    """
    conversation = lock_conversation(session, conversation_id)
    check_epoch(conversation, epoch)
    check_may(agent, conversation, what)
    return Change(conversation, now)


def say_as(
    step: Change,
    agent: SignedInAgent,
    kind: Kind,
    content: Content,
    client_id: UUID | None = None,
) -> Message:
    """Add a message by an agent, with the name that they have now."""
    return step.say(
        Sender.AGENT,
        kind,
        content.text,
        details={**content.details, "agent_name": agent.name},
        client_id=client_id,
        agent_id=agent.id,
    )


def tell_claimed(office: Office, step: Change, name: str) -> None:
    """Tell the contact which agent is there now."""
    text = fill(office.sentences.claimed, agent=name)
    step.note_event("claimed", text, agent=name)
