"""What became of a mail, in plain words: the ledger's and the mail servers' are not."""

import re
from datetime import datetime, timedelta

from accounts.client import Delivery, DeliveryState, Suppression
from actions.moments import stamp
from actions.words import Words, quoted

STALE_AFTER = timedelta(hours=24)  # a bounce; whatever was wrong may be mended by now
LETTERS = {
    "invitation": "utter_letter_invitation",
    "confirmation": "utter_letter_confirmation",
    "password_reset": "utter_letter_password_reset",
    "reset_and_confirm": "utter_letter_password_reset",
    "have_account": "utter_letter_have_account",
    "no_account": "utter_letter_no_account",
    "locked": "utter_letter_locked",
    "password_changed": "utter_letter_password_changed",
}
STATES = {
    DeliveryState.QUEUED: "utter_delivery_queued",
    DeliveryState.ACCEPTED: "utter_delivery_accepted",
    DeliveryState.DEFERRED: "utter_delivery_deferred",
    DeliveryState.BOUNCED: "utter_delivery_bounced",
    DeliveryState.SUPPRESSED: "utter_delivery_suppressed",
}
# The first that fits. The ledger's own words, then what mail servers say.
REASONS = (
    (re.compile(r"rate limit"), "utter_reason_rate_limit"),
    (re.compile(r"bounced before"), "utter_reason_bounced_before"),
    (re.compile(r"withdrawn"), "utter_reason_withdrawn"),
    (re.compile(r"a newer link"), "utter_reason_newer"),
    (re.compile(r"gave up"), "utter_reason_gave_up"),
    (
        re.compile(r"\b[45]\.2\.2\b|quota|\bfull\b"),
        "utter_reason_full",
    ),
    (
        re.compile(
            r"\b5\.1\.[0-36]\b|no (?:such|mailbox)|unknown|not exist|not found|invalid"
        ),
        "utter_reason_no_mailbox",
    ),
    (
        re.compile(r"\b5\.7\.\d|spam|block|polic|reputation|denied|rejected"),
        "utter_reason_blocked",
    ),
)


def reason_words(words: Words, reason: str | None) -> str:
    """Return in plain words why a mail did not go its way."""
    said = (reason or "").casefold()
    found = (response for pattern, response in REASONS if pattern.search(said))
    return words.say(next(found, "utter_reason_other"))


def letter_words(words: Words, letter: str | None) -> str:
    """Return what a mail is called."""
    return words.say(LETTERS.get(letter or "", "utter_letter_other"))


def delivery_line(words: Words, delivery: Delivery, now: datetime) -> str:
    """Return what became of a mail, for staff: with the reason as it was given."""
    reason = reason_words(words, delivery.reason) if delivery.reason else ""
    became = words.say(STATES[delivery.state], reason=reason).rstrip(": ")
    line = words.say(
        "utter_delivery_line",
        letter=letter_words(words, delivery.letter),
        became=became,
        at=stamp(words, delivery.updated_at, now),
    )
    return f"{line} {quoted(delivery.reason)}" if delivery.reason else line


def is_stale(suppression: Suppression, now: datetime) -> bool:
    """Tell whether a bounce is so old that a new try makes sense."""
    return now - suppression.since > STALE_AFTER
