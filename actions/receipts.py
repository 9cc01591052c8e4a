"""Receipts: what was asked for, for whom and under which key, for the record.

The help desk writes them down with the turn. When a contact's link ends is told from the
kind that was asked for, never from what the account backend knows: a receipt must not
depend on the address.
"""

from datetime import datetime, timedelta
from typing import Any

from accounts.client import AccountsError, RecoveryKind

REQUESTED = "recovery.requested"
WITHDRAWN = "recovery.withdrawn"
ACCEPTED = "accepted"
UNKNOWN = "unknown"  # no answer: it may have been done
REFUSED = "refused"
LIFETIMES = {
    RecoveryKind.INVITE: timedelta(hours=72),
    RecoveryKind.PASSWORD_RESET: timedelta(hours=1),
}

Receipt = dict[str, Any]


def receipt_for(
    kind: str,
    address: str | None,
    key: str,
    result: str,
    *,
    action: str = REQUESTED,
    expires_at: datetime | None = None,
) -> Receipt:
    """Return a receipt; `address` is None where only the backend knows it."""
    return {
        "action": action,
        "kind": kind,
        "address": address,
        "key": key,
        "result": result,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }


def end_of(kind: str, now: datetime) -> datetime | None:
    """Return when a link of this kind ends that is sent now; None if it may be either."""
    lifetime = LIFETIMES.get(RecoveryKind(kind))
    return now + lifetime if lifetime else None


def result_of(error: AccountsError) -> str:
    """Tell whether nothing was done, or nobody knows."""
    return REFUSED if error.permanent else UNKNOWN
