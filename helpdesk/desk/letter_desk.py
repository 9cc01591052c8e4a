"""Answers by mail as pages and browsers see them: leave an address, prove it, stop."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.conversations import access_conversation
from helpdesk.desk.errors import MailOffError
from helpdesk.desk.letter_addresses import (
    Wish,
    find_address,
    forget_address,
    leave_address,
    prove_address,
    read_proof,
    stop_letters,
)
from helpdesk.desk.letter_inbox import LetterInbox
from helpdesk.desk.letter_tokens import LetterTokens, Purpose
from helpdesk.desk.letter_worker import LetterWorker
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.visits import Visitor
from helpdesk.store.letter_models import MailAddress
from helpdesk.store.record import Record
from helpdesk.store.rows import find

BY_LINK = "mail link"  # what proved who it was


@dataclass(frozen=True)
class LetterDesk:
    """What contacts, and owners of addresses, can do; without a worker, nothing.

    `worker` sends where there is a mail server, `inbox` reads where there is a mailbox.
    """

    record: Record
    worker: LetterWorker | None
    inbox: LetterInbox | None
    tokens: LetterTokens
    limits: ActionLimits
    pseudonyms: Pseudonyms
    clock: Clock

    async def start(self) -> None:
        """Begin to send and to read."""
        for part in (self.worker, self.inbox):
            if part is not None:
                await part.start()

    async def stop(self) -> None:
        """Stop both."""
        for part in (self.worker, self.inbox):
            if part is not None:
                await part.stop()

    async def leave(
        self, visitor: Visitor, conversation_id: UUID, email: str, address: str
    ) -> MailAddress:
        """Note where a contact wants answers.

        Args:
            visitor: Who wants them.
            conversation_id: In which conversation.
            email: Where to.
            address: Where the wish comes from, for the limits.

        Raises:
            DeskError: It is refused.
        """
        worker = self.worker or _refuse()
        wish = Wish(email, self.limits.digest_of(address))
        now, contact_id = self.clock.now(), visitor.contact_id

        def write(session: Session) -> MailAddress:
            left = leave_address(
                session, contact_id, conversation_id, wish, self.limits, now
            )
            who = Who.contact(contact_id, conversation_id)
            self._audit(session, who, "address.left", left, now)
            return left

        left = await self.record.write(write)
        worker.wake()
        return left

    async def find(self, visitor: Visitor, conversation_id: UUID) -> MailAddress | None:
        """Return where a contact wants answers.

        Raises:
            DeskError: The conversation is not theirs.
        """
        contact_id = visitor.contact_id
        await self._check(visitor, conversation_id)
        return await self.record.read(lambda session: find_address(session, contact_id))

    async def forget(self, visitor: Visitor, conversation_id: UUID) -> None:
        """Mail a contact nothing more.

        Raises:
            DeskError: The conversation is not theirs.
        """
        contact_id, now = visitor.contact_id, self.clock.now()
        await self._check(visitor, conversation_id)

        def write(session: Session) -> None:
            known = find_address(session, contact_id)
            if known is not None:
                forget_address(session, contact_id, now)
                who = Who.contact(contact_id, conversation_id)
                self._audit(session, who, "address.stopped", known, now)

        await self.record.write(write)

    async def read_proof(self, token: str) -> MailAddress | None:
        """Return the address that a link can prove; looking proves nothing."""
        proof_id, now = self.tokens.read(Purpose.PROOF, token), self.clock.now()
        if proof_id is None:
            return None
        return await self.record.read(lambda s: read_proof(s, proof_id, now))

    async def prove(self, token: str) -> bool:
        """Note that an address is its owner's; False if the link is no longer good."""
        proof_id, now = self.tokens.read(Purpose.PROOF, token), self.clock.now()
        if proof_id is None:
            return False

        def write(session: Session) -> bool:
            known = read_proof(session, proof_id, now)
            is_proven = prove_address(session, proof_id, now)
            if is_proven and known is not None and known.proven_at is None:
                self._audit(session, _by_link(known), "address.proven", known, now)
            return is_proven

        return await self.record.write(write)

    async def end_letters(self, token: str) -> bool:
        """Mail nothing more to an address; False if the link is not ours."""
        proof_id, now = self.tokens.read(Purpose.STOP, token), self.clock.now()
        if proof_id is None:
            return False

        def write(session: Session) -> None:
            known = find(session, MailAddress, proof_id=proof_id)
            if known is not None and known.stopped_at is None:
                stop_letters(session, proof_id, now)
                self._audit(session, _by_link(known), "address.stopped", known, now)

        await self.record.write(write)
        return True

    def _audit(
        self,
        session: Session,
        who: Who,
        action: str,
        address: MailAddress,
        now: datetime,
    ) -> None:
        target = self.pseudonyms.target(address.email)
        details = {"conversation": address.conversation_id}
        write_audit(session, who, action, target, now, details=details)

    async def _check(self, visitor: Visitor, conversation_id: UUID) -> None:
        await self.record.read(
            lambda s: access_conversation(s, visitor.contact_id, conversation_id)
        )


def _by_link(address: MailAddress) -> Who:
    """Return whoever reads the mails to an address: the link in one of them is known."""
    contact = Who.contact(address.contact_id)
    return Who(contact.actor, contact.role, BY_LINK)


def _refuse() -> NoReturn:
    raise MailOffError("This help desk sends no mails.")
