"""Who has asked for as many mails as are allowed: nothing is sent, and that is said."""

from typing import Any

import pytest

from tests.accounts.people import invited, new_address
from tests.accounts.service import AccountsRun
from tests.actions.action_server import ActionServer
from tests.actions.backend import QUEUED, BadBackend
from tests.actions.calls import DOMAIN, Json, payloads, said, slots_set
from tests.actions.submissions import FORGOTTEN, submission

UNKNOWN = {"unknown_outcomes": {"password_reset:ana@example.com": "c:m:password_reset"}}


def customs(result: Json) -> list[Json]:
    return [response["custom"] for response in result["responses"]]


def counted(result: Json) -> list[bool]:
    """Return for each thing said whether it counts as a mail that was asked for."""
    return [bool(custom.get("acted")) for custom in customs(result)]


@pytest.mark.parametrize("claim", [False, None, "true", 1, "", [True]], ids=repr)
@pytest.mark.parametrize("before", [{}, UNKNOWN], ids=["first", "again"])
def test_only_who_is_said_to_may_ask_for_a_mail(
    claim: Any, before: Json, server: ActionServer, backend: BadBackend
) -> None:
    result = server.run(submission("ana@example.com", act=claim, before=before))
    assert backend.requests == []
    assert said(result) == ["utter_recovery_too_many"]
    assert customs(result) == [{}]
    assert slots_set(result) == FORGOTTEN  # the address stays, and unknown outcomes


def test_the_words_do_not_depend_on_the_address(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    known, unknown = invited(real_backend), new_address("stranger")
    results = [server.run(submission(e, act=False)) for e in (known, unknown)]
    assert results[0] == results[1]


def test_the_words_say_when_and_who_else_can_help() -> None:
    wordings = DOMAIN["responses"]["utter_recovery_too_many"]
    for wording in wordings:
        assert "in an hour" in wording["text"]
        assert "{support_email}" in wording["text"]
        assert "{email}" not in wording["text"]
        assert payloads(wording) == ["/talk_to_human"]


def test_who_may_not_is_not_told_so_before_agreeing(
    server: ActionServer, backend: BadBackend
) -> None:
    result = server.run(submission("ana@example.com", act=False, confirmed=False))
    assert said(result) == ["utter_recovery_cancelled"]


def test_a_mail_that_was_asked_for_is_told(
    server: ActionServer, backend: BadBackend
) -> None:
    backend.status, backend.body = 202, QUEUED
    assert counted(server.run(submission("ana@example.com"))) == [True]


def test_a_refusal_is_no_mail(server: ActionServer, backend: BadBackend) -> None:
    backend.status, backend.body = 429, b'{"code": "too_many", "message": "slowly"}'
    assert counted(server.run(submission("ana@example.com"))) == [False]


def test_what_may_have_been_sent_is_told_once(
    server: ActionServer, backend: BadBackend
) -> None:
    backend.status, backend.body = 503, b"?"
    first = server.run(submission("ana@example.com"))
    assert counted(first) == [True]
    kept = {"unknown_outcomes": slots_set(first)["unknown_outcomes"]}
    again = server.run(submission("ana@example.com", before=kept))
    assert counted(again) == [False]
    backend.status, backend.body = 202, QUEUED
    sent = server.run(submission("ana@example.com", before=kept))
    assert said(sent) == ["utter_recovery_sent"]
    assert counted(sent) == [False]


@pytest.mark.parametrize("token", [None, "not.a.token"])
def test_trying_again_needs_our_own_statement_too(
    token: str | None, server: ActionServer, backend: BadBackend
) -> None:
    result = server.run(submission("ana@example.com", token=token, before=UNKNOWN))
    assert backend.requests == []
    assert said(result) == ["utter_recovery_failed"]
