"""Asking the account backend for a mail on behalf of a contact.

A request that got no answer keeps its key, so that every further try is the same request.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from accounts.client import AccountsError, RecoveryKind
from actions.actor import ActorError, read_actor
from actions.backend import accounts_client
from actions.receipts import (
    ACCEPTED,
    UNKNOWN,
    Receipt,
    end_of,
    receipt_for,
    result_of,
)
from actions.safe_action import Event

NOT_OURS = "not_ours"  # nobody vouches for who asks
TOO_MANY = "too_many"
STAFF = "staff"  # they have commands and buttons for it, which are looked at first

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """A mail of a kind, to an address or to the one that a reference stands for."""

    kind: RecoveryKind
    email: str | None = None
    reference: str | None = None

    @property
    def purpose(self) -> str:
        """What tells this request from others in a conversation."""
        return f"{self.kind.value}:{self.email or self.reference}"


@dataclass(frozen=True)
class Outcome:
    """What became of a request; `is_one_more` unless it was counted before."""

    receipt: Receipt
    is_one_more: bool
    unknown: dict[str, str]

    @property
    def is_sent(self) -> bool:
        """Whether the backend took it."""
        return bool(self.receipt["result"] == ACCEPTED)

    @property
    def notes(self) -> dict[str, object]:
        """What the help desk is told of it."""
        counted = {"acted": True} if self.is_one_more else {}
        return {"receipt": self.receipt, **counted}

    @property
    def events(self) -> list[Event]:
        """What is remembered for a further try."""
        return [SlotSet("unknown_outcomes", self.unknown or None)]


def find_refusal(tracker: Tracker) -> str | None:
    """Return why somebody may not ask for a mail in their own words; None if they may."""
    try:
        actor = read_actor(tracker)
    except ActorError as error:
        logger.warning("A mail was not asked for: %s", error)
        return NOT_OURS
    if not actor.is_contact:
        return STAFF
    return None if actor.may_act else TOO_MANY


async def ask_for_mail(
    tracker: Tracker, wanted: Wanted, make_key: Callable[[], str]
) -> Outcome:
    """Ask for a mail, under the key of the first try if this is a further one."""
    unknown = dict(tracker.get_slot("unknown_outcomes") or {})
    earlier_key = unknown.pop(wanted.purpose, None)
    key = earlier_key or make_key()
    result = await _request(wanted, key)
    if result == UNKNOWN:  # silence may mean that the mail is on its way
        unknown[wanted.purpose] = key
    ends = end_of(wanted.kind, datetime.now(UTC)) if result == ACCEPTED else None
    receipt = receipt_for(wanted.kind.value, wanted.email, key, result, expires_at=ends)
    # The further tries of a request that was counted are no further requests.
    is_one_more = result in (ACCEPTED, UNKNOWN) and earlier_key is None
    return Outcome(receipt, is_one_more, unknown)


async def _request(wanted: Wanted, key: str) -> str:
    try:
        await asyncio.to_thread(
            accounts_client().request_recovery,
            wanted.email,
            wanted.kind,
            idempotency_key=key,
            reference=wanted.reference,
        )
    except AccountsError as error:
        logger.warning("A mail was not asked for: %s", error.code)
        return result_of(error)
    return ACCEPTED
