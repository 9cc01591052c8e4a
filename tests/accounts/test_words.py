"""Small rules by table: addresses, masking, passwords, and what the client can read."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.client.parsing import (
    parse_account,
    parse_delivery,
    parse_erased,
    parse_export,
    parse_inspection,
    parse_invitation,
    parse_invitation_page,
    parse_queued,
    parse_recovery,
    parse_suppression,
)
from foundation.addresses import AddressError, mask_addresses, normalise_address
from foundation.logs import OneLineFormatter
from foundation.passwords import hash_password, is_password, password_problem

AT = "2026-03-03T09:12:00+00:00"
INVITATION: dict[str, Any] = {
    "email": "ana@example.com",
    "state": "pending",
    "first_name": "Ana",
    "last_name": "Costa",
    "site": None,
    "issued_at": AT,
    "expires_at": AT,
    "accepted_at": None,
}
ACCOUNT: dict[str, Any] = {
    "email": "ana@example.com",
    "state": "invited",
    "role": "member",
    "first_name": "Ana",
    "last_name": "Costa",
    "site": "Harbour House",
    "created_at": AT,
    "confirmed_at": None,
    "last_login_at": None,
    "invitation": INVITATION,
}
DELIVERY: dict[str, Any] = {
    "id": "1",
    "email": "ana@example.com",
    "letter": "invitation",
    "state": "queued",
    "reason": None,
    "attempts": 0,
    "queued_at": AT,
    "updated_at": AT,
    "events": [{"state": "queued", "at": AT, "reason": None}],
}
INSPECTION: dict[str, Any] = {
    "state": "unknown",
    "purpose": None,
    "issued_at": None,
    "expires_at": None,
    "used_at": None,
    "replaced_at": None,
    "withdrawn_at": None,
    "reference": None,
    "is_ours": False,
}
RECOVERY: dict[str, Any] = {
    "key": "k",
    "email": None,
    "kind": "auto",
    "requested_at": AT,
    "state": "done",
    "letter": "invitation",
    "delivery": DELIVERY,
    "link": {"purpose": "invite", "state": "valid", "issued_at": AT, "expires_at": AT},
    "withdrawn_at": None,
}
ERASED = dict.fromkeys(
    ("mails", "events", "jobs", "links", "failed_logins", "suppressions", "outbox"), 2
)
READERS: list[tuple[Any, dict[str, Any]]] = [
    (parse_invitation, INVITATION),
    (parse_account, ACCOUNT),
    (parse_delivery, DELIVERY),
    (parse_inspection, INSPECTION),
    (parse_recovery, RECOVERY),
    (parse_invitation_page, {"invitations": [INVITATION], "next": None}),
    (parse_suppression, {"email": "a@b.de", "reason": "550 no", "since": AT}),
    (parse_erased, ERASED),
    (parse_queued, {"status": "queued"}),
]
# Handed on as it is, with all that the backend knows.
EXPORT: dict[str, Any] = {"email": "a@b.de", "account": None, "deliveries": []}
READERS_OF_FIELDS = [*READERS, (parse_export, EXPORT)]
FIELDS = [(parse, good, name) for parse, good in READERS_OF_FIELDS for name in good]
IDS = [f"{parse.__name__}-{name}" for parse, _, name in FIELDS]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ana@example.com", "ana@example.com"),
        ("  Ana.Costa@Example.COM\t", "ana.costa@example.com"),
        ("ana+tag@example.com", "ana+tag@example.com"),
        ("o'neill@example.co.uk", "o'neill@example.co.uk"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@inside.test", "ana@inside.test"),
    ],
)
def test_addresses_have_one_form(typed: str, stored: str) -> None:
    assert normalise_address(typed) == stored
    assert normalise_address(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ana",
        "ana@",
        "@example.com",
        "ana@localhost",
        "a na@example.com",
        "ana@exa mple.com",
        "ana@example.com, bob@example.com",
        "Ana <ana@example.com>",
        "ana@example.com\nBcc: bob@example.com",
        "ana@[127.0.0.1]",
        "ána@example.com",
        "ana@" + "a" * 250 + ".com",
        "x" * 100_000,
    ],
)
def test_other_text_is_no_address(typed: str) -> None:
    with pytest.raises(AddressError):
        normalise_address(typed)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to ana@example.com: sent", "to a•••@example.com: sent"),
        ("<ana.c+x@example.com>,b@c.de", "<a•••@example.com>,b•••@c.de"),
        ("email='ana@example.com'", "email='a•••@example.com'"),
        ("nothing to hide", "nothing to hide"),
        ("@example.com", "@example.com"),
    ],
)
def test_addresses_are_masked_wherever_they_stand(text: str, masked: str) -> None:
    assert mask_addresses(text) == masked


def test_a_log_line_is_one_line_without_secrets_even_with_a_traceback() -> None:
    secret = "s" * 43
    try:
        int(f"{secret}\nof ana@example.com")
    except ValueError:
        error = sys.exc_info()
    args = ("/invite/" + secret,)
    record = logging.LogRecord(
        "accounts", logging.ERROR, __file__, 1, "a link %s", args, error
    )
    line = OneLineFormatter().format(record)
    assert "\n" not in line
    assert secret not in line
    assert "ana@example.com" not in line
    assert "ValueError" in line
    assert "a link /invite/[…]" in line


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("correct horse battery", None),
        ("пароль длинный", None),
        ("0123456789", None),
        ("x" * 255 + "y", None),
        ("012345678", "password_too_short"),
        ("x" * 256 + "y", "password_too_long"),
        ("ANA.COSTA@example.com", "password_is_address"),
        (" ana.costa ", "password_is_address"),
        ("          ", "password_one_letter"),
    ],
)
def test_passwords_follow_the_rules(password: str, problem: str | None) -> None:
    assert password_problem(password, email="ana.costa@example.com") == problem


def test_only_the_right_password_is_right() -> None:
    stored = hash_password("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert stored != hash_password("correct horse battery")
    assert is_password("correct horse battery", stored)
    for wrong in ("", "Correct horse battery", "correct horse battery ", "\x00" * 5000):
        assert not is_password(wrong, stored)
    for no_hash in (None, "", "not a hash", stored[:40]):
        assert not is_password("correct horse battery", no_hash)


@pytest.mark.parametrize(("parse", "good"), READERS)
def test_a_good_answer_is_read_and_unknown_fields_are_ignored(
    parse: Any, good: dict[str, Any]
) -> None:
    assert parse(good) == parse(good | {"news": 1})


@pytest.mark.parametrize(("parse", "good", "name"), FIELDS, ids=IDS)
def test_each_field_must_be_there_and_of_its_kind(
    parse: Any, good: dict[str, Any], name: str
) -> None:
    without = {key: value for key, value in good.items() if key != name}
    # A number is no text, a list no object, and true no number.
    wrong: list[object] = [7.5, 1 if good[name] is False else True, {"a": 1}]
    for bad in [without, *({**good, name: value} for value in wrong)]:
        with pytest.raises(ValueError, match=r"."):
            parse(bad)


@pytest.mark.parametrize("rubbish", [None, [], "text", 7, True])
def test_something_that_is_no_object_is_not_read(rubbish: object) -> None:
    for parse, _ in READERS_OF_FIELDS:
        with pytest.raises(ValueError, match="object"):
            parse(rubbish)


@pytest.mark.parametrize("at", ["2026-03-03T09:12:00", "yesterday", "", "2026-13-01"])
def test_moments_need_a_zone_and_sense(at: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_invitation(INVITATION | {"issued_at": at})


def test_an_export_is_handed_on_whole() -> None:
    assert parse_export(EXPORT | {"news": 1}) == EXPORT | {"news": 1}


def test_moments_are_read_with_their_zone() -> None:
    read = parse_invitation(INVITATION | {"issued_at": "2026-03-03T10:12:00+01:00"})
    assert read.issued_at == datetime(2026, 3, 3, 9, 12, tzinfo=UTC)
