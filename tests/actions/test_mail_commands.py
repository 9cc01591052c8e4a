"""/resend and /reset: what admins hear, what is asked for, what the receipt says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.command_calls import do
from tests.actions.staff_backend import (
    StaffBackend,
    at,
    delivery,
    invitation,
    recovery,
)

ANA = "ana@example.com"
HERE = {"conversation": "c1", "message": "m1"}


def ends_in(receipt: dict[str, Any] | None) -> timedelta:
    """Return how long the link of a receipt lives."""
    assert receipt is not None
    return datetime.fromisoformat(receipt["expires_at"]) - datetime.now(UTC)


def test_a_new_invitation_is_asked_for_and_its_end_is_told(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    result = do(server, "resend", address=ANA, **HERE)
    assert result.text.startswith(f"A new invitation is on its way to {ANA}. It works")
    assert "in 3 days" in result.text
    (asked,) = staff.asked
    assert asked == {"email": ANA, "kind": "invite", "key": "c1:m1:invite"}
    assert result.notes["acted"] is True
    receipt = result.receipt
    assert receipt is not None
    assert 70 * 3600 < ends_in(receipt).total_seconds() < 72 * 3600
    del receipt["expires_at"]
    assert receipt == {
        "action": "recovery.requested",
        "kind": "invite",
        "address": ANA,
        "key": "c1:m1:invite",
        "result": "accepted",
    }


def test_a_link_for_a_new_password(server: ActionServer, staff: StaffBackend) -> None:
    staff.knows(ANA, "active")
    staff.after = {"state": "queued", "delivery": None, "link": None}
    result = do(server, "reset", address=ANA, **HERE)
    assert f"A link for a new password is on its way to {ANA}" in result.text
    assert staff.asked[0]["kind"] == "password_reset"
    # What becomes of it was not known at once: the kind's own life is told.
    assert timedelta(minutes=59) < ends_in(result.receipt) <= timedelta(hours=1)


@pytest.mark.parametrize("command", ["resend", "reset"])
def test_whoever_never_confirmed_gets_a_mail_that_confirms(
    command: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA, "unconfirmed")
    result = do(server, command, address=ANA)
    assert "has registered but never confirmed" in result.text
    assert len(staff.asked) == 1


@pytest.mark.parametrize(
    ("command", "state", "words", "other"),
    [
        ("resend", None, "There is no account for", None),
        ("reset", None, "There is no account for", None),
        ("resend", "locked", "is locked", None),
        ("reset", "locked", "is locked", None),
        ("resend", "active", "`/reset ana@example.com`", "reset"),
        ("reset", "invited", "`/resend ana@example.com`", "resend"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_mail_that_helps_nobody_is_not_sent_and_it_is_said_why(
    command: str,
    state: str | None,
    words: str,
    other: str | None,
    dry_run: bool,
    server: ActionServer,
    staff: StaffBackend,
) -> None:
    if state:
        staff.knows(ANA, state)
    result = do(server, command, address=ANA, dry_run=dry_run)
    assert words in result.text
    assert staff.writes == []
    assert "acted" not in result.notes
    offered = [button["payload"] for button in result.buttons]
    assert [f'"{other}"' in payload for payload in offered] == ([True] if other else [])
    refused = result.receipt and result.receipt["result"]
    assert refused == (None if dry_run else "refused")


@pytest.mark.parametrize(
    ("command", "state", "words"),
    [
        ("resend", "invited", "would get a new invitation"),
        ("resend", "unconfirmed", "a new mail to confirm"),
        ("reset", "active", "valid for one hour"),
        ("reset", "unconfirmed", "would confirm the account too"),
    ],
)
def test_a_dry_run_says_what_would_happen_and_does_nothing(
    command: str, state: str, words: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA, state)
    held_back = {"email": ANA, "reason": "550 5.1.1 no", "since": at(days=3)}
    staff.suppressions[ANA] = held_back
    # Not even the limit matters: nothing is done.
    result = do(server, command, address=ANA, dry_run=True, claims={"act": False})
    assert result.text.startswith("Dry run, nothing was done. ")
    assert words in result.text
    assert ("The link of" in result.text) == (state == "invited")
    assert "would be lifted first" in result.text
    assert staff.writes == []
    assert result.notes == {}
    assert ANA in staff.suppressions


def test_a_bounce_is_lifted_first_and_that_is_said(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    since = at(days=3)
    held_back = {"email": ANA, "reason": "552 5.2.2 mailbox full", "since": since}
    staff.suppressions[ANA] = held_back
    result = do(server, "resend", address=ANA)
    assert "(the mailbox is full); that is lifted now. A new invit" in result.text
    assert "3 days ago" in result.text
    assert staff.asked[0]["lift_suppression"] is True


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("suppressed", "rate limit", "did not send the mail to ana@example.com: too"),
        ("bounced", "550 5.1.1 unknown", "came back at once: there is no mailbox"),
        ("deferred", "451 4.7.1 later", "is not through yet: the mail server did not"),
    ],
)
def test_what_becomes_of_the_mail_at_once_is_said(
    state: str, reason: str, words: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    staff.after = {"delivery": delivery(ANA, state, reason)}
    result = do(server, "resend", address=ANA)
    assert words in result.text
    assert "is on its way" not in result.text


# --- limits, trouble


def test_one_mail_too_many_is_not_asked_for(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    result = do(server, "resend", address=ANA, claims={"act": False})
    assert "as many mails as one person may" in result.text
    assert staff.calls == []
    assert result.receipt is not None
    assert result.receipt["result"] == "refused"


@pytest.mark.parametrize("address", ["", "ana", "ana@", "@example.com", "a b@c.de", 7])
def test_what_is_no_address_leads_nowhere(
    address: Any, server: ActionServer, staff: StaffBackend
) -> None:
    result = do(server, "resend", address=address)
    assert "is not an e-mail address" in result.text
    assert staff.calls == []
    assert result.receipt is None


@pytest.mark.parametrize("command", ["resend", "reset"])
def test_a_backend_that_is_down_is_told(command: str, server: ActionServer) -> None:
    result = do(server, command, address=ANA)
    assert "doesn't answer right now, so nothing was sent" in result.text
    assert result.receipt is not None
    assert result.receipt["result"] == "refused"
    assert "acted" not in result.notes


@pytest.mark.parametrize(
    ("status", "code", "words", "outcome"),
    [
        (500, "boom", "may be on its way or not", "unknown"),
        (422, "invalid_email", "refused that (`invalid_email`)", "refused"),
        (403, "forbidden", "LATCHKEY_ACCOUNTS_STAFF_TOKEN", "refused"),
    ],
)
def test_a_backend_that_fails_at_the_last_step_is_told(
    status: int,
    code: str,
    words: str,
    outcome: str,
    server: ActionServer,
    staff: StaffBackend,
) -> None:
    staff.knows(ANA)
    staff.broken["POST recoveries"] = (status, code)
    result = do(server, "resend", address=ANA)
    assert words in result.text
    assert result.receipt is not None
    assert result.receipt["result"] == outcome
    assert ("acted" in result.notes) == (outcome == "unknown")


@pytest.mark.parametrize("where", ["accounts", "POST recoveries"])
def test_a_slow_backend_is_told_within_a_turn(
    where: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    staff.slow = {where}
    result = do(server, "resend", address=ANA)
    expected = "nothing was sent" if where == "accounts" else "on its way or not"
    assert expected in result.text


# --- the same turn again


def test_the_same_turn_twice_asks_for_the_same_mail(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    for _ in range(2):
        do(server, "resend", address=ANA, **HERE)
    assert {asked["key"] for asked in staff.asked} == {"c1:m1:invite"}


def test_what_was_asked_for_before_the_state_changed_still_counts(
    server: ActionServer, staff: StaffBackend
) -> None:
    """The first try was cut off after the backend had it, and the person was quick."""
    staff.knows(ANA, "active")
    staff.recoveries["c1:m1:invite"] = recovery("c1:m1:invite", ANA)
    result = do(server, "resend", address=ANA, **HERE)
    assert result.receipt is not None
    assert result.receipt["result"] == "accepted"


# --- one of many


def test_one_of_many_is_answered_in_a_line(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    result = do(server, "resend", address=ANA, key="turn-7")
    assert result.text == f"A new invitation is on its way to {ANA}."
    assert staff.asked == [{"email": ANA, "kind": "invite", "key": "turn-7"}]
    assert result.receipt is not None
    assert result.receipt["key"] == "turn-7"


@pytest.mark.parametrize("state", [None, "active", "locked", "unconfirmed"])
def test_whoever_needs_none_any_more_is_left_out(
    state: str | None, server: ActionServer, staff: StaffBackend
) -> None:
    if state:
        # Whatever became of the account, the invitation itself may be an open one.
        staff.knows(ANA, state, invitation=invitation(ANA))
    result = do(server, "resend", address=ANA, key="turn-7")
    assert result.text.startswith(f"Left out {ANA}")
    assert result.notes == {"skipped": True}
    assert staff.asked == []


@pytest.mark.parametrize("invited", [None, invitation(ANA, "accepted")])
def test_whoever_has_no_open_invitation_is_left_out(
    invited: dict[str, Any] | None, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA, invitation=invited)
    result = do(server, "resend", address=ANA, key="turn-7")
    assert result.notes == {"skipped": True}
    assert staff.asked == []


@pytest.mark.parametrize(("hours", "asked"), [(23, 0), (25, 1)])
def test_of_many_a_fresh_bounce_is_left_out_and_a_stale_one_is_not(
    hours: int, asked: int, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    since = at(hours=hours)
    staff.suppressions[ANA] = {"email": ANA, "reason": "550 no", "since": since}
    result = do(server, "resend", address=ANA, key="turn-7")
    assert len(staff.asked) == asked
    assert result.notes.get("skipped", False) == (not asked)
    assert "lift_suppression" not in str(staff.asked)


@pytest.mark.parametrize("where", ["accounts", "POST recoveries"])
def test_one_of_many_asks_to_be_tried_again_while_the_backend_is_down(
    where: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    staff.broken[where] = (503, "away")
    result = do(server, "resend", address=ANA, key="turn-7")
    assert result.notes == {"try_again": True}
    assert (result.text, result.events) == ("", [])


def test_one_of_many_that_is_refused_is_not_tried_again(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    staff.broken["POST recoveries"] = (422, "invalid_email")
    result = do(server, "resend", address=ANA, key="turn-7")
    assert result.receipt is not None
    assert result.receipt["result"] == "refused"


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 201, 7, ["x"]])
def test_a_key_that_is_none_is_refused(
    key: Any, server: ActionServer, staff: StaffBackend
) -> None:
    result = do(server, "resend", address=ANA, key=key)
    assert "couldn't read that command" in result.text
    assert staff.calls == []
