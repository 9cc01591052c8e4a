"""The person behind a conversation: earlier ones, and their account at the backend.

An account is looked at only for an address that a site vouched for, or that the contact
gave in this very conversation. Each look is in the audit record before it is answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foundation.addresses import addresses_in
from foundation.clock import Clock
from helpdesk.desk.account_backend import AccountBackend, AccountLook, BackendError
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.conversation_lines import (
    CONVERSATIONS,
    Line,
    get_line,
    run_lines,
    select_lines,
)
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.radar import Radar, Warned
from helpdesk.store.models import Contact, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import table_of
from helpdesk.store.words import Sender

MOST_EARLIER = 20
MESSAGES_READ = 200  # the newest; an address that was given earlier is asked for again
_SAID = table_of(Message).c
_EARLIER = (
    select_lines()
    .where(
        CONVERSATIONS.contact_id == bindparam("contact"),
        CONVERSATIONS.id != bindparam("conversation"),
        CONVERSATIONS.last_seq > 0,
    )
    .order_by(CONVERSATIONS.created_at.desc(), CONVERSATIONS.id)
    .limit(MOST_EARLIER)
)
_TYPED = (
    select(_SAID.text)
    .where(
        _SAID.conversation_id == bindparam("conversation"),
        _SAID.sender == Sender.CONTACT,
    )
    .order_by(_SAID.seq.desc())
    .limit(MESSAGES_READ)
)


@dataclass(frozen=True)
class Address:
    """An address of a contact; `is_proven` if a site vouched for it."""

    email: str
    is_proven: bool


@dataclass(frozen=True)
class Person:
    """What agents see beside a conversation. `problem` is a code of `BackendError`."""

    earlier: Sequence[Line]
    address: Address | None
    look: AccountLook | None
    problem: str | None
    warnings: Sequence[Warned]


@dataclass(frozen=True)
class People:
    """Finds out about persons, on behalf of agents."""

    record: Record
    backend: AccountBackend
    pseudonyms: Pseudonyms
    radar: Radar
    clock: Clock

    async def behind(self, agent: SignedInAgent, conversation_id: UUID) -> Person:
        """Return the person behind a conversation.

        Raises:
            NotFoundError: There is no such conversation.
            OutageError: The look cannot be audited, so nothing is shown.
        """
        now = self.clock.now()
        earlier, address, warnings = await self.record.read(
            lambda session: self._read(session, conversation_id, now)
        )
        if address is None:
            return Person(earlier, None, None, None, warnings)
        looked_for = address
        await self.record.write(
            lambda s: self._audit(s, agent, conversation_id, looked_for, now)
        )
        try:
            look = await self.backend.look_at(address.email)
        except BackendError as error:
            return Person(earlier, address, None, error.code, warnings)
        return Person(earlier, address, look, None, warnings)

    def _read(
        self, session: Session, conversation_id: UUID, now: datetime
    ) -> tuple[Sequence[Line], Address | None, Sequence[Warned]]:
        line = get_line(session, conversation_id)
        of_whom = {"contact": line.contact.id, "conversation": conversation_id}
        earlier = run_lines(session, _EARLIER, of_whom)
        address = address_of_contact(session, line.contact, conversation_id)
        email = address.email if address else None
        warnings = self.radar.warnings(session, conversation_id, email, now)
        return earlier, address, warnings

    def _audit(
        self,
        session: Session,
        agent: SignedInAgent,
        conversation_id: UUID,
        address: Address,
        now: datetime,
    ) -> None:
        who, target = Who.of(agent), self.pseudonyms.target(address.email)
        details = {"conversation": conversation_id, "is_proven": address.is_proven}
        write_audit(session, who, "account.viewed", target, now, details=details)


def address_of_contact(
    session: Session, contact: Contact, conversation_id: UUID
) -> Address | None:
    """Return the address to look for; of those that were typed, the last one."""
    if contact.issuer is not None and contact.email:
        proven = addresses_in(contact.email)
        if proven:
            return Address(proven[0], is_proven=True)
    for text in session.scalars(_TYPED, {"conversation": conversation_id}):
        given = addresses_in(text)
        if given:
            return Address(given[-1], is_proven=False)
    return None
