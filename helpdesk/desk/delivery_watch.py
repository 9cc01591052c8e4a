"""Following what was asked for: whether the mail left, and until when its link is good.

A receipt is asked about soon after it was written, then more and more rarely, until the
account backend says how it ended. What becomes known is for agents and for the audit
record; the contact's side of a receipt never changes.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from accounts.client import Delivery, DeliveryState, Recovery, RecoveryState
from foundation.addresses import ANY_ADDRESS, mask_addresses
from foundation.clock import Clock
from foundation.tables import UtcDateTime
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.events import Publisher, ReceiptChanged
from helpdesk.desk.lookout import Lookout
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.receipts import facts_of, news_of, target_of
from helpdesk.store.action_models import Receipt
from helpdesk.store.record import Record
from helpdesk.store.rows import as_row, change, find, table_of
from helpdesk.store.words import ReceiptState

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
FEW = 20
ASK_FOR = timedelta(hours=48)
# So old at most, asked again after so long.
PACE = (
    (timedelta(seconds=30), timedelta(seconds=2)),
    (timedelta(minutes=10), timedelta(seconds=20)),
    (timedelta(hours=1), timedelta(minutes=2)),
    (ASK_FOR, timedelta(minutes=15)),
)
LONGEST_REASON = 300
NO_MAIL = "no mail was written"
ACTOR = Who("account backend")
UNSETTLED = "delivery.unsettled"  # nobody will ask any more
STATES = {
    DeliveryState.QUEUED: ReceiptState.REQUESTED,
    DeliveryState.DEFERRED: ReceiptState.DEFERRED,
    DeliveryState.ACCEPTED: ReceiptState.SENT,
    DeliveryState.BOUNCED: ReceiptState.BOUNCED,
    DeliveryState.SUPPRESSED: ReceiptState.SUPPRESSED,
}
SETTLED = frozenset(
    {
        ReceiptState.SENT,
        ReceiptState.BOUNCED,
        ReceiptState.SUPPRESSED,
        ReceiptState.UNDONE,
    }
)

_ALL = table_of(Receipt).c
_IS_OPEN = and_(_ALL.settled_at.is_(None), _ALL.recovery_key.is_not(None))


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime())


_DUE = (
    select(*_ALL)
    .where(_IS_OPEN)
    .where(
        or_(
            _ALL.checked_at.is_(None),
            *(
                and_(
                    _ALL.at > _moment(f"young_{number}"),
                    _ALL.checked_at <= _moment(f"asked_{number}"),
                )
                for number in range(len(PACE))
            ),
            _ALL.at <= _moment("stale"),
        )
    )
    .order_by(_ALL.checked_at.is_not(None), _ALL.checked_at, _ALL.at)
    .limit(FEW)
    .with_for_update(skip_locked=True)
)


class DeliveryWatch:
    """Asks the account backend what became of receipts.

    Args:
        record: The tables.
        backend: Who is asked.
        pseudonyms: Stand for addresses.
        publisher: Who is told that a receipt has changed.
        clock: The time.
    """

    def __init__(
        self,
        record: Record,
        backend: AccountBackend,
        pseudonyms: Pseudonyms,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._record = record
        self._backend = backend
        self._pseudonyms = pseudonyms
        self._publisher = publisher
        self._clock = clock
        self._is_backend_away = False
        complaint = "asking what became of receipts failed"
        self._lookout = Lookout(self.look, LOOK_EVERY_S, log, complaint)

    def start(self) -> None:
        """Begin, if there is anybody to ask."""
        if self._backend.may_look:
            self._lookout.start()

    async def stop(self) -> None:
        """Stop; what was not asked is asked after the next start."""
        await self._lookout.stop()

    async def look(self) -> None:
        """Ask about the receipts whose time has come."""
        now = self._clock.now()
        due = await self._record.read(lambda session: find_due(session, now))
        if not due:
            return
        taken = await self._record.write(lambda session: take_due(session, now))
        for receipt in taken:
            if not await self._follow(receipt):
                return
        if len(taken) == FEW:
            self._lookout.wake()

    async def _follow(self, receipt: Receipt) -> bool:
        """Ask about one; tell whether asking about others makes sense."""
        try:
            recovery = await self._backend.find_recovery(receipt.recovery_key or "")
        except BackendError as error:
            self._note_away(error)
            return error.is_certain
        self._is_backend_away = False
        now, id = self._clock.now(), receipt.id
        changed = await self._record.write(
            lambda session: enter(session, self._pseudonyms, id, recovery, now)
        )
        for event in changed:
            self._publisher.publish(event)
        return True

    def _note_away(self, error: BackendError) -> None:
        if not self._is_backend_away:
            log.warning("what became of receipts is not known: %s", error.code)
        self._is_backend_away = True


def find_due(session: Session, now: datetime) -> Sequence[Receipt]:
    """Return the receipts whose time has come to be asked about."""
    moments: dict[str, datetime] = {"stale": now - ASK_FOR}
    for number, (age, pause) in enumerate(PACE):
        moments[f"young_{number}"] = now - age
        moments[f"asked_{number}"] = now - pause
    rows = session.execute(_DUE, moments).mappings().all()
    return [as_row(Receipt, row) for row in rows]


def take_due(session: Session, now: datetime) -> list[Receipt]:
    """Take them, so that no other process asks; those that are too old are let go."""
    taken: list[Receipt] = []
    stale: list[Receipt] = []
    for receipt in find_due(session, now):
        is_stale = receipt.checked_at is not None and receipt.at <= now - ASK_FOR
        (stale if is_stale else taken).append(receipt)
    if taken:
        ids = tuple(receipt.id for receipt in taken)
        change(session, Receipt, {"id": ids}, checked_at=now)
    for receipt in stale:
        change(session, Receipt, {"id": receipt.id}, settled_at=now)
    for receipt in stale:
        _audit(session, receipt, UNSETTLED, now)
    return taken


def enter(
    session: Session,
    pseudonyms: Pseudonyms,
    receipt_id: UUID,
    recovery: Recovery | None,
    now: datetime,
) -> list[ReceiptChanged]:
    """Put what became known of a receipt into the record; return what consoles are told.

    Args:
        session: The transaction.
        pseudonyms: Stand for addresses.
        receipt_id: Which receipt.
        recovery: What the account backend says; None if it never heard of it.
        now: The moment.
    """
    receipt = find(session, Receipt, id=receipt_id, lock=True)
    if receipt is None or receipt.settled_at is not None or recovery is None:
        return []
    was = (receipt.state, receipt.reason, receipt.expires_at)
    _take_over(receipt, recovery, now)
    if not receipt.email_digest and recovery.email:
        # Whose link it was, which only the backend could tell; the address stays there.
        receipt.email_digest = pseudonyms.digest(recovery.email)
    change(
        session,
        Receipt,
        {"id": receipt.id},
        state=receipt.state,
        reason=receipt.reason,
        expires_at=receipt.expires_at,
        settled_at=receipt.settled_at,
        undone_at=receipt.undone_at,
        email_digest=receipt.email_digest,
    )
    if receipt.state is not was[0]:
        _audit(session, receipt, f"delivery.{receipt.state.value}", now)
    is_news = was != (receipt.state, receipt.reason, receipt.expires_at)
    return news_of(receipt) if is_news else []


def _take_over(receipt: Receipt, recovery: Recovery, now: datetime) -> None:
    state, reason = _state_of(recovery)
    receipt.state = state
    receipt.reason = mask_addresses(reason)[:LONGEST_REASON] if reason else None
    if recovery.state is RecoveryState.DONE:
        receipt.expires_at = recovery.link.expires_at if recovery.link else None
    if recovery.withdrawn_at is not None:
        receipt.undone_at = receipt.undone_at or recovery.withdrawn_at
    if state in SETTLED:
        receipt.settled_at = now


def _state_of(recovery: Recovery) -> tuple[ReceiptState, str | None]:
    delivery: Delivery | None = recovery.delivery
    if recovery.withdrawn_at is not None:
        return ReceiptState.UNDONE, None
    if recovery.state is RecoveryState.QUEUED:
        return ReceiptState.REQUESTED, None
    if delivery is None:
        return ReceiptState.SUPPRESSED, NO_MAIL
    return STATES[delivery.state], delivery.reason


def _audit(session: Session, receipt: Receipt, action: str, now: datetime) -> None:
    why = ANY_ADDRESS.sub("[address]", receipt.reason) if receipt.reason else None
    state = receipt.state.value
    facts, target = facts_of(receipt), target_of(receipt)
    write_audit(
        session, ACTOR, action, target, now, reason=why, result=state, details=facts
    )
