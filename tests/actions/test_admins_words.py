"""An admin's own words: a command, if they say all of it; the form, if they do not."""

from typing import Any

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.backend import BadBackend
from tests.actions.calls import Json, actor_token, call, said, slots_set, user_event
from tests.actions.submissions import submission

ANA = "ana@example.com"
FORM = "validate_recovery_form"


def words(
    server: ActionServer,
    intent: str = "resend_invite",
    addresses: tuple[str, ...] = (ANA,),
    role: str = "admin",
    slots: Json | None = None,
    **more: Any,
) -> Json:
    """Return which slots the form sets after somebody's words."""
    token = actor_token("c", "m", role=role)
    event = user_event(intent, addresses=addresses, message="m", actor=token, **more)
    before = {"email": addresses[0] if len(addresses) == 1 else None, **(slots or {})}
    sent = call(FORM, event, slots=before, loop="recovery_form", conversation="c")
    return slots_set(server.run(sent))


@pytest.mark.parametrize("intent", ["resend_invite", "reset_password"])
def test_nothing_is_left_to_ask(intent: str, server: ActionServer) -> None:
    slots = words(server, intent)
    assert slots["recovery_confirmed"] is True
    assert slots["requested_slot"] is None
    assert slots["email"] == ANA


@pytest.mark.parametrize("role", ["contact", "agent", "lead", "auditor"])
def test_anybody_else_is_asked(role: str, server: ActionServer) -> None:
    slots = words(server, role=role)
    assert slots.get("recovery_confirmed") is None
    assert slots["requested_slot"] == "recovery_confirmed"


@pytest.mark.parametrize(
    "more",
    [
        {"addresses": ()},
        {"addresses": (ANA, "bo@example.com")},
        {"addresses": ("ana@gmial.com",)},
        {"addresses": ("ana@example.c",)},
        {"intent": "affirm"},
        {"slots": {"requested_slot": "recovery_confirmed"}},
        {"intent_confidence": 0.7},
    ],
    ids=str,
)
def test_an_admin_who_was_not_clear_is_asked_too(
    more: Json, server: ActionServer
) -> None:
    confidence = more.pop("intent_confidence", None)
    if confidence:
        more["intent"] = "resend_invite"
        event = {"name": "resend_invite", "confidence": confidence}
        token = actor_token("c", "m", role="admin")
        told = user_event("resend_invite", addresses=(ANA,), message="m", actor=token)
        told["parse_data"]["intent"] = event
        sent = call(FORM, told, slots={"email": ANA}, conversation="c")
        slots = slots_set(server.run(sent))
    else:
        slots = words(server, **more)
    assert slots.get("recovery_confirmed") is None
    assert slots["requested_slot"] is not None


def test_a_forged_admin_is_asked_like_anybody(server: ActionServer) -> None:
    token = actor_token("c", "m", role="admin", key="x" * 40)
    event = user_event("resend_invite", addresses=(ANA,), message="m", actor=token)
    sent = call(FORM, event, slots={"email": ANA}, conversation="c")
    slots = slots_set(server.run(sent))
    assert slots["requested_slot"] == "recovery_confirmed"


@pytest.mark.parametrize(
    ("kind", "command"), [("invite", "resend"), ("password_reset", "reset")]
)
@pytest.mark.parametrize("act", [True, False])
def test_what_an_admin_wants_is_told_and_not_done(
    act: bool, kind: str, command: str, server: ActionServer, backend: BadBackend
) -> None:
    result = server.run(submission(ANA, kind, role="admin", act=act))
    (response,) = result["responses"]
    wish = {"command": command, "arguments": {"address": ANA}}
    assert response["custom"] == {"wish": wish}
    assert said(result) == [None]
    assert backend.requests == []
    slots = slots_set(result)
    assert slots["email"] is None
    assert slots["recovery_kind"] is None


def test_an_admin_who_says_no_wants_nothing(
    server: ActionServer, backend: BadBackend
) -> None:
    result = server.run(submission(ANA, role="admin", confirmed=False))
    assert said(result) == ["utter_recovery_cancelled"]


@pytest.mark.parametrize("role", ["agent", "lead", "auditor", "boss", "Contact"])
@pytest.mark.parametrize("act", [True, False])
def test_whoever_works_here_sends_nothing_by_their_own_words(
    act: bool, role: str, server: ActionServer, backend: BadBackend
) -> None:
    """The help desk says that they may not act; it is not believed if it says they may."""
    result = server.run(submission(ANA, role=role, act=act))
    assert said(result) == ["utter_recovery_not_for_staff"]
    assert result["responses"][0]["custom"] == {}
    assert backend.requests == []
