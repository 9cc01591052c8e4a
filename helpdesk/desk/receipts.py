"""Receipts: what was done on somebody's behalf, kept where both sides see it.

What the contact sees of a receipt is fixed in the message when it is written, so nothing
that becomes known of the address later can change it. Agents see the row as it stands.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from accounts.client import RecoveryKind
from foundation.addresses import AddressError, mask_address, normalise_address
from helpdesk.desk.audit import Who, conversation_name, write_audit
from helpdesk.desk.changes import Change
from helpdesk.desk.events import ReceiptChanged
from helpdesk.desk.pseudonyms import Pseudonyms, name_of
from helpdesk.store.action_models import BulkRun, Receipt
from helpdesk.store.models import Message
from helpdesk.store.rows import add, as_row, change, find, table_of
from helpdesk.store.words import Purpose, ReceiptState

log = logging.getLogger(__name__)

REQUESTED: Final = "recovery.requested"
WITHDRAWN: Final = "recovery.withdrawn"
# How long a link is good, by what was asked for: what is sent may differ, and who may not
# know that is told this.
LIFETIMES = {
    RecoveryKind.INVITE: timedelta(hours=72),
    RecoveryKind.PASSWORD_RESET: timedelta(hours=1),
}
LONGEST_KEY = 200
LONGEST_KIND = 20
# In the details of a message: the ids of its receipts, and what its contact sees of them.
IDS, TOLD = "receipts", "told_receipts"
NOT_DONE = frozenset({ReceiptState.UNKNOWN, ReceiptState.REFUSED})
UNDOABLE = frozenset(
    {
        ReceiptState.REQUESTED,
        ReceiptState.UNKNOWN,
        ReceiptState.SENT,
        ReceiptState.DEFERRED,
    }
)
_ALL = table_of(Receipt).c
_THESE = select(*_ALL).where(_ALL.id.in_(bindparam("ids", expanding=True)))


class Result(StrEnum):
    """What the account backend said to a wish."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"  # it gave no answer
    REFUSED = "refused"


STATES = {
    Result.ACCEPTED: ReceiptState.REQUESTED,
    Result.UNKNOWN: ReceiptState.UNKNOWN,
    Result.REFUSED: ReceiptState.REFUSED,
}


@dataclass(frozen=True)
class Deed:
    """Something that was done, or asked for, before it is in the record.

    `key` is the idempotency key; `email` is missing where only the account backend knows
    whose account a link was for.
    """

    action: str
    kind: str
    key: str
    result: Result
    email: str | None = None
    email_digest: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Written:
    """A deed with its receipt, which is still to be audited."""

    deed: Deed
    receipt: Receipt


def read_deeds(said: object, pseudonyms: Pseudonyms) -> tuple[Deed, ...]:
    """Return what the assistant says it has done; what cannot be one is left out.

    Args:
        said: `receipts` of a turn's result.
        pseudonyms: Stand for the addresses.
    """
    deeds = []
    for each in said if isinstance(said, list) else []:
        try:
            deeds.append(_read_deed(each, pseudonyms))
        except (AddressError, KeyError, TypeError, ValueError):
            log.warning("the assistant gave a receipt that nobody can read")
    return tuple(deeds)


def write_receipts(
    session: Session,
    step: Change,
    message: Message | None,
    deeds: Sequence[Deed],
    *,
    turn_id: UUID | None = None,
    agent_id: UUID | None = None,
) -> list[Written]:
    """Put deeds into the record; audit what is returned at the end of the transaction.

    A deed that is known already by its key, because it was tried again or is undone now,
    changes that receipt.

    Args:
        session: The transaction.
        step: The change that this is part of, not yet written.
        message: What tells of them, of that change.
        deeds: What was done.
        turn_id: The turn in which it was done.
        agent_id: The agent whose wish it was.
    """
    if not deeds:
        return []
    bulk_id = _bulk_of(session, step)
    written = []
    for deed in deeds:
        receipt = find(session, Receipt, recovery_key=deed.key, lock=True)
        if receipt is None:
            receipt = _new(deed, step, message)
            receipt.turn_id, receipt.agent_id = turn_id, agent_id
            receipt.bulk_id = bulk_id
            add(session, receipt)
        else:
            _change(session, receipt, deed, step, message, agent_id)
            step.more.extend(news_of(receipt))  # it may be shown elsewhere
        written.append(Written(deed, receipt))
    if message is not None:
        message.details = {**message.details, **_details(written, step.now)}
    return written


