"""The form's dialogue over the webhook, turn by turn."""

from typing import Any

import pytest

from actions.recovery_form import next_question
from tests.actions.action_server import ActionServer
from tests.actions.calls import call, said, slots_set, user_event
from tests.actions.recovery_words import (
    ADDRESS,
    ANA,
    BO,
    CONFIRM,
    DOUBT,
    MEANT,
    MISSING,
    PERSON,
    SEVERAL,
    SLIP,
    TO_CONFIRM,
)

Turn = tuple[str, tuple[str, ...], str | None, list[str]]


def verify_dialog(server: ActionServer, turns: list[Turn]) -> dict[str, Any]:
    """Talk to the form turn by turn, applying its events as Rasa does.

    Each turn is (intent, addresses, slot asked for next, what is said before); returns
    the slots at the end.
    """
    slots: dict[str, Any] = {}
    for intent, addresses, question, responses in turns:
        text = " ".join(addresses) or intent
        event = user_event(intent, text, addresses=addresses)
        loop = "recovery_form" if slots else None
        form = "validate_recovery_form"
        result = server.run(call(form, event, slots=slots, loop=loop))
        slots.update(slots_set(result))
        assert slots["requested_slot"] == question, (intent, addresses)
        assert said(result) == responses, (intent, addresses)
    return slots


START: Turn = ("reset_password", (), ADDRESS, [])


def dialog(*turns: Turn) -> list[Turn]:
    return [START, *turns]


def test_the_shortest_way(server: ActionServer) -> None:
    slots = verify_dialog(
        server,
        dialog(("inform_email", (ANA,), CONFIRM, []), ("affirm", (), None, [])),
    )
    assert slots["email"] == ANA
    assert slots["recovery_confirmed"] is True
    assert slots["recovery_kind"] == "password_reset"


def test_a_slip_is_cleared_up(server: ActionServer) -> None:
    slots = verify_dialog(
        server,
        dialog(
            ("inform_email", (SLIP,), DOUBT, []),
            ("affirm", (), CONFIRM, []),
            ("affirm", (), None, []),
        ),
    )
    assert slots["email"] == MEANT


def test_a_rare_domain_is_insisted_on_by_typing_it_again(server: ActionServer) -> None:
    slots = verify_dialog(
        server,
        dialog(("inform_email", (SLIP,), DOUBT, []), ("deny", (SLIP,), CONFIRM, [])),
    )
    assert slots["email"] == SLIP


def test_a_question_in_the_middle_comes_back_to_the_same_question(
    server: ActionServer,
) -> None:
    for question, before in (
        (ADDRESS, []),
        (DOUBT, [("inform_email", (SLIP,), DOUBT, [])]),
        (CONFIRM, [("inform_email", (ANA,), CONFIRM, [])]),
    ):
        aside = ("how_to_log_in", (), question, [])
        verify_dialog(server, dialog(*before, aside, ("greet", (), question, [])))


def test_a_person_is_offered_when_no_address_works(server: ActionServer) -> None:
    verify_dialog(
        server,
        dialog(
            ("inform_email", (), ADDRESS, [MISSING]),
            ("out_of_scope", (), ADDRESS, []),
            ("inform_email", (), ADDRESS, [PERSON]),
            ("inform_email", (), ADDRESS, [PERSON]),
            ("inform_email", (ANA,), CONFIRM, []),
        ),
    )


def test_the_address_can_be_changed_until_the_end(server: ActionServer) -> None:
    slots = verify_dialog(
        server,
        dialog(
            ("inform_email", (ANA,), CONFIRM, []),
            ("deny", (BO,), CONFIRM, []),
            ("inform_email", (ANA, BO), ADDRESS, [SEVERAL]),
            ("inform_email", (BO,), CONFIRM, []),
            ("affirm", (), None, []),
        ),
    )
    assert slots["email"] == BO


def test_the_kind_can_be_changed_until_the_end(server: ActionServer) -> None:
    slots = verify_dialog(
        server,
        dialog(
            ("inform_email", (ANA,), CONFIRM, []),
            ("resend_invite", (), CONFIRM, ["utter_switched_to_invite"]),
            ("affirm", (), None, []),
        ),
    )
    assert slots["recovery_kind"] == "invite"


def test_no_instead_of_an_address_asks_again_and_then_shows_the_way_out(
    server: ActionServer,
) -> None:
    verify_dialog(
        server,
        dialog(("deny", (), "email", [MISSING]), ("deny", (), "email", [PERSON])),
    )


@pytest.mark.parametrize("intent", ["how_to_log_in", "thank", "stop", "talk_to_human"])
def test_what_is_not_for_the_form_sets_no_slot_of_it(
    intent: str, server: ActionServer
) -> None:
    event = user_event(intent)
    slots = dict(TO_CONFIRM)
    validate = call("validate_recovery_form", event, slots=slots, loop="recovery_form")
    assert slots_set(server.run(validate)) == {"requested_slot": CONFIRM}


@pytest.mark.parametrize(
    ("slots", "question"),
    [
        ({}, ADDRESS),
        ({"email": ""}, ADDRESS),
        ({"email": None, "email_typed": SLIP}, ADDRESS),
        ({"email_suggestion": MEANT}, DOUBT),
        ({"email": ANA}, CONFIRM),
        ({"email": ANA, "email_suggestion": MEANT}, CONFIRM),
        ({"email": ANA, "recovery_confirmed": True}, None),
        ({"email": ANA, "recovery_confirmed": False}, None),
        ({"recovery_confirmed": False}, None),
    ],
)
def test_the_next_question(slots: dict[str, Any], question: str | None) -> None:
    assert next_question(slots) == question
