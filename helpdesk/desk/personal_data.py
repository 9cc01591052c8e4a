"""What belongs to a person: found by an address, or by the id of a contact.

Most people who ask never sign in: what ties them to an address is that they typed it.
So a contact who typed this address and no other is that person. A contact who is known to be
somebody else only mentions the person: that conversation stays, less the address.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.addresses import AddressError, addresses_in, normalise_address
from helpdesk.store.console_models import MailRequest
from helpdesk.store.letter_models import Letter, MailAddress
from helpdesk.store.models import Agent, Contact, Conversation, Message
from helpdesk.store.rows import find, table_of
from helpdesk.store.texts import TextRow, rows_with
from helpdesk.store.words import Purpose, Sender

_CONTACTS, _TALKS, _SAID = (
    table_of(kind).c for kind in (Contact, Conversation, Message)
)
_ASKED, _LETTERS, _MAILED = (
    table_of(kind).c for kind in (MailRequest, Letter, MailAddress)
)


@dataclass(frozen=True)
class Spelling:
    """An address in every form in which it may stand in a text."""

    address: str  # normalised

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The address, and with a domain in other letters also as people type it."""
        local, _, domain = self.address.rpartition("@")
        try:
            shown = domain.encode().decode("idna")
        except UnicodeError:
            shown = domain
        return tuple(dict.fromkeys((self.address, f"{local}@{shown}")))

    def cut_out(self, text: str, instead: str) -> str:
        """Replace the address; longer ones that it is a part of stay."""
        return self._pattern.sub(instead, text)

    def is_in(self, text: str) -> bool:
        """Tell whether a text names the address."""
        return self._pattern.search(text) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = "|".join(re.escape(form) for form in self.forms)
        before, after = r"(?<![\w+%-])(?<!\w\.)", r"(?![\w-]|\.\w)"
        return re.compile(f"{before}(?:{forms}){after}", re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """Who is meant, and what is theirs. Whole contacts, and single conversations of others.

    `is_agent` tells that an agent has the address, whose account is not touched.
    """

    addresses: tuple[str, ...]
    contacts: frozenset[UUID] = frozenset()
    conversations: frozenset[UUID] = frozenset()  # those of the contacts, too
    is_agent: bool = False

    @property
    def spellings(self) -> tuple[Spelling, ...]:
        """The addresses, to look for."""
        return tuple(Spelling(address) for address in self.addresses)


@dataclass
class _Finds:
    contacts: set[UUID] = field(default_factory=set)
    conversations: set[UUID] = field(default_factory=set)


def find_person(session: Session, whom: str) -> Person | None:
    """Return who is meant by an address or a contact's id; None for neither.

    A person of whom nothing is kept is found, too, with nothing.
    """
    try:
        contact_id = UUID(whom)
    except ValueError:
        address = read_address(whom)
        return None if address is None else _gather(session, (address,), _Finds())
    contact = find(session, Contact, id=contact_id)
    if contact is None:
        return None
    return _gather(session, _proven(session, contact), _Finds(contacts={contact_id}))


def read_address(text: str) -> str | None:
    """Return an address in its one form, if the text is one."""
    try:
        return normalise_address(text)
    except AddressError:
        return None


def find_mentions(session: Session, person: Person) -> list[TextRow]:
    """Return the rows of all tables that name one of the person's addresses."""
    spellings = person.spellings
    forms = [form for each in spellings for form in each.forms]
    if not forms:
        return []
    return [
        row
        for row in rows_with(session, forms)
        if any(each.is_in(str(row.values)) for each in spellings)
    ]


def _gather(session: Session, addresses: tuple[str, ...], finds: _Finds) -> Person:
    for address in addresses:
        _add_proven(session, address, finds)
        for conversation_id in _named_in(session, Spelling(address)):
            _add_named(session, address, conversation_id, finds)
    whole = select(_TALKS.id).where(_TALKS.contact_id.in_(finds.contacts))
    finds.conversations.update(session.scalars(whole))
    is_agent = any(find(session, Agent, email=each) for each in addresses)
    return Person(
        addresses,
        frozenset(finds.contacts),
        frozenset(finds.conversations),
        is_agent=is_agent,
    )


def _proven(session: Session, contact: Contact) -> tuple[str, ...]:
    """Return the addresses that are known to be a contact's."""
    mailed = find(session, MailAddress, contact_id=contact.id)
    given = [contact.email or ""]
    given += [mailed.email] if mailed and mailed.proven_at else []
    found = (read_address(each) for each in given)
    return tuple(dict.fromkeys(each for each in found if each))


def _add_proven(session: Session, address: str, finds: _Finds) -> None:
    """Add the contacts of whom a site or a link in a mail said that it is theirs."""
    spelt = (func.lower(_CONTACTS.email), func.lower(_CONTACTS.subject))
    for column in spelt:
        finds.contacts.update(
            session.scalars(select(_CONTACTS.id).where(column == address))
        )
    is_theirs = (_MAILED.email == address) & _MAILED.proven_at.is_not(None)
    finds.contacts.update(session.scalars(select(_MAILED.contact_id).where(is_theirs)))


def _named_in(session: Session, spelling: Spelling) -> set[UUID]:
    """Return the conversations whose contact gave the address, or was mailed there."""
    found: set[UUID] = set()
    for form in spelling.forms:
        said = select(_SAID.conversation_id, _SAID.text).where(
            _SAID.sender == Sender.CONTACT, _SAID.text.icontains(form, autoescape=True)
        )
        rows = session.execute(said)
        found.update(row[0] for row in rows if spelling.is_in(row[1]))
    for columns in (_ASKED, _LETTERS, _MAILED):
        named = select(columns.conversation_id).where(columns.email == spelling.address)
        found.update(session.scalars(named))
    return found


def _add_named(
    session: Session, address: str, conversation_id: UUID, finds: _Finds
) -> None:
    conversation = find(session, Conversation, id=conversation_id)
    if conversation is None or conversation.purpose is not Purpose.HELP:
        return  # an agent's own
    contact = find(session, Contact, id=conversation.contact_id)
    if contact is None or contact.id in finds.contacts:
        return
    known = _proven(session, contact)
    if known and address not in known:
        return  # somebody else, who mentions the person
    if _typed_by(session, contact.id) <= {address}:
        finds.contacts.add(contact.id)
    else:
        finds.conversations.add(conversation_id)


def _typed_by(session: Session, contact_id: UUID) -> set[str]:
    """Return every address that a contact has typed."""
    said = (
        select(_SAID.text)
        .join(table_of(Conversation), _TALKS.id == _SAID.conversation_id)
        .where(_TALKS.contact_id == contact_id, _SAID.sender == Sender.CONTACT)
        .where(_SAID.text.contains("@"))
    )
    return {each for text in session.scalars(said) for each in addresses_in(text)}
