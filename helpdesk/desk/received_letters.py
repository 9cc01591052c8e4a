"""A contact's answer by mail becomes a message of theirs; the same mail does so once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.orm import Session

from helpdesk.desk.attachments import keep_file
from helpdesk.desk.changes import Change
from helpdesk.desk.file_types import CheckedFile
from helpdesk.desk.handoff import hand_off
from helpdesk.desk.link_autopsy import SeenLink
from helpdesk.desk.messages import Accepted, Incoming, accept_message
from helpdesk.desk.office import Office
from helpdesk.desk.pasted_links import REMOVED
from helpdesk.desk.typed_text import LONGEST_TEXT
from helpdesk.store.letter_models import MailAddress
from helpdesk.store.models import Conversation, Message
from helpdesk.store.rows import change, find
from helpdesk.store.words import HandoffReason, Owner


@dataclass(frozen=True)
class NamedFile:
    """A file that may be kept, and what its sender calls it."""

    name: str
    file: CheckedFile


@dataclass(frozen=True)
class Received:
    """An answer by mail. Its `mail_id` is the Message-ID.

    `link` is what became of a link in it, whose secret is gone from the text.
    """

    conversation_id: UUID
    mail_id: str
    text: str
    files: Sequence[NamedFile] = ()
    link: SeenLink | None = None


@dataclass(frozen=True)
class Heard:
    """What a mail led to."""

    accepted: Sequence[Accepted]
    handoff: Change | None = None

    @property
    def is_with_assistant(self) -> bool:
        """Whether the assistant answers, because nobody is there."""
        last = self.accepted[-1].conversation if self.accepted else None
        return last is not None and last.owner is Owner.ASSISTANT


def is_from_contact(session: Session, conversation_id: UUID, sender: str) -> bool:
    """Tell whether an address is the one that a conversation's contact has proven."""
    conversation = find(session, Conversation, id=conversation_id)
    if conversation is None:
        return False
    address = find(session, MailAddress, contact_id=conversation.contact_id)
    return (
        address is not None
        and address.proven_at is not None
        and address.email == sender
    )


def take_answer(
    session: Session, office: Office, received: Received, now: datetime
) -> Heard:
    """Put an answer into the conversation, for people to read.

    Args:
        session: The transaction.
        office: Who takes up a conversation depends on it.
        received: The answer; who sent it was checked.
        now: The moment.

    Raises:
        DeskError: It is refused.
    """
    conversation_id = received.conversation_id
    conversation = find(session, Conversation, id=conversation_id, lock=True)
    if conversation is None:
        return Heard(())
    accepted = []
    parts = _parts(received.text)
    with_link = next((n for n, part in enumerate(parts) if REMOVED in part), 0)
    for number, part in enumerate(parts):
        client_id = uuid5(NAMESPACE_URL, f"{received.mail_id} {number}")
        known = find(
            session, Message, conversation_id=conversation_id, client_id=client_id
        )
        if known is not None:
            return Heard(())
        files = received.files if number == 0 else ()
        ids = [
            keep_file(session, conversation_id, each.file, each.name, now).id
            for each in files
        ]
        link = received.link if number == with_link else None
        incoming = Incoming(client_id, part, attachments=tuple(ids), link=link)
        heard = accept_message(
            session,
            conversation.contact_id,
            conversation_id,
            incoming,
            lambda _article, _action: None,
            office,
            now,
        )
        _note_mail(session, heard.message, received.mail_id)
        accepted.append(heard)
    return _pass_to_people(session, office, accepted, now)


def _parts(text: str) -> list[str]:
    """Return a text in pieces that a message can hold; without words, one empty piece."""
    return [
        text[begin : begin + LONGEST_TEXT]
        for begin in range(0, len(text), LONGEST_TEXT)
    ] or [""]


def _note_mail(session: Session, message: Message, mail_id: str) -> None:
    """Note that it came by mail; the next letter is an answer to it."""
    message.details = {**message.details, "mail_id": mail_id}
    is_it = {"conversation_id": message.conversation_id, "seq": message.seq}
    change(session, Message, is_it, details=message.details)


def _pass_to_people(
    session: Session, office: Office, accepted: list[Accepted], now: datetime
) -> Heard:
    """Have a person hear it: whoever writes a mail does not see what the assistant says."""
    conversation = accepted[-1].conversation
    is_waiting = conversation.waiting_since is not None
    if conversation.owner is not Owner.ASSISTANT or is_waiting:
        return Heard(accepted)
    step = Change(conversation, now)
    hand_off(session, office, step, HandoffReason.LETTER)
    step.write(session)
    return Heard(accepted, step)
