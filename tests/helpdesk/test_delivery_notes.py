"""What agents are told about the mails of a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.client import Delivery, DeliveryState, Suppression
from helpdesk.desk.account_backend import AccountLook
from helpdesk.desk.delivery_notes import read_delivery_notes

NOTES = read_delivery_notes(ZoneInfo("Europe/Lisbon"))
AT = datetime(2026, 7, 21, 23, 30, tzinfo=UTC)  # in Lisbon it is the 22nd
SERVERS = {
    "550 5.1.1 <ana@example.com>: Recipient address rejected": "no such mailbox",
    "550 No such user here": "no such mailbox",
    "552 5.2.2 Over quota": "mailbox is full",
    "452 4.2.2 mailbox full": "mailbox is full",
    "550 5.2.1 disabled": "switched off",
    "550 5.1.2 Host unknown": "domain of this address takes no mail",
    "552 5.3.4 message too big": "too large",
    "550 5.7.1 rejected by policy": "unwanted mail",
    "554 blocked using spamhaus": "unwanted mail",
    "451 4.7.1 Greylisted, try again later": "patience",
    "450 greylisted": "patience",
    "421 busy": "patience",
    "554 We do not like you.": "“554 We do not like you”",
    "": "gave no reason",
    "gave up: 450 greylisted": "for a day",
    "rate limit": "too many within an hour",
    "bounced before": "had bounced before",
    "withdrawn": "taken back",
    "a newer link was sent": "newer link",
}


def mail(state: DeliveryState, reason: str | None = None) -> Delivery:
    return Delivery("1", "ana@example.com", "invite", state, reason, 1, AT, AT, ())


def note(*mails: Delivery, suppression: Suppression | None = None) -> str | None:
    return NOTES.explain(AccountLook(None, mails, suppression))


@pytest.mark.parametrize("words", SERVERS)
def test_a_reason_is_told_in_plain_words(words: str) -> None:
    assert SERVERS[words] in NOTES.why(words)
    assert SERVERS[words] in str(note(mail(DeliveryState.BOUNCED, words)))


@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_has_its_sentence(state: DeliveryState) -> None:
    told = note(mail(state, "450 greylisted"))
    assert told
    assert "{" not in told
    assert told.endswith(".")


def test_nothing_mailed_is_nothing_to_tell() -> None:
    assert note() is None


def test_the_newest_mail_counts_and_the_day_is_the_offices() -> None:
    older = replace(
        mail(DeliveryState.BOUNCED), queued_at=AT - timedelta(days=2), updated_at=AT
    )
    told = note(older, mail(DeliveryState.ACCEPTED))
    assert told
    assert "took the last mail on 22 July at 00:30" in told


def test_mail_that_is_held_back_comes_first() -> None:
    held = Suppression("ana@example.com", "552 5.2.2 mailbox full", AT)
    told = note(mail(DeliveryState.SUPPRESSED, "bounced before"), suppression=held)
    assert told
    assert "held back since 22 July" in told
    assert "the mailbox is full" in told
    assert "goes out all the same" in told


def test_a_mail_servers_own_words_cannot_go_on_for_ever() -> None:
    assert len(NOTES.why("x" * 5_000)) < 300
