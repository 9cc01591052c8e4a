"""An agent's own chat with the assistant: where commands are typed and answered.

It is a conversation like any other, so it is durable and in order; only its purpose keeps
it out of every list. The agent is its contact.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.conversations import begin_conversation
from helpdesk.desk.errors import NotFoundError
from helpdesk.desk.identity import OWN_ISSUERS
from helpdesk.store.models import Agent, Contact, Conversation
from helpdesk.store.rows import add, as_row, find, table_of
from helpdesk.store.words import Purpose

ISSUER = f"{OWN_ISSUERS}console"
_ALL, _WHO = table_of(Conversation).c, table_of(Contact).c
_OWN = (
    select(*_ALL)
    .join(table_of(Contact), _WHO.id == _ALL.contact_id)
    .where(_WHO.issuer == ISSUER, _WHO.subject == bindparam("subject"))
    .where(_ALL.purpose == Purpose.STAFF)
)
_OWN_LOCKED = _OWN.with_for_update(of=table_of(Conversation))


def find_own_chat(
    session: Session, agent_id: UUID, *, lock: bool = False
) -> Conversation | None:
    """Return an agent's own chat, if there is one."""
    statement = _OWN_LOCKED if lock else _OWN
    whose = {"subject": str(agent_id)}
    mapping = session.execute(statement, whose).mappings().first()
    return None if mapping is None else as_row(Conversation, mapping)


def open_own_chat(session: Session, agent_id: UUID, now: datetime) -> Conversation:
    """Return an agent's own chat, locked, made if there is none."""
    found = find_own_chat(session, agent_id, lock=True)
    if found is not None:
        return found
    find(session, Agent, id=agent_id, lock=True)  # two tabs may come at once
    found = find_own_chat(session, agent_id, lock=True)
    if found is not None:
        return found
    contact = find(session, Contact, issuer=ISSUER, subject=str(agent_id))
    if contact is None:
        contact = Contact(
            id=uuid4(), created_at=now, issuer=ISSUER, subject=str(agent_id)
        )
        add(session, contact)
    return begin_conversation(session, contact.id, now, purpose=Purpose.STAFF)


def find_watchable(
    session: Session, agent_id: UUID, conversation_id: UUID
) -> Conversation:
    """Return a conversation that an agent may look at: any contact's, or their own chat.

    Raises:
        NotFoundError: There is none, or it is a colleague's own.
    """
    found = find(session, Conversation, id=conversation_id)
    if found is not None and found.purpose is Purpose.HELP:
        return found
    own = find_own_chat(session, agent_id)
    if found is None or own is None or own.id != found.id:
        raise NotFoundError("There is no such conversation.")
    return found
