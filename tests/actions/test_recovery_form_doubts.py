"""What is not surely a yes, a no or an address decides nothing."""

import pytest

from actions.recovery_form import Said, Step, next_step
from tests.actions.recovery_words import (
    ADDRESS,
    ANA,
    CONFIRM,
    DOUBT,
    IN_DOUBT,
    TO_ADDRESS,
    TO_CONFIRM,
)


@pytest.mark.parametrize("requested", [ADDRESS, DOUBT, CONFIRM, None])
@pytest.mark.parametrize("intent", ["affirm", "deny", "greet", "", "unheard_of"])
def test_nothing_but_a_yes_to_the_confirmation_confirms(
    requested: str | None, intent: str
) -> None:
    slots = {**IN_DOUBT, "email": ANA, "requested_slot": requested}
    confirmed = next_step(slots, Said(intent, "x", ())).slots.get(CONFIRM)
    assert bool(confirmed) == (requested == CONFIRM and intent == "affirm")


@pytest.mark.parametrize("intent", ["affirm", "deny"])
@pytest.mark.parametrize("requested", [CONFIRM, DOUBT])
def test_a_mumbled_yes_or_no_decides_nothing(intent: str, requested: str) -> None:
    slots = {"requested_slot": requested, "email": ANA, "email_suggestion": ANA}
    step = next_step(slots, Said(intent, "hmm", (), confidence=0.45))
    assert step == Step({requested: None}, "utter_answer_unclear")


@pytest.mark.parametrize("intent", ["affirm", "deny"])
def test_a_yes_that_sends_must_be_surer_than_one_that_spells(intent: str) -> None:
    said = Said(intent, "why", (), confidence=0.72)
    assert next_step(IN_DOUBT, said).slots["email"]
    assert next_step(TO_CONFIRM, said) == Step({CONFIRM: None}, "utter_answer_unclear")


@pytest.mark.parametrize("intent", ["affirm", "deny", "inform_email"])
def test_what_is_not_understood_is_no_failed_address(intent: str) -> None:
    step = next_step(TO_ADDRESS, Said(intent, "do i need this", (), confidence=0.38))
    assert step == Step({"email": None}, "utter_form_unclear")
