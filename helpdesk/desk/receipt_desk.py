"""Taking back what was sent: the link in a mail is made worthless, if it was not used."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.account_words import AccountWords
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.errors import (
    AccountTroubleError,
    AlreadyUsedError,
    ForbiddenError,
    NotFoundError,
    NotPossibleError,
)
from helpdesk.desk.events import Publisher
from helpdesk.desk.receipts import (
    WITHDRAWN,
    facts_of,
    mark_undone,
    may_be_undone,
    news_of,
    target_of,
)
from helpdesk.store.action_models import Receipt
from helpdesk.store.record import Record
from helpdesk.store.rows import find
from helpdesk.store.words import ReceiptState, Role

BEGUN = "recovery.withdrawal_begun"  # before the backend hears of it
ALREADY_USED = "already_used"
NOT_POSSIBLE = frozenset({"nothing_to_withdraw", "no_recovery"})
DONE = "accepted"


@dataclass(frozen=True)
class ReceiptDesk:
    """Withdraws links, on behalf of agents."""

    record: Record
    backend: AccountBackend
    publisher: Publisher
    words: AccountWords
    clock: Clock

    async def withdraw(self, agent: SignedInAgent, receipt_id: UUID) -> Receipt:
        """Withdraw the link of a receipt; repeating changes nothing.

        Raises:
            AlreadyUsedError: Somebody has used the link.
            NotPossibleError: There is no link that could be withdrawn.
            AccountTroubleError: The backend refused, or nobody knows.
            DeskError: This agent may not, or there is no such receipt.
        """
        now = self.clock.now()
        receipt = await self.record.write(
            lambda session: self._begin(session, agent, receipt_id, now)
        )
        if receipt.state is ReceiptState.UNDONE:
            return receipt
        try:
            await self.backend.withdraw(receipt.recovery_key or "")
        except BackendError as error:
            await self._end(agent, receipt_id, error.code)
            raise self._refusal(error) from error
        undone = await self._end(agent, receipt_id, DONE)
        for event in news_of(undone):
            self.publisher.publish(event)
        return undone

    def _begin(
        self, session: Session, agent: SignedInAgent, receipt_id: UUID, now: datetime
    ) -> Receipt:
        receipt = _access(session, agent, receipt_id)
        if receipt.state is ReceiptState.UNDONE:
            return receipt
        if not may_be_undone(receipt) or receipt.recovery_key is None:
            raise NotPossibleError(self.words.withdraw_nothing)
        who, target = Who.of(agent), target_of(receipt)
        write_audit(session, who, BEGUN, target, now, details=facts_of(receipt))
        return receipt

    async def _end(
        self, agent: SignedInAgent, receipt_id: UUID, result: str
    ) -> Receipt:
        now = self.clock.now()

        def write(session: Session) -> Receipt:
            receipt = _access(session, agent, receipt_id)
            if result == DONE and receipt.state is not ReceiptState.UNDONE:
                mark_undone(session, receipt, now, agent.id)
            write_audit(
                session,
                Who.of(agent),
                WITHDRAWN,
                target_of(receipt),
                now,
                result=result,
                details=facts_of(receipt),
            )
            return receipt

        return await self.record.write(write)

    def _refusal(self, error: BackendError) -> Exception:
        if error.code == ALREADY_USED:
            return AlreadyUsedError(self.words.withdraw_used)
        if error.code in NOT_POSSIBLE:
            return NotPossibleError(self.words.withdraw_nothing)
        return AccountTroubleError(self.words.for_withdrawal(error))


def _access(session: Session, agent: SignedInAgent, receipt_id: UUID) -> Receipt:
    """Return a receipt, locked, that this agent may take back.

    Raises:
        NotFoundError: There is none.
        ForbiddenError: It is somebody else's.
    """
    receipt = find(session, Receipt, id=receipt_id, lock=True)
    if receipt is None:
        raise NotFoundError("There is no such receipt.")
    is_own = receipt.agent_id == agent.id
    if not agent.may_change or not (is_own or agent.role is Role.ADMIN):
        raise ForbiddenError("Only who had it sent, or an admin, may withdraw it.")
    return receipt
