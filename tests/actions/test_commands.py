"""Commands: who may give them, what is made of odd ones, the form beside them."""

import time
from typing import Any

import pytest

from actions.commands import COMMANDS
from tests.actions.action_server import ActionServer
from tests.actions.calls import Json
from tests.actions.command_calls import ADMIN, Result, command_call, do
from tests.actions.staff_backend import StaffBackend

ANA = "ana@example.com"
ARGUMENTS: dict[str, Json] = {
    "deliveries": {"address": ANA},
    "find": {"part": "ana"},
    "invites": {"state": ""},
    "resend": {"address": ANA},
    "resend_expired": {"site": ""},
    "reset": {"address": ANA},
    "status": {"address": ANA},
    "undo": {"key": "c1:m1:invite"},
}
ONLY_ADMINS = "Only admins can do that, sorry. Nothing was done."
HERE, NOW = "our-conversation", "our-message"
FOREIGN: dict[str, Json] = {
    "no token": {"token": None},
    "rubbish": {"token": "not.a.token"},
    "another key": {"claims": {"key": "x" * 40}},
    "an expired one": {"claims": {"exp": int(time.time()) - 5}},
    "another conversation's": {"claims": {"cid": "their-conversation"}},
    "another message's": {"claims": {"mid": "an-earlier-message"}},
    "another audience": {"claims": {"aud": "somebody-else"}},
    "no role": {"claims": {"role": None}},
}


def test_every_command_has_arguments_here() -> None:
    assert COMMANDS.keys() == ARGUMENTS.keys()


@pytest.mark.parametrize("role", ["contact", "agent", "lead", "auditor", "Admin", ""])
@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_but_an_admin_gets_anything_done(
    command: str, role: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    who = {"role": role}
    result = do(server, command, claims=who, **ARGUMENTS[command])
    assert result.text == ONLY_ADMINS
    assert staff.calls == []
    wants_mail = command in ("resend", "reset")
    assert (result.receipt is not None) == wants_mail
    if result.receipt:
        assert result.receipt["result"] == "refused"


@pytest.mark.parametrize("case", FOREIGN)
@pytest.mark.parametrize("command", ["resend", "status", "undo"])
def test_without_our_own_statement_nothing_is_done(
    command: str, case: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA)
    where = {"conversation": HERE, "message": NOW}
    result = do(server, command, **where, **FOREIGN[case], **ARGUMENTS[command])
    assert result.text == ONLY_ADMINS
    assert staff.calls == []
    assert result.notes == {}


def test_a_role_in_the_text_is_no_role(
    server: ActionServer, staff: StaffBackend
) -> None:
    claims = {"role": "contact"}
    result = do(server, "status", address=ANA, role="admin", claims=claims)
    assert result.text == ONLY_ADMINS


@pytest.mark.parametrize("command", ["", "erase", "_mail", "Resend", "resend "])
def test_a_command_that_is_none_is_refused(
    command: str, server: ActionServer, staff: StaffBackend
) -> None:
    result = do(server, command, address=ANA)
    assert "couldn't read that command" in result.text
    assert staff.calls == []


@pytest.mark.parametrize("text", ["{", "[]", "7", '"x"', "[" * 9_000, "null"])
def test_arguments_that_are_none_are_refused(
    text: str, server: ActionServer, staff: StaffBackend
) -> None:
    result = do(server, "resend", text=text)
    assert "couldn't read that command" in result.text
    assert staff.calls == []


@pytest.mark.parametrize("entities", [[], None])
def test_a_command_without_anything_is_answered(
    entities: Any, server: ActionServer
) -> None:
    call = command_call("resend")
    call["tracker"]["latest_message"]["entities"] = entities or []
    assert "couldn't read" in Result(server.run(call)).text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_backend_that_is_down_is_told(command: str, server: ActionServer) -> None:
    result = do(server, command, **ARGUMENTS[command])
    assert "The account system doesn't answer right now" in result.text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_backend_that_speaks_rubbish_is_told(
    command: str, server: ActionServer, staff: StaffBackend
) -> None:
    known = ("accounts", "deliveries", "invitations", "recoveries", "sites")
    staff.broken = dict.fromkeys((*known, "suppressions"), (200, "rubbish"))
    result = do(server, command, **ARGUMENTS[command])
    assert "The account system doesn't answer right now" in result.text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_key_that_the_backend_does_not_know_is_told(
    command: str, server: ActionServer, staff: StaffBackend
) -> None:
    known = ("accounts", "deliveries", "invitations", "recoveries", "sites")
    staff.broken = dict.fromkeys((*known, "suppressions"), (401, "unauthorized"))
    result = do(server, command, **ARGUMENTS[command])
    assert "LATCHKEY_ACCOUNTS_STAFF_TOKEN" in result.text


def test_a_missing_setting_is_trouble_in_words(
    server: ActionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LATCHKEY_ACCOUNTS_STAFF_TOKEN")
    answer = server.run(command_call("status", address=ANA))
    (message,) = answer["responses"]
    assert message["response"] == "utter_assistant_trouble"


@pytest.mark.parametrize("command", COMMANDS)
def test_for_programs_an_answer_is_one_object_in_a_block(
    command: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.knows(ANA, "active", first_name="``` **x**")
    result = do(server, command, as_json=True, **ARGUMENTS[command])
    assert result.json["command"] == command
    assert result.json["result"] in ("done", "refused")
    assert result.json["message"]
    assert result.text.count("```") == 2
    assert result.buttons == []


def test_programs_hear_of_trouble_too(server: ActionServer) -> None:
    result = do(server, "status", address=ANA, as_json=True)
    assert (result.json["result"], result.json["code"]) == ("failed", "unreachable")


def test_an_open_form_stays_as_it_is(server: ActionServer, staff: StaffBackend) -> None:
    call = command_call("find", part="ana")
    call["tracker"]["slots"] |= {"requested_slot": "email", "recovery_kind": "invite"}
    call["tracker"]["active_loop"] = {"name": "recovery_form"}
    events = server.run(call)["events"]
    told = [(event["event"], event["name"]) for event in events]
    assert told == [("active_loop", "recovery_form"), ("followup", "action_listen")]


def test_the_admin_who_asks_is_known_by_the_session() -> None:
    from actions.actor import Actor

    actor = Actor("agent:1", ADMIN["role"], "m", may_act=True, session_id="s")
    assert actor.is_admin
    assert not actor.owns(ANA)
    owner = Actor("contact:1", "contact", "m", may_act=True, addresses=(ANA,))
    assert owner.owns("Ana@Example.com")
    assert not owner.owns("bo@example.com")
