"""Leaving the recovery form, and coming back to it after an article's answer."""

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.backend import BadBackend
from tests.actions.calls import Json, call, did, said, slots_set, user_event

FORM = "recovery_form"
SURE, UNSURE = 0.9, 0.4


def leave(
    server: ActionServer, intent: str, confidence: float, **slots: object
) -> Json:
    event = user_event(intent, intent)
    event["parse_data"]["intent"]["confidence"] = confidence
    slots = {"email": "a@b.cd", "recovery_kind": "invite", **slots}
    return server.run(call("action_leave_recovery", event, slots=slots, loop=FORM))


def closed(result: Json) -> bool:
    loops = [e["name"] for e in result["events"] if e["event"] == "active_loop"]
    return loops == [None]


def followups(result: Json) -> list[str]:
    return [e["name"] for e in result["events"] if e["event"] == "followup"]


@pytest.mark.parametrize(
    ("intent", "response", "misses"),
    [
        ("stop", "utter_recovery_cancelled", 0),
        ("goodbye", "utter_recovery_left", 0),
        ("problem_solved", "utter_solved", 0),
        ("problem_not_solved", "utter_not_solved", 1),
    ],
)
def test_what_is_meant_closes_the_form_and_sends_nothing(
    intent: str, response: str, misses: int, server: ActionServer, backend: BadBackend
) -> None:
    result = leave(server, intent, SURE)
    assert said(result) == [response]
    assert closed(result)
    assert followups(result) == ["action_listen"]
    slots = slots_set(result)
    assert slots["misses"] == misses
    assert slots["email"] is slots["recovery_kind"] is slots["requested_slot"] is None
    assert backend.requests == []


def test_at_the_second_failure_in_a_row_a_person_is_offered(
    server: ActionServer,
) -> None:
    result = leave(server, "problem_not_solved", SURE, misses=1)
    assert said(result) == ["utter_offer_person"]
    assert slots_set(result)["awaiting"] == "person"


@pytest.mark.parametrize(
    "intent", ["stop", "goodbye", "problem_solved", "problem_not_solved"]
)
def test_what_may_not_be_meant_keeps_the_form_open(
    intent: str, server: ActionServer
) -> None:
    result = leave(server, intent, UNSURE)
    assert said(result) == ["utter_form_unclear"]
    assert not closed(result)
    assert slots_set(result) == {}
    assert followups(result) == [FORM]


@pytest.mark.parametrize(
    ("kind", "article", "response", "then"),
    [
        ("invite", "forgot_password", "utter_switched_to_reset", "password_reset"),
        (
            "invite",
            "no_confirmation_email",
            "utter_switched_to_reset",
            "password_reset",
        ),
        ("invite", "invite_expired", None, None),
        ("invite", "how_to_log_in", None, None),
        ("invite", "email_rejected", None, None),
        ("password_reset", "forgot_password", None, None),
        ("password_reset", "invite_expired", "utter_offer_invite_instead", None),
    ],
)
def test_the_form_goes_over_to_what_was_asked_about(
    kind: str,
    article: str,
    response: str | None,
    then: str | None,
    server: ActionServer,
) -> None:
    events = [user_event(article), did(f"utter_{article}")]
    slots = {"recovery_kind": kind}
    result = server.run(call("action_resume_recovery", *events, slots=slots, loop=FORM))
    assert said(result) == ([response] if response else [])
    assert slots_set(result) == ({"recovery_kind": then} if then else {})
