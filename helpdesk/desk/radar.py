"""The radar: signs that somebody is after an account that is not theirs.

It looks at who asked for an address within a day, and at the words of the conversations in
which they did. What it sees is for agents; a contact's own requests are never touched: the
mail goes to the address on file whoever asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, union_all
from sqlalchemy.orm import Session

from foundation.addresses import addresses_in
from helpdesk.desk.approvals import Approvals, Reason
from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.signals import Signals
from helpdesk.store.action_models import Approval, Receipt
from helpdesk.store.console_models import MailRequest
from helpdesk.store.models import Contact, Conversation, Message
from helpdesk.store.rows import table_of
from helpdesk.store.words import ApprovalState, Purpose, Sender

WINDOW = timedelta(hours=24)
MANY = 3  # contacts
MOST_READ = 200  # messages
MANY_CONVERSATIONS = "many_conversations"
URGENCY = "urgency"
OTHER_ADDRESS = "other_address"
ASKED_BEFORE = "asked_before"
# Signals of templates/signals.yml.
HURRY, PRESSURE = "hurry", "pressure"
READ = (HURRY, PRESSURE, OTHER_ADDRESS)

_RECEIPTS = table_of(Receipt).c
_REQUESTS = table_of(MailRequest).c
_APPROVALS = table_of(Approval).c
_ROWS = table_of(Conversation).c
_SAID = table_of(Message).c
# Who had mails sent to an address, or had an agent do it, and where.
_ASKED_FOR = union_all(
    select(_RECEIPTS.contact_id, _RECEIPTS.conversation_id)
    .join(table_of(Conversation), _ROWS.id == _RECEIPTS.conversation_id)
    .where(
        _RECEIPTS.email_digest == bindparam("digest"),
        _RECEIPTS.at > bindparam("since"),
        _ROWS.purpose == Purpose.HELP,
    ),
    select(_REQUESTS.contact_id, _REQUESTS.conversation_id).where(
        _REQUESTS.email == bindparam("email"),
        _REQUESTS.requested_at > bindparam("since"),
    ),
)
# Who wrote it.
_WROTE = (
    select(_ROWS.contact_id, _SAID.conversation_id, _SAID.text)
    .join(table_of(Conversation), _ROWS.id == _SAID.conversation_id)
    .where(
        _ROWS.updated_at > bindparam("since"),
        _ROWS.purpose == Purpose.HELP,
        _SAID.sender == Sender.CONTACT,
        _SAID.created_at > bindparam("since"),
    )
    .order_by(_SAID.created_at.desc())
    .limit(MOST_READ)
)
_TEXTS = (
    select(_SAID.text)
    .where(
        _SAID.conversation_id.in_(bindparam("chosen", expanding=True)),
        _SAID.sender == Sender.CONTACT,
    )
    .order_by(_SAID.created_at.desc(), _SAID.seq.desc())
    .limit(MOST_READ)
)
_NOT_AGREED = (
    select(_APPROVALS.id)
    .where(
        _APPROVALS.email_digest == bindparam("digest"),
        _APPROVALS.requested_at > bindparam("since"),
        _APPROVALS.state != ApprovalState.APPROVED,
    )
    .limit(1)
)


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
        contacts, places = self._who_asks(session, email, now)
        seen = [*self._of_address(session, email, contacts, now)]
        seen += self._of_words(_texts(session, places))
        return tuple(each.reason for each in seen if each.needs_second_person)

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
        if email is None:
            return tuple(self._of_words(_texts(session, {conversation_id})))
        contacts, places = self._who_asks(session, email, now)
        seen = self._of_address(session, email, contacts | {contact.id}, now)
        seen += self._of_words(_texts(session, places | {conversation_id}))
        if _is_for_another(contact, email):
            seen.append(Warned(self.approvals.reason(OTHER_ADDRESS), True))
        return tuple({each.reason: each for each in seen}.values())

    def _who_asks(
        self, session: Session, email: str, now: datetime
    ) -> tuple[set[UUID], set[UUID]]:
        """Return the contacts who asked for an address, and their conversations."""
        digest = self.approvals.pseudonyms.digest(email)
        of_it = {"digest": digest, "email": email, "since": now - WINDOW}
        found = {(row[0], row[1]) for row in session.execute(_ASKED_FOR, of_it)}
        wrote = _WROTE.where(_SAID.text.icontains(email, autoescape=True))
        for row in session.execute(wrote, {"since": now - WINDOW}):
            if email in addresses_in(row.text):
                found.add((row.contact_id, row.conversation_id))
        return {contact for contact, _ in found}, {place for _, place in found}

    def _of_address(
        self, session: Session, email: str, contacts: set[UUID], now: datetime
    ) -> list[Warned]:
        seen = []
        if len(contacts) >= MANY:
            reason = self.approvals.reason(MANY_CONVERSATIONS, count=len(contacts))
            seen.append(Warned(reason, True))
        digest = self.approvals.pseudonyms.digest(email)
        if session.scalar(_NOT_AGREED, {"digest": digest, "since": now - WINDOW}):
            seen.append(Warned(self.approvals.reason(ASKED_BEFORE), True))
        return seen

    def _of_words(self, newest_first: Iterable[str]) -> list[Warned]:
        said = self.signals.of(READ, newest_first)
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


def _texts(session: Session, places: set[UUID]) -> Iterable[str]:
    if not places:
        return ()
    return session.scalars(_TEXTS, {"chosen": list(places)})
