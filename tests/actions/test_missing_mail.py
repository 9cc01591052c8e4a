"""Asking after a mail: the one that was sent here, or one from elsewhere."""

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.calls import (
    DOMAIN,
    Json,
    call,
    payloads,
    said,
    slots_set,
    user_event,
)

HELP = "action_help_with_mail"
SENT = {"mail_sent": "invite", "email": "ana@example.com"}


def asked(server: ActionServer, **slots: object) -> Json:
    event = user_event("report_no_mail", "did it come?")
    return server.run(call(HELP, event, slots=slots))


def test_after_a_mail_was_sent_the_help_is_about_it(server: ActionServer) -> None:
    result = asked(server, **SENT)
    assert said(result) == ["utter_mail_missing"]
    assert slots_set(result) == {"misses": 1, "awaiting": None}


def test_the_second_time_a_person_is_offered(server: ActionServer) -> None:
    result = asked(server, **SENT, misses=1)
    assert said(result) == ["utter_offer_person"]
    assert slots_set(result)["awaiting"] == "person"


def test_inside_the_form_nothing_is_counted(server: ActionServer) -> None:
    event = user_event("report_no_mail", "did it come?")
    result = server.run(call(HELP, event, slots=SENT, loop="recovery_form"))
    assert said(result) == ["utter_mail_missing"]
    assert slots_set(result) == {}


def test_without_a_mail_it_is_asked_which_is_meant(server: ActionServer) -> None:
    result = asked(server)
    assert said(result) == ["utter_which_mail"]
    assert slots_set(result) == {"awaiting": None}


@pytest.mark.parametrize("kind", ["invite", "password_reset"])
def test_each_kind_can_be_sent_once_more_or_a_person_asked(kind: str) -> None:
    (variant,) = [
        variant
        for variant in DOMAIN["responses"]["utter_mail_missing"]
        if variant["condition"][0]["value"] == kind
    ]
    again = {"invite": "/resend_invite", "password_reset": "/reset_password"}[kind]
    assert payloads(variant) == [again, "/talk_to_human"]
    assert "spam" in variant["text"]


@pytest.mark.parametrize(
    ("slots", "response"),
    [
        ({}, "utter_not_solved"),
        (SENT, "utter_mail_missing"),
        ({**SENT, "awaiting": "verdict"}, "utter_not_solved"),
    ],
)
def test_still_nothing_is_about_the_mail_unless_an_answer_was_judged(
    slots: Json, response: str, server: ActionServer
) -> None:
    event = user_event("problem_not_solved", "still nothing")
    assert said(server.run(call("action_note_unsolved", event, slots=slots))) == [
        response
    ]