def audit_receipts(
    session: Session,
    written: Iterable[Written],
    who: Who,
    now: datetime,
    *,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down who did it; call it last, as `write_audit`."""
    for each in written:
        receipt = each.receipt
        write_audit(
            session,
            who,
            each.deed.action,
            target_of(receipt),
            now,
            reason=reason,
            result=each.deed.result,
            details={**facts_of(receipt), **(details or {})},
        )


def mark_undone(
    session: Session, receipt: Receipt, now: datetime, by: UUID | None
) -> None:
    """Note that the link of a receipt was withdrawn."""
    receipt.state, receipt.undone_at, receipt.undone_by = ReceiptState.UNDONE, now, by
    receipt.settled_at = now
    change(
        session,
        Receipt,
        {"id": receipt.id},
        state=receipt.state,
        undone_at=now,
        undone_by=by,
        settled_at=now,
    )


def read_receipts(session: Session, ids: Sequence[UUID]) -> dict[UUID, Receipt]:
    """Return receipts by their ids."""
    if not ids:
        return {}
    rows = session.execute(_THESE, {"ids": list(ids)}).mappings()
    return {row["id"]: as_row(Receipt, row) for row in rows}


def ids_in(message: Message) -> list[UUID]:
    """Return which receipts a message carries."""
    return [UUID(each) for each in message.details.get(IDS, ())]


def may_be_undone(receipt: Receipt) -> bool:
    """Tell whether a link may still be there to be withdrawn."""
    return receipt.action == REQUESTED and receipt.state in UNDOABLE


def news_of(receipt: Receipt) -> list[ReceiptChanged]:
    """Return what consoles are told when a receipt has changed."""
    if receipt.seq is None:
        return []
    return [ReceiptChanged(receipt.conversation_id, receipt.seq)]


def target_of(receipt: Receipt) -> str:
    """Return how the audit record names whom a receipt is about."""
    if receipt.email_digest:
        return name_of(receipt.email_digest)
    return conversation_name(receipt.conversation_id)


def facts_of(receipt: Receipt) -> dict[str, Any]:
    """Return what the audit record says of a receipt beside whom it is about."""
    facts = {
        "kind": receipt.kind,
        "receipt": receipt.id,
        "conversation": receipt.conversation_id,
    }
    return facts | ({"bulk": receipt.bulk_id} if receipt.bulk_id else {})


def _read_deed(said: Mapping[str, Any], pseudonyms: Pseudonyms) -> Deed:
    key, kind, address = said["key"], said["kind"], said.get("address")
    ends = said.get("expires_at")
    if said["action"] not in {REQUESTED, WITHDRAWN}:
        raise ValueError("an action that nobody knows")
    if not 0 < len(key) <= LONGEST_KEY or not 0 < len(kind) <= LONGEST_KIND:
        raise ValueError("too long, or missing")
    expires_at = datetime.fromisoformat(ends) if ends else None
    if expires_at is not None and expires_at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return Deed(
        action=said["action"],
        kind=kind,
        key=key,
        result=Result(said["result"]),
        email=normalise_address(address) if address else None,
        email_digest=pseudonyms.digest(address) if address else "",
        expires_at=expires_at,
    )


def _new(deed: Deed, step: Change, message: Message | None) -> Receipt:
    is_refused = deed.result is Result.REFUSED
    return Receipt(
        id=uuid4(),
        conversation_id=step.conversation.id,
        seq=message.seq if message else None,
        contact_id=step.conversation.contact_id,
        action=deed.action,
        kind=deed.kind,
        recovery_key=deed.key,
        email=deed.email,
        email_digest=deed.email_digest,
        at=step.now,
        expires_at=deed.expires_at,
        state=STATES[deed.result],
        settled_at=step.now if is_refused else None,
    )


def _change(
    session: Session,
    receipt: Receipt,
    deed: Deed,
    step: Change,
    message: Message | None,
    agent_id: UUID | None,
) -> None:
    if deed.result is not Result.ACCEPTED:
        return
    if deed.action == WITHDRAWN:
        mark_undone(session, receipt, step.now, agent_id)
        return
    if receipt.state not in NOT_DONE:
        return
    receipt.state, receipt.settled_at = ReceiptState.REQUESTED, None
    receipt.expires_at = deed.expires_at
    if message is not None and receipt.conversation_id == step.conversation.id:
        receipt.seq = message.seq
    change(
        session,
        Receipt,
        {"id": receipt.id},
        state=receipt.state,
        settled_at=None,
        expires_at=receipt.expires_at,
        seq=receipt.seq,
    )


def _details(written: Sequence[Written], now: datetime) -> dict[str, Any]:
    """Return what a message keeps; for contacts, only what they asked for and was done."""
    told = [
        {
            "kind": each.deed.kind,
            "target": mask_address(each.deed.email) if each.deed.email else None,
            "at": now.isoformat(timespec="milliseconds"),
            "expires_at": _text(each.deed.expires_at),
        }
        for each in written
        if each.deed.action == REQUESTED and each.deed.result is Result.ACCEPTED
    ]
    ids = [str(each.receipt.id) for each in written]
    return {IDS: ids} | ({TOLD: told} if told else {})


def _bulk_of(session: Session, step: Change) -> UUID | None:
    if step.conversation.purpose is not Purpose.BULK:
        return None
    run = find(session, BulkRun, conversation_id=step.conversation.id)
    return run.id if run else None


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
