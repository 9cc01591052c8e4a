"""Lines: a conversation with what a list shows beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from helpdesk.desk.errors import NotFoundError
from helpdesk.store.models import Contact, Conversation, Message
from helpdesk.store.rows import table_of
from helpdesk.store.words import Purpose, Sender

CONVERSATIONS = table_of(Conversation).c
_CONTACTS = table_of(Contact).c
_MESSAGES = table_of(Message).c
_PREFIX = "contact__"


@dataclass(frozen=True)
class Line:
    """A conversation, its contact, and how many of their messages no agent has seen."""

    conversation: Conversation
    contact: Contact
    unread: int


def select_lines() -> Select[Any]:
    """Return the statement that chooses conversations with their contacts.

    Only those in which contacts are helped: the others are no line of any list.
    """
    contact = [column.label(f"{_PREFIX}{column.name}") for column in _CONTACTS]
    joined = table_of(Conversation).join(
        table_of(Contact), _CONTACTS.id == CONVERSATIONS.contact_id
    )
    is_help = CONVERSATIONS.purpose == Purpose.HELP
    return select(*CONVERSATIONS, *contact).select_from(joined).where(is_help)


_CHOSEN = select_lines().where(
    CONVERSATIONS.id.in_(bindparam("chosen", expanding=True))
)
# The numbers of a conversation's messages begin at 1, so 0 is “nothing seen yet”.
_UNREAD = (
    select(_MESSAGES.conversation_id, func.count())
    .join(table_of(Conversation), CONVERSATIONS.id == _MESSAGES.conversation_id)
    .where(
        _MESSAGES.conversation_id.in_(bindparam("chosen", expanding=True)),
        _MESSAGES.seq > CONVERSATIONS.agent_seen_seq,
        _MESSAGES.sender == Sender.CONTACT,
    )
    .group_by(_MESSAGES.conversation_id)
)


def read_lines(session: Session, chosen: Iterable[UUID]) -> dict[UUID, Line]:
    """Return the lines of these conversations, those that exist."""
    lines = run_lines(session, _CHOSEN, {"chosen": list(chosen)})
    return {line.conversation.id: line for line in lines}


def get_line(session: Session, conversation_id: UUID) -> Line:
    """Return the line of one conversation.

    Raises:
        NotFoundError: There is no such conversation.
    """
    line = read_lines(session, [conversation_id]).get(conversation_id)
    if line is None:
        raise NotFoundError("There is no such conversation.")
    return line


def run_lines(
    session: Session, statement: Select[Any], values: Mapping[str, Any]
) -> list[Line]:
    """Run a statement that `select_lines` began."""
    pairs = [_split(row) for row in session.execute(statement, values).mappings()]
    unread = _count_unread(session, [conversation.id for conversation, _ in pairs])
    return [Line(each, contact, unread.get(each.id, 0)) for each, contact in pairs]


def _split(row: RowMapping) -> tuple[Conversation, Contact]:
    contact, conversation = {}, {}
    for name, value in row.items():
        if name.startswith(_PREFIX):
            contact[name.removeprefix(_PREFIX)] = value
        else:
            conversation[name] = value
    return Conversation(**conversation), Contact(**contact)


def _count_unread(session: Session, chosen: Sequence[UUID]) -> dict[UUID, int]:
    if not chosen:
        return {}
    counted = session.execute(_UNREAD, {"chosen": chosen})
    return {row[0]: row[1] for row in counted}
