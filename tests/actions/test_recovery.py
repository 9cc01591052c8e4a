"""Sending what was confirmed: through the real backend, and when it is not there."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.accounts.people import invited, new_address
from tests.accounts.service import AccountsRun, free_port, wait_for
from tests.actions.action_server import ActionServer
from tests.actions.backend import BadBackend
from tests.actions.calls import (
    ACTOR_KEY,
    Json,
    call,
    did,
    payloads,
    said,
    slots_set,
    user_event,
)
from tests.actions.submissions import (
    FORGOTTEN,
    KNOWN,
    failed,
    receipt_of,
    submission,
    without_times,
)

ROOT = Path(__file__).resolve().parents[2]
BUDGET_S = 9.0  # a turn must have words within ten


# --- the backend is there


def test_a_reset_that_was_confirmed_arrives_as_a_mail(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email = invited(real_backend)
    result = server.run(submission(email, "invite"))
    assert said(result) == ["utter_recovery_sent"]
    assert slots_set(result) == {**KNOWN, "mail_sent": "invite", "misses": 0}
    assert "/" in real_backend.next_link(email)


def test_an_unknown_address_gets_the_same_words_and_a_mail(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    known, unknown = invited(real_backend), new_address("stranger")
    results = [server.run(submission(known)), server.run(submission(unknown))]
    for result in results:
        receipt = receipt_of(result)
        assert receipt.pop("address") in (known, unknown)
        del receipt["key"]
    assert without_times(results[0]) == without_times(results[1])
    assert real_backend.next_mail(unknown)


def test_the_same_press_twice_sends_one_mail(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email = new_address("twice")
    pressed = submission(email)
    first, second = server.run(pressed), server.run(pressed)
    assert without_times(first) == without_times(second)
    real_backend.next_mail(email)
    last = new_address("last")
    server.run(submission(last))
    real_backend.next_mail(last)  # the queue is in order: nothing can come any more
    assert len(real_backend.mails(email)) == 1


def test_the_key_names_conversation_message_and_kind(
    server: ActionServer, backend: BadBackend
) -> None:
    server.run(submission("ana@example.com", conversation="c1", message="m1"))
    (request,) = backend.requests
    assert request == {
        "email": "ana@example.com",
        "kind": "password_reset",
        "key": "c1:m1:password_reset",
        "path": "/v1/recoveries",
    }


@pytest.mark.parametrize(
    "slots",
    [
        {"confirmed": False},
        {"confirmed": None},
        {"confirmed": "true"},
        {"confirmed": 1},
        {"email": None},
        {"email": ""},
        {"kind": None},
    ],
    ids=str,
)
def test_what_was_not_confirmed_is_not_sent(
    slots: dict[str, Any], server: ActionServer, backend: BadBackend
) -> None:
    given = {"email": "ana@example.com", **slots}
    result = server.run(submission(**given))
    assert said(result) == ["utter_recovery_cancelled"]
    assert slots_set(result) == {**FORGOTTEN, "email": None}
    assert backend.requests == []


# --- not yours

HERE, NOW = "our-conversation", "our-message"
FOREIGN: dict[str, Json] = {
    "no token": {"token": None},
    "an empty token": {"token": ""},
    "rubbish": {"token": "not.a.token"},
    "a number": {"token": 12},
    "another key": {"key": "x" * 40},
    "an expired one": {"exp": int(time.time()) - 5},
    "another conversation's": {"cid": "their-conversation"},
    "another message's": {"mid": "an-earlier-message"},
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "no expiry": {"exp": None},
    "no subject": {"sub": None},
    "no role": {"role": None},
    "no conversation": {"cid": None},
    "no message": {"mid": None},
}


@pytest.mark.parametrize("case", FOREIGN)
def test_without_our_own_statement_nothing_is_requested(
    case: str, server: ActionServer, backend: BadBackend
) -> None:
    sent = submission(
        "victim@example.com", conversation=HERE, message=NOW, **FOREIGN[case]
    )
    result = server.run(sent)
    assert backend.requests == []
    assert said(result)[0] in ("utter_recovery_failed", "utter_assistant_trouble")


def test_an_unsigned_statement_is_refused(
    server: ActionServer, backend: BadBackend
) -> None:
    import jwt

    claims = {"sub": "c", "role": "admin", "cid": HERE, "mid": NOW}
    more = {"aud": "latchkey-actions", "exp": int(time.time()) + 60}
    token = jwt.encode({**claims, **more}, None, algorithm="none")
    server.run(submission("a@b.cd", conversation=HERE, message=NOW, token=token))
    assert backend.requests == []


def test_a_statement_under_a_former_key_counts_while_it_is_configured(
    server: ActionServer, backend: BadBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = "the-key-from-before-which-is-long-enough"
    server.run(submission("a@b.cd", key=former))
    assert backend.requests == []
    monkeypatch.setenv("LATCHKEY_ACTOR_KEY_FORMER", f"{'x' * 32}, {former}")
    for key in (former, ACTOR_KEY):
        server.run(submission("a@b.cd", key=key))
    assert len(backend.requests) == 2


def test_without_a_key_nothing_is_requested(
    server: ActionServer, backend: BadBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LATCHKEY_ACTOR_KEY")
    for key in (ACTOR_KEY, ""):
        sent = submission("a@b.cd", key=key or "e" * 32)
        server.run(sent)
    assert backend.requests == []


def test_a_statement_signed_with_an_empty_key_is_refused(
    server: ActionServer, backend: BadBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    import base64
    import hashlib
    import hmac
    import json

    monkeypatch.delenv("LATCHKEY_ACTOR_KEY")

    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    claims = {"sub": "c", "role": "contact", "cid": HERE, "mid": NOW}
    claims |= {"aud": "latchkey-actions", "exp": int(time.time()) + 60}
    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = head + b"." + part(json.dumps(claims).encode())
    digest = hmac.new(b"", signed, hashlib.sha256).digest()
    token = (signed + b"." + part(digest)).decode()
    server.run(submission("a@b.cd", conversation=HERE, message=NOW, token=token))
    assert backend.requests == []


# --- the backend is not there


def test_a_refused_connection_is_told(server: ActionServer) -> None:
    assert failed(server.run(submission("ana@example.com")))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"boom"),
        (503, b""),
        (200, b"<html>hello</html>"),
        (202, b"null"),
        (202, b'{"status": "lost"}'),
        (302, b""),
        (401, b'{"code": "unauthorized", "message": "no"}'),
        (429, b'{"code": "too_many", "message": "slowly"}'),
        (422, b"[]"),
    ],
)
def test_a_backend_that_answers_wrongly_is_told(
    status: int, body: bytes, server: ActionServer, backend: BadBackend
) -> None:
    backend.status, backend.body = status, body
    begin = time.monotonic()
    assert failed(server.run(submission("ana@example.com")))
    assert time.monotonic() - begin < BUDGET_S


def test_the_person_can_try_again_with_the_same_address(
    server: ActionServer, backend: BadBackend
) -> None:
    backend.status = 500
    failed(server.run(submission("ana@example.com")))
    backend.status = 202
    again = submission("ana@example.com")
    assert said(server.run(again)) == ["utter_recovery_sent"]


def test_a_try_again_button_leads_to_each_kind_of_request() -> None:
    from tests.actions.calls import DOMAIN

    variants = DOMAIN["responses"]["utter_recovery_failed"]
    retries = [payloads(variant)[0] for variant in variants]
    assert retries == ["/resend_invite", "/reset_password"]
    assert all("/talk_to_human" in payloads(variant) for variant in variants)


def test_a_slow_backend_blocks_nobody_else_and_is_told_in_time(
    server: ActionServer, backend: BadBackend
) -> None:
    backend.slow = True
    results: list[Json] = []
    begin = time.monotonic()
    slow = threading.Thread(
        target=lambda: results.append(server.run(submission("ana@example.com")))
    )
    slow.start()
    assert backend.reached.wait(5)
    other = server.run(call("action_fall_back", user_event("out_of_scope")))
    assert said(other) == ["utter_fallback"]
    assert slow.is_alive()
    slow.join(BUDGET_S + 1)
    assert time.monotonic() - begin < BUDGET_S
    assert failed(results[0])


def test_a_missing_setting_is_trouble_in_words(
    server: ActionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LATCHKEY_ACCOUNTS_URL")
    result = server.run(submission("ana@example.com"))
    assert said(result)[0] in ("utter_recovery_failed", "utter_assistant_trouble")


# --- an address out of the blue


@pytest.mark.parametrize(
    ("addresses", "slot", "response"),
    [
        (("ana@example.com",), "ana@example.com", "utter_ask_what_for_email"),
        ((), None, "utter_what_next"),
        ((), "ana@example.com", "utter_what_next"),
        (("a@b.cd", "e@f.gh"), ["a@b.cd", "e@f.gh"], "utter_email_several"),
    ],
)
def test_an_address_out_of_the_blue(
    addresses: tuple[str, ...], slot: Any, response: str, server: ActionServer
) -> None:
    told = user_event("inform_email", addresses=addresses)
    result = server.run(call("action_use_email", told, slots={"email": slot}))
    assert said(result) == [response]
    is_choice = response == "utter_ask_what_for_email"
    assert slots_set(result)["awaiting"] == ("purpose" if is_choice else None)


@pytest.mark.parametrize(
    ("article", "kind"), [("forgot_password", "password_reset"), ("no_account", None)]
)
def test_an_address_after_an_answer_with_one_offer_is_for_that(
    article: str, kind: str | None, server: ActionServer
) -> None:
    before = [user_event(article), did(f"utter_{article}"), did("action_ask_if_helped")]
    told = user_event("inform_email", addresses=("ana@example.com",))
    slots = {"email": "ana@example.com"}
    result = server.run(call("action_use_email", *before, told, slots=slots))
    followed = [e["name"] for e in result["events"] if e["event"] == "followup"]
    assert slots_set(result).get("recovery_kind") == kind
    assert followed == (["recovery_form"] if kind else [])


def test_another_address_after_a_mail_is_for_the_same(server: ActionServer) -> None:
    told = user_event("inform_email", addresses=("bo@example.com",))
    slots = {"email": "bo@example.com", "mail_sent": "invite"}
    result = server.run(call("action_use_email", told, slots=slots))
    assert slots_set(result)["recovery_kind"] == "invite"
    assert said(result) == []


def test_of_two_addresses_none_is_kept(server: ActionServer) -> None:
    told = user_event("inform_email", addresses=("a@b.cd", "e@f.gh"))
    sent = call("action_use_email", told, slots={"email": ["a@b.cd", "e@f.gh"]})
    assert slots_set(server.run(sent)) == {"awaiting": None, "email": None}


# --- the process itself


def test_the_process_serves_on_the_loopback_address(
    tmp_path: Path, real_backend: AccountsRun
) -> None:
    port = free_port()
    variables = {
        "LATCHKEY_ACTIONS_PORT": str(port),
        "LATCHKEY_ACTOR_KEY": ACTOR_KEY,
        "LATCHKEY_ACCOUNTS_URL": real_backend.base_url,
        "LATCHKEY_ACCOUNTS_TOKEN": real_backend.token,
    }
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "actions"],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: _is_up(url), "the start of the action server")
        email = new_address("process")
        answer = requests.post(f"{url}/webhook", json=submission(email), timeout=15)
        assert said(answer.json()) == ["utter_recovery_sent"]
        assert real_backend.next_mail(email)
    finally:
        process.terminate()
        assert process.wait(10) is not None
    assert (tmp_path / "log").read_text(encoding="utf-8").strip() == ""


def _is_up(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=2).ok
    except requests.RequestException:
        return False
