"""The person behind a conversation: earlier ones, and their account at the backend.

An account is looked at only for an address that a site vouched for, or that the contact
gave in this very conversation. Each look is in the audit record before it is answered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foundation.addresses import (
    ANY_ADDRESS,
    AddressError,
    mask_address,
    normalise_address,
)
from foundation.clock import Clock
from helpdesk.desk.account_backend import AccountBackend, AccountLook, BackendError
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import agent_name, write_audit
from helpdesk.desk.conversation_lines import (
    CONVERSATIONS,
    Line,
    get_line,
    run_lines,
    select_lines,
)
from helpdesk.store.models import Contact, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import table_of
from helpdesk.store.words import Sender

MOST_EARLIER = 20
MESSAGES_READ = 200  # the newest; an address that was given earlier is asked for again
AT_END = re.compile(r"[.!?…*_`]+$")
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


@dataclass(frozen=True)
class People:
    """Finds out about persons, on behalf of agents."""

    record: Record
    backend: AccountBackend
    clock: Clock

    async def behind(self, agent: SignedInAgent, conversation_id: UUID) -> Person:
        """Return the person behind a conversation.

        Raises:
            NotFoundError: There is no such conversation.
            OutageError: The look cannot be audited, so nothing is shown.
        """
        earlier, address = await self.record.read(
            lambda session: _read(session, conversation_id)
        )
        if address is None:
            return Person(earlier, None, None, None)
        now, looked_for = self.clock.now(), address
        await self.record.write(
            lambda session: _audit(session, agent, conversation_id, looked_for, now)
        )
        try:
            look = await self.backend.look_at(address.email)
        except BackendError as error:
            return Person(earlier, address, None, error.code)
        return Person(earlier, address, look, None)


def address_of_contact(
    session: Session, contact: Contact, conversation_id: UUID
) -> Address | None:
    """Return the address to look for; of those that were typed, the last one."""
    if contact.issuer is not None and contact.email:
        proven = _read_address(contact.email)
        if proven:
            return Address(proven, is_proven=True)
    for text in session.scalars(_TYPED, {"conversation": conversation_id}):
        for found in reversed(ANY_ADDRESS.findall(text)):
            given = _read_address(AT_END.sub("", found))
            if given:
                return Address(given, is_proven=False)
    return None


def _read(
    session: Session, conversation_id: UUID
) -> tuple[Sequence[Line], Address | None]:
    line = get_line(session, conversation_id)
    of_whom = {"contact": line.contact.id, "conversation": conversation_id}
    earlier = run_lines(session, _EARLIER, of_whom)
    return earlier, address_of_contact(session, line.contact, conversation_id)


def _read_address(text: str) -> str | None:
    try:
        return normalise_address(text)
    except AddressError:
        return None


def _audit(
    session: Session,
    agent: SignedInAgent,
    conversation_id: UUID,
    address: Address,
    now: datetime,
) -> None:
    details = {"address": mask_address(address.email), "is_proven": address.is_proven}
    target = f"conversation:{conversation_id}"
    write_audit(session, agent_name(agent.id), "account.viewed", target, details, now)
