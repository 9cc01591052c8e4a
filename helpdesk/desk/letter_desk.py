"""Answers by mail as pages and browsers see them: leave an address, prove it, stop."""

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from foundation.clock import Clock
from helpdesk.desk.action_limits import ActionLimits
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
from helpdesk.desk.visits import Visitor
from helpdesk.store.letter_models import MailAddress
from helpdesk.store.record import Record


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
        now = self.clock.now()
        left = await self.record.write(
            lambda session: leave_address(
                session, visitor.contact_id, conversation_id, wish, self.limits, now
            )
        )
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
        await self.record.write(
            lambda session: forget_address(session, contact_id, now)
        )

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
        return await self.record.write(lambda s: prove_address(s, proof_id, now))

    async def end_letters(self, token: str) -> bool:
        """Mail nothing more to an address; False if the link is not ours."""
        proof_id, now = self.tokens.read(Purpose.STOP, token), self.clock.now()
        if proof_id is None:
            return False
        await self.record.write(lambda session: stop_letters(session, proof_id, now))
        return True

    async def _check(self, visitor: Visitor, conversation_id: UUID) -> None:
        await self.record.read(
            lambda s: access_conversation(s, visitor.contact_id, conversation_id)
        )


def _refuse() -> NoReturn:
    raise MailOffError("This help desk sends no mails.")
