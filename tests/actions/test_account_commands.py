"""/status, /find, /invites, /deliveries: what is shown, how much, and how safely."""

import re

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.command_calls import do
from tests.actions.staff_backend import (
    StaffBackend,
    account,
    at,
    delivery,
    invitation,
)

ANA = "ana@example.com"
EVIL = "[click](https://evil.test) **now** `x`\n- https://evil.test"
IN_CODE = re.compile(r"`[^`\n]*`")


def outside_code(text: str) -> str:
    """Return what of an answer may become markup."""
    return IN_CODE.sub("", text)


# --- /status


def test_the_whole_state_of_somebody_invited(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    bounced = delivery(ANA, "bounced", "552 5.2.2 box full", updated_at=at(days=2))
    staff.deliveries[ANA] = [bounced, delivery(ANA)]
    since = at(days=2)
    staff.suppressions[ANA] = {"email": ANA, "reason": "552 full", "since": since}
    lines = do(server, "status", address=ANA).text.splitlines()
    assert lines[0] == "`Ana Costa` · `ana@example.com`"
    shown = "\n".join(lines[2:])
    for part in (
        "- State: invited",
        "- Role: member",
        "- Site: `Harbour House`",
        "(7 days ago), ran out",
        "(4 days ago)",
        "- Last log-in: never",
        "- Last mail: invitation, came back: the mailbox is full,",
        "`552 5.2.2 box full`",
        "- Mails are held back since",
    ):
        assert part in shown
    assert staff.writes == []


@pytest.mark.parametrize("state", ["unconfirmed", "active", "locked"])
def test_whoever_was_never_invited_has_no_invitation(
    state: str, server: ActionServer, staff: StaffBackend
) -> None:
    login = at(hours=5) if state == "active" else None
    staff.knows(ANA, state, last_login_at=login, site=None, first_name="", last_name="")
    text = do(server, "status", address=ANA).text
    assert text.startswith("(no name yet) · ")
    assert "Invitation:" not in text
    assert "Site:" not in text
    assert "- Last mail: none" in text
    assert ("(5 hours ago)" in text) == (state == "active")


def test_an_address_without_an_account_is_said_to_have_none(
    server: ActionServer, staff: StaffBackend
) -> None:
    assert "no account for ana@example.com" in do(server, "status", address=ANA).text


def test_facts_are_those_of_the_contract(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    staff.deliveries[ANA] = [delivery(ANA)]
    facts = do(server, "status", address=ANA, as_json=True).json
    assert facts["account"]["state"] == "invited"
    assert facts["account"]["invitation"]["state"] == "expired"
    assert facts["last_mail"]["state"] == "accepted"
    assert facts["held_back"] is None


@pytest.mark.parametrize("command", ["status", "find", "invites", "deliveries"])
def test_a_name_never_becomes_markup(
    command: str, server: ActionServer, staff: StaffBackend
) -> None:
    evil = {"first_name": EVIL, "site": EVIL}
    staff.accounts[ANA] = account(ANA, **evil)
    staff.invitations = [invitation(ANA, **evil)]
    staff.deliveries[ANA] = [delivery(ANA, "bounced", EVIL, letter=EVIL)]
    result = do(server, command, address=ANA, part="ana", state="")
    text = outside_code(result.text)
    assert "evil" in result.text
    assert "evil" not in text
    assert "**" not in text
    assert "](" not in text


# --- /find


def test_what_is_found_is_listed(server: ActionServer, staff: StaffBackend) -> None:
    staff.knows(ANA)
    staff.knows("bo@example.com", "active", first_name="Bo", last_name="Li", site=None)
    result = do(server, "find", part="Costa")
    head, line = result.text.split("\n\n")
    assert head == "One account with `Costa`:"
    assert line == "- `ana@example.com` · `Ana Costa` · `Harbour House` · invited"
    assert "2 accounts" in do(server, "find", part="example").text
    assert "Nobody has `zzz`" in do(server, "find", part="zzz").text


@pytest.mark.parametrize(("count", "has_more"), [(20, False), (21, True), (50, True)])
def test_no_more_than_twenty_are_shown(
    count: int, has_more: bool, server: ActionServer, staff: StaffBackend
) -> None:
    for number in range(count):
        staff.knows(f"p{number}@example.com")
    result = do(server, "find", part="p")
    assert result.text.count("\n- `p") == 20
    assert ("- and more; a longer part" in result.text) == has_more
    facts = do(server, "find", part="p", as_json=True).json
    assert (len(facts["accounts"]), facts["more"]) == (20, has_more)


@pytest.mark.parametrize("part", ["", "   "])
def test_nothing_to_look_for_is_asked_about(
    part: str, server: ActionServer, staff: StaffBackend
) -> None:
    assert "What shall I look for?" in do(server, "find", part=part).text
    assert staff.calls == []


# --- /invites


def test_both_kinds_of_invitations_are_listed(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.invitations = [
        *(invitation(f"p{number}@example.com") for number in range(30)),
        invitation("new@example.com", "pending", expires_at=at(days=-2)),
        invitation("in@example.com", "accepted"),
    ]
    text = do(server, "invites", state="").text
    assert "30 invitations have expired, the newest first:" in text
    assert text.count("- `p") == 20
    assert "- and 10 more" in text
    assert "One invitation waits to be accepted:" in text
    assert "works until" in text
    assert "in@example.com" not in text


@pytest.mark.parametrize(
    ("state", "words"),
    [("expired", "No invitation has expired."), ("pending", "No invitation waits")],
)
def test_one_kind_alone_and_none_of_it(
    state: str, words: str, server: ActionServer, staff: StaffBackend
) -> None:
    assert do(server, "invites", state=state).text.startswith(words)
    assert len(staff.calls) == 1


def test_very_many_are_not_counted_to_the_end(
    server: ActionServer, staff: StaffBackend
) -> None:
    people = (f"p{number}@example.com" for number in range(1_200))
    staff.invitations = [invitation(email) for email in people]
    text = do(server, "invites", state="expired").text
    assert "More than 1,000 invitations have expired" in text
    assert "- and 980 more" in text
    facts = do(server, "invites", state="expired", as_json=True).json["expired"]
    assert (facts["total"], facts["more"]) == (1_000, True)


def test_a_state_that_there_is_not_is_refused(
    server: ActionServer, staff: StaffBackend
) -> None:
    assert "couldn't read" in do(server, "invites", state="lost").text
    assert staff.calls == []


# --- /deliveries


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("queued", None, "waiting to be sent"),
        ("accepted", None, "taken by the mail server"),
        ("deferred", "451 4.2.2 over quota", "not taken yet: the mailbox is full"),
        ("deferred", "421 try later", "not taken yet: the mail server did not take it"),
        ("bounced", "550 5.1.1 User unknown", "came back: there is no mailbox"),
        ("bounced", "550 5.7.1 spam", "came back: the mail server blocks our mails"),
        ("bounced", "gave up: 451 later", "came back: the mail server did not take it"),
        ("suppressed", "rate limit", "not sent: too many mails were asked for"),
        ("suppressed", "bounced before", "not sent: a mail to this address came back"),
        ("suppressed", "withdrawn", "not sent: it was taken back"),
        ("suppressed", "a newer link was sent", "not sent: a newer one was sent"),
    ],
)
def test_what_became_of_a_mail_is_said_in_plain_words(
    state: str,
    reason: str | None,
    words: str,
    server: ActionServer,
    staff: StaffBackend,
) -> None:
    staff.deliveries[ANA] = [delivery(ANA, state, reason)]
    text = do(server, "deliveries", address=ANA).text
    assert text.startswith("One mail to ana@example.com:\n\n- invitation, ")
    assert words in text
    assert "(an hour ago)" in text or "(60 minutes ago)" in text
    assert (f"`{reason}`" in text) == (reason is not None)


def test_no_more_than_twenty_mails_are_shown(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.deliveries[ANA] = [delivery(ANA)] * 23
    text = do(server, "deliveries", address=ANA).text
    assert "23 mails to" in text
    assert "- and 3 more" in text
    assert text.count("\n- ") == 21


def test_no_mail_but_a_reason_why(server: ActionServer, staff: StaffBackend) -> None:
    since = at(days=2)
    staff.suppressions[ANA] = {"email": ANA, "reason": "552 full", "since": since}
    text = do(server, "deliveries", address=ANA).text
    assert "No mail to ana@example.com is known." in text
    assert "Mails are held back since" in text
