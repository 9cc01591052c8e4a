"""Files that go with messages: taken in, carried by a message, shown to both sides.

A file is uploaded first and belongs to nobody's message. The message that names it carries
it from then on; what none carries within a day is forgotten.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.orm import Session

from foundation.tables import UtcDateTime
from helpdesk.desk.changes import LONGEST_LAST_TEXT, Change
from helpdesk.desk.errors import AttachmentGoneError, BadRangeError, NotFoundError
from helpdesk.desk.file_names import clean_name
from helpdesk.desk.file_types import CheckedFile
from helpdesk.store.models import Attachment, Conversation, Message
from helpdesk.store.rows import add, as_row, change, find, table_of
from helpdesk.store.words import Kind, Sender

MOST_FILES = 10  # of one message
UNSENT_LIFE = timedelta(days=1)
_FILES, _MESSAGES, _TALKS = (
    table_of(kind).c for kind in (Attachment, Message, Conversation)
)
# Everything but the content, which is large.
_FACTS = tuple(column for column in _FILES if column.name != "content")
_WAITING = (
    select(*_FACTS)
    .where(_FILES.id.in_(bindparam("ids", expanding=True)), _FILES.seq.is_(None))
    .where(_FILES.conversation_id == bindparam("conversation"))
    .where(_FILES.sender == bindparam("sender"))
    .with_for_update()
)
# A contact sees their own files, and those of messages that were said to them.
_OF_CONTACT = (
    select(*_FILES)
    .join(table_of(Conversation), _TALKS.id == _FILES.conversation_id)
    .outerjoin(
        table_of(Message),
        (_MESSAGES.conversation_id == _FILES.conversation_id)
        & (_MESSAGES.seq == _FILES.seq),
    )
    .where(_FILES.id == bindparam("file"), _TALKS.contact_id == bindparam("contact"))
    .where(or_(_FILES.sender == Sender.CONTACT, _MESSAGES.kind == Kind.OUTGOING))
)
_UNSENT = delete(table_of(Attachment)).where(
    _FILES.seq.is_(None), _FILES.created_at < bindparam("since", type_=UtcDateTime())
)


def keep_file(
    session: Session,
    conversation_id: UUID,
    file: CheckedFile,
    name: str,
    now: datetime,
    *,
    agent_id: UUID | None = None,
) -> Attachment:
    """Put a file into the record, until a message carries it.

    Args:
        session: The transaction.
        conversation_id: Where it belongs; who may is checked before.
        file: What was sent.
        name: What its sender calls it.
        now: The moment.
        agent_id: Which agent sent it; the contact if none did.
    """
    attachment = Attachment(
        id=uuid4(),
        conversation_id=conversation_id,
        seq=None,
        sender=Sender.CONTACT if agent_id is None else Sender.AGENT,
        agent_id=agent_id,
        name=clean_name(name, file.media_type),
        media_type=file.media_type,
        size=len(file.content),
        width=file.width,
        height=file.height,
        content=file.content,
        created_at=now,
    )
    add(session, attachment)
    return attachment


def attach(
    session: Session,
    conversation_id: UUID,
    ids: Sequence[UUID],
    seq: int,
    *,
    agent_id: UUID | None = None,
) -> list[dict[str, Any]]:
    """Have a message carry files, and return what its details say of them.

    Args:
        session: The transaction in which the message is added.
        conversation_id: Where.
        ids: Which files, in this order.
        seq: The number of the message.
        agent_id: Which agent sends; the contact if none does.

    Raises:
        BadRangeError: More than a message may carry.
        AttachmentGoneError: One of them does not wait here for a message of theirs.
    """
    if len(ids) > MOST_FILES:
        raise BadRangeError(f"A message carries at most {MOST_FILES} files.")
    if not ids:
        return []
    wanted = {
        "ids": list(ids),
        "conversation": conversation_id,
        "sender": Sender.CONTACT if agent_id is None else Sender.AGENT,
    }
    rows = session.execute(_WAITING, wanted).mappings()
    found = {row["id"]: row for row in rows if row["agent_id"] == agent_id}
    if len(found) < len(ids):  # one that is named twice is missing, too
        raise AttachmentGoneError("A file is no longer there; please attach it again.")
    change(session, Attachment, {"id": tuple(ids)}, seq=seq)
    return [_facts(cast(Any, found[each])) for each in ids]


def carry(
    session: Session, step: Change, message: Message, ids: Sequence[UUID]
) -> None:
    """Have a new message of a change carry its author's files.

    Raises:
        BadRangeError: More than a message may carry.
        AttachmentGoneError: One of them does not wait here for a message of theirs.
    """
    place, seq, agent_id = message.conversation_id, message.seq, message.agent_id
    files = attach(session, place, ids, seq, agent_id=agent_id)
    if not files:
        return
    message.details["attachments"] = files
    if not message.text and message.kind is not Kind.NOTE:
        names = ", ".join(file["name"] for file in files)
        step.conversation.last_text = names[:LONGEST_LAST_TEXT]


def carries(message: Message, ids: Sequence[UUID]) -> bool:
    """Tell whether a message carries exactly these files."""
    carried = [file["id"] for file in message.details.get("attachments", [])]
    return carried == [str(each) for each in ids]


def find_file_for_contact(
    session: Session, contact_id: UUID, attachment_id: UUID
) -> Attachment:
    """Return a file on behalf of a contact.

    Raises:
        NotFoundError: There is none that they may see.
    """
    chosen = {"file": attachment_id, "contact": contact_id}
    mapping = session.execute(_OF_CONTACT, chosen).mappings().first()
    if mapping is None:
        raise NotFoundError("There is no such file.")
    return as_row(Attachment, mapping)


def find_file_for_agent(session: Session, attachment_id: UUID) -> Attachment:
    """Return a file on behalf of somebody who is signed in to the console.

    Raises:
        NotFoundError: There is none.
    """
    attachment = find(session, Attachment, id=attachment_id)
    if attachment is None:
        raise NotFoundError("There is no such file.")
    return attachment


def forget_unsent(session: Session, now: datetime) -> int:
    """Delete the files that no message has carried for a day; return how many."""
    gone = session.execute(_UNSENT, {"since": now - UNSENT_LIFE})
    return int(cast(Any, gone).rowcount)


def facts_of(attachment: Attachment) -> dict[str, Any]:
    """Return what is shown of a file besides its content."""
    return _facts(vars(attachment))


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    shown = {key: row[key] for key in ("name", "media_type", "size")}
    sides = {key: row[key] for key in ("width", "height") if row[key] is not None}
    return {"id": str(row["id"]), **shown, **sides}
