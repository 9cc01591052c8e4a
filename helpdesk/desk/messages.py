"""Messages: accepting what a contact sends, and reading a transcript."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.attachments import carries, carry
from helpdesk.desk.bursts import AT_ONCE, settle_time
from helpdesk.desk.buttons import FindOffer, find_button
from helpdesk.desk.changes import Change
from helpdesk.desk.command_words import names_command
from helpdesk.desk.conversations import access_conversation
from helpdesk.desk.errors import (
    ClientIdTakenError,
    DeskError,
    EmptyMessageError,
)
from helpdesk.desk.lifecycle import hear_contact
from helpdesk.desk.link_autopsy import SeenLink
from helpdesk.desk.named_addresses import note_named
from helpdesk.desk.office import Office
from helpdesk.desk.turns import OpenTurn, Saying, add_to_turn
from helpdesk.desk.typed_text import Content, read_typed
from helpdesk.store.models import Conversation, Message
from helpdesk.store.rows import as_row, find, table_of
from helpdesk.store.words import Kind, Owner, Sender

PAGE = 200
SHARE_FILE = "/share_file"  # what the assistant hears of a file without a word
VISIBLE = (Kind.INCOMING, Kind.OUTGOING, Kind.ACTIVITY)


@dataclass(frozen=True)
class Incoming:
    """What a contact sends: typed `text`, or the id of a pressed `button`.

    With `attachments`, ids of files, the text may be missing. `address_digest` stands for
    the address that it came from. `link` is what became of a link in the text.
    """

    client_id: UUID
    text: str | None = None
    button: str | None = None
    address_digest: str | None = None
    attachments: tuple[UUID, ...] = ()
    link: SeenLink | None = None


@dataclass(frozen=True)
class Accepted:
    """A message in the record. `turn` is for the assistant, and due now or soon.

    `change` holds what is to be published; it is None if the message is not new.
    """

    message: Message
    conversation: Conversation
    is_new: bool
    turn: OpenTurn | None = None
    change: Change | None = None


@dataclass(frozen=True)
class Page:
    """A stretch of a transcript, in order."""

    messages: Sequence[Message]
    has_more: bool


def accept_message(
    session: Session,
    contact_id: UUID,
    conversation_id: UUID,
    incoming: Incoming,
    find_offer: FindOffer,
    office: Office,
    now: datetime,
) -> Accepted:
    """Put a contact's message into the record; repeating it changes nothing.

    Args:
        session: The transaction.
        contact_id: Who sends.
        conversation_id: Where to.
        incoming: What.
        find_offer: Finds the buttons that stand on article pages.
        office: Who takes up a conversation at rest depends on it.
        now: The moment.

    Raises:
        DeskError: It is refused; see docs/protocol.md.
    """
    conversation = access_conversation(session, contact_id, conversation_id, lock=True)
    known = find(
        session,
        Message,
        conversation_id=conversation_id,
        client_id=incoming.client_id,
    )
    if known is not None:
        _check_same(known, incoming)
        return Accepted(known, conversation, is_new=False)
    content = _read(session, conversation_id, incoming, find_offer)
    step = Change(conversation, now)
    is_command = incoming.button is None and names_command(
        incoming.text, office.commands
    )
    tell = hear_contact(session, office, step)
    message = step.say(
        Sender.CONTACT,
        Kind.INCOMING,
        content.text,
        details=content.details,
        client_id=incoming.client_id,
    )
    carry(session, step, message, incoming.attachments)
    turn = None
    if is_command:
        _decline(office, step)
    else:
        saying = Saying(content.text, content.payload, incoming.address_digest)
        turn = _assign(session, conversation, saying, now)
    message.turn_id = turn.id if turn else None
    tell()
    step.write(session)
    note_named(session, conversation, content.text, now)
    return Accepted(message, conversation, is_new=True, turn=turn, change=step)


def read_after(session: Session, conversation_id: UUID, after: int) -> Page:
    """Return the newest messages after a number, for the contact to see."""
    return _page(session, _PAGE_AFTER, conversation_id, after)


def read_before(session: Session, conversation_id: UUID, before: int) -> Page:
    """Return the messages before a number, for the contact to see."""
    return _page(session, _PAGE_BEFORE, conversation_id, before)


def _visible(is_on_page: ColumnElement[bool]) -> Select[Any]:
    return (
        select(*_ALL)
        .where(_ALL.conversation_id == bindparam("conversation"))
        .where(_ALL.kind.in_(VISIBLE), is_on_page)
        .order_by(_ALL.seq.desc())
        .limit(PAGE + 1)
    )


_ALL = table_of(Message).c
_PAGE_AFTER = _visible(_ALL.seq > bindparam("number"))
_PAGE_BEFORE = _visible(_ALL.seq < bindparam("number"))


def _page(
    session: Session, wanted: Select[Any], conversation_id: UUID, number: int
) -> Page:
    chosen = {"conversation": conversation_id, "number": number}
    found = session.execute(wanted, chosen).mappings()
    newest_first = [as_row(Message, mapping) for mapping in found]
    return Page(newest_first[:PAGE][::-1], len(newest_first) > PAGE)


def _read(
    session: Session, conversation_id: UUID, incoming: Incoming, find_offer: FindOffer
) -> Content:
    is_said = incoming.text is not None or bool(incoming.attachments)
    if is_said == (incoming.button is not None):
        raise EmptyMessageError("A message has either `text` or `button`.")
    if incoming.button is not None:
        pressed = find_button(session, conversation_id, incoming.button, find_offer)
        pressed_id = {"button": incoming.button}
        return Content(pressed.title, pressed_id, pressed.payload)
    return _said(incoming)


def _said(incoming: Incoming) -> Content:
    text = incoming.text or ""
    if incoming.attachments and not text.strip():
        return Content("", payload=SHARE_FILE)
    content = read_typed(text)
    if incoming.link is None:
        return content
    details = {**content.details, "link": incoming.link.details}
    return Content(content.text, details, incoming.link.payload)


def _check_same(known: Message, incoming: Incoming) -> None:
    try:
        is_same = (
            known.details.get("button") == incoming.button
            if incoming.button is not None
            else known.text == _said(incoming).text
            and carries(known, incoming.attachments)
        )
    except DeskError:
        is_same = False
    if not is_same:
        raise ClientIdTakenError("This client id belongs to another message.")


def _decline(office: Office, step: Change) -> None:
    """Say that commands are not for contacts; nobody is asked to do anything."""
    step.messages[-1].details["command"] = True
    if step.conversation.owner is Owner.ASSISTANT:
        step.say(Sender.ASSISTANT, Kind.OUTGOING, office.sentences.contact_command)


def _assign(
    session: Session,
    conversation: Conversation,
    saying: Saying,
    now: datetime,
) -> OpenTurn | None:
    if conversation.owner is not Owner.ASSISTANT:
        return None  # a person has it; nothing goes to the assistant
    wait = AT_ONCE if saying.payload else settle_time(saying.text)
    return add_to_turn(session, conversation, saying, now, wait)
