"""The radar: signs that somebody is after an account that is not theirs.

It looks at who asked for an address within a day, and at the words of the conversations in
which they did. What it sees is for agents; a contact's own requests are never touched: the
mail goes to the address on file whoever asks.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from foundation.addresses import addresses_in
from foundation.tables import UtcDateTime
from helpdesk.desk.approvals import Approvals, Reason
from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.signals import Signals
from helpdesk.store.action_models import Approval, NamedAddress, Receipt
from helpdesk.store.console_models import MailRequest
from helpdesk.store.models import Contact, Conversation, Message
from helpdesk.store.rows import table_of
from helpdesk.store.words import ApprovalState, Purpose, Sender

WINDOW = timedelta(hours=24)
MANY = 3  # contacts
# Of an address: of so many contacts' conversations the words are read, and so far back.
MOST_CONTACTS = 50
OF_ONE_CONTACT = 3  # conversations
MOST_PLACES = 12
MOST_READ = 200  # entries of a conversation
ALL_LETTERS = 200_000  # of all conversations, and at most of one:
MOST_LETTERS = 12_000
AT_ONCE = 500  # conversations in one query
MANY_CONVERSATIONS = "many_conversations"
URGENCY = "urgency"
OTHER_ADDRESS = "other_address"
ASKED_BEFORE = "asked_before"
# Signals of templates/signals.yml.
HURRY, PRESSURE = "hurry", "pressure"
READ = (HURRY, PRESSURE, OTHER_ADDRESS)

_RECEIPTS = table_of(Receipt).c
_REQUESTS = table_of(MailRequest).c
_NAMED = table_of(NamedAddress).c
_APPROVALS = table_of(Approval).c
_ROWS = table_of(Conversation).c
_SAID = table_of(Message).c
_EMAILS: BindParameter[Any] = bindparam("emails", expanding=True)
_DIGESTS: BindParameter[Any] = bindparam("digests", expanding=True)
_SINCE = bindparam("since", type_=UtcDateTime())


def _who_asks() -> Select[Any]:
    """Return the query for who had mails sent to addresses, had agents do it, or named them.

    For each address its contacts, the newest first, and of each the newest conversation
    before any second one: however much one of them does, the others are seen.
    """
    asked = union_all(
        select(
            _RECEIPTS.email_digest.label("key"),
            _RECEIPTS.contact_id,
            _RECEIPTS.conversation_id,
            _RECEIPTS.at,
        )
        .join(table_of(Conversation), _ROWS.id == _RECEIPTS.conversation_id)
        .where(
            _RECEIPTS.email_digest.in_(_DIGESTS),
            _RECEIPTS.at > _SINCE,
            _ROWS.purpose == Purpose.HELP,
        ),
        select(
            _REQUESTS.email,
            _REQUESTS.contact_id,
            _REQUESTS.conversation_id,
            _REQUESTS.requested_at,
        ).where(_REQUESTS.email.in_(_EMAILS), _REQUESTS.requested_at > _SINCE),
        select(_NAMED.email, _ROWS.contact_id, _ROWS.id, _NAMED.named_at)
        .join(table_of(Conversation), _ROWS.id == _NAMED.conversation_id)
        .where(
            _NAMED.email.in_(_EMAILS),
            _NAMED.named_at > _SINCE,
            _ROWS.purpose == Purpose.HELP,
        ),
    ).subquery()
    it, last = asked.c, func.max(asked.c.at)
    of_one = func.row_number().over(
        partition_by=(it.key, it.contact_id), order_by=last.desc()
    )
    places = (
        select(it.key, it.contact_id, it.conversation_id)
        .add_columns(last.label("at"), of_one.label("nth"))
        .group_by(it.key, it.contact_id, it.conversation_id)
        .subquery()
    )
    at = places.c
    order = func.row_number().over(
        partition_by=at.key, order_by=(at.nth, at.at.desc(), at.conversation_id)
    )
    ordered = (
        select(at.key, at.contact_id, at.conversation_id, order.label("nth"))
        .where(at.nth <= OF_ONE_CONTACT)
        .subquery()
    )
    found = ordered.c
    return (
        select(found.key, found.contact_id, found.conversation_id)
        .where(found.nth <= MOST_CONTACTS)
        .order_by(found.key, found.nth)
    )


_WHO_ASKS = _who_asks()
_TEXTS = (
    select(_SAID.conversation_id, _SAID.text)
    .join(table_of(Conversation), _ROWS.id == _SAID.conversation_id)
    .where(
        _SAID.conversation_id.in_(bindparam("chosen", expanding=True)),
        _SAID.sender == Sender.CONTACT,
        _SAID.seq > _ROWS.last_seq - MOST_READ,
    )
    .order_by(_SAID.conversation_id, _SAID.seq.desc())
)
# Nobody is asked where nobody could agree; see `Approvals.ask`.
_NOT_AGREED = (
    select(_APPROVALS.email_digest)
    .where(
        _APPROVALS.email_digest.in_(_DIGESTS),
        _APPROVALS.requested_at > _SINCE,
        _APPROVALS.state != ApprovalState.APPROVED,
    )
    .distinct()
)


@dataclass
class _Seen:
    """Who asked for an address, and in which conversations, the newest first."""

    contacts: set[UUID] = field(default_factory=set)
    places: list[UUID] = field(default_factory=list)
    is_not_agreed: bool = False


@dataclass(frozen=True)
class Warned:
    """Something that an agent should know before acting."""

    reason: Reason
    needs_second_person: bool


@dataclass(frozen=True)
class Radar:
    """Looks; each method is part of a transaction."""

    approvals: Approvals
    signals: Signals

    def reasons(
        self, session: Session, email: str, now: datetime
    ) -> tuple[Reason, ...]:
        """Return why doing something for an address needs a second person, if it does.

        Args:
            session: The transaction.
            email: The address, normalised.
            now: The moment.
        """
        return self.reasons_of_many(session, [email], now).get(email, ())

    def reasons_of_many(
        self, session: Session, emails: Collection[str], now: datetime
    ) -> dict[str, tuple[Reason, ...]]:
        """Return the same of those addresses for which there is one, at once.

        Args:
            session: The transaction.
            emails: The addresses, normalised.
            now: The moment.
        """
        seen = self._look(session, emails, now)
        places = (place for each in seen.values() for place in each.places)
        said = self._signals_in(session, places)
        found = {}
        for email, each in seen.items():
            warned = self._of_address(each, each.contacts)
            warned += self._of_words(_said_in(said, each.places))
            reasons = tuple(it.reason for it in warned if it.needs_second_person)
            if reasons:
                found[email] = reasons
        return found

    def warnings(
        self,
        session: Session,
        conversation_id: UUID,
        email: str | None,
        now: datetime,
    ) -> tuple[Warned, ...]:
        """Return what to know before doing something in a contact's conversation.

        Args:
            session: The transaction.
            conversation_id: Where.
            email: The address that it is about, normalised, if there is one.
            now: The moment.

        Raises:
            NotFoundError: There is no such conversation.
        """
        contact = get_line(session, conversation_id).contact
        looked = self._look(session, [email], now) if email is not None else {}
        seen = looked.get(email or "", _Seen())
        places = [conversation_id, *seen.places]
        said = _said_in(self._signals_in(session, places), places)
        warned = self._of_address(seen, seen.contacts | {contact.id})
        warned += self._of_words(said)
        if email is not None and _is_for_another(contact, email):
            warned.append(Warned(self.approvals.reason(OTHER_ADDRESS), True))
        return tuple({each.reason: each for each in warned}.values())

    def _look(
        self, session: Session, emails: Collection[str], now: datetime
    ) -> dict[str, _Seen]:
        """Return what is known of those addresses of which anything is."""
        digest = self.approvals.pseudonyms.digest
        email_of = {digest(email): email for email in emails}
        wanted = {
            "emails": list(email_of.values()),
            "digests": list(email_of),
            "since": now - WINDOW,
        }
        found: dict[str, _Seen] = {}
        for row in session.execute(_WHO_ASKS, wanted):
            seen = found.setdefault(email_of.get(row.key, row.key), _Seen())
            seen.contacts.add(row.contact_id)
            if len(seen.places) < MOST_PLACES:
                seen.places.append(row.conversation_id)
        for each in session.scalars(_NOT_AGREED, wanted):
            found.setdefault(email_of[each], _Seen()).is_not_agreed = True
        return found

    def _signals_in(
        self, session: Session, places: Iterable[UUID]
    ) -> dict[UUID, set[str]]:
        """Return what the words of each conversation say beside its question.

        The more conversations, the less is read of each: who is one of many is looked at
        once more, alone.
        """
        wanted = list(dict.fromkeys(places))
        most = min(MOST_LETTERS, ALL_LETTERS // max(1, len(wanted)))
        found: dict[UUID, set[str]] = {}
        for begin in range(0, len(wanted), AT_ONCE):
            chosen = {"chosen": wanted[begin : begin + AT_ONCE]}
            rows = session.execute(_TEXTS, chosen)
            for place, said in groupby(rows, key=lambda row: row.conversation_id):
                found[place] = self.signals.of(READ, (each.text for each in said), most)
        return found

    def _of_address(self, seen: _Seen, contacts: set[UUID]) -> list[Warned]:
        warned = []
        if len(contacts) >= MANY:
            reason = self.approvals.reason(MANY_CONVERSATIONS, count=len(contacts))
            warned.append(Warned(reason, True))
        if seen.is_not_agreed:
            warned.append(Warned(self.approvals.reason(ASKED_BEFORE), True))
        return warned

    def _of_words(self, said: set[str]) -> list[Warned]:
        seen = []
        if PRESSURE in said:
            seen.append(Warned(self.approvals.reason(URGENCY), True))
        elif HURRY in said:
            hurry = Reason(URGENCY, self.approvals.words.reasons[HURRY])
            seen.append(Warned(hurry, False))
        if OTHER_ADDRESS in said:
            seen.append(Warned(self.approvals.reason(OTHER_ADDRESS), True))
        return seen


def _is_for_another(contact: Contact, email: str) -> bool:
    """Tell whether a site vouched for the contact under another address."""
    if contact.issuer is None or not contact.email:
        return False
    return email not in addresses_in(contact.email)


def _said_in(said: Mapping[UUID, set[str]], places: Iterable[UUID]) -> set[str]:
    return {signal for place in places for signal in said.get(place, ())}
