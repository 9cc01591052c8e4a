"""The form's dialogue as a function: what each utterance means."""

from typing import Any

import pytest

from actions.recovery_form import ECHO, Said, Step, next_step
from tests.actions.recovery_words import (
    ANA,
    BO,
    CONFIRM,
    DOUBT,
    IN_DOUBT,
    INVALID,
    MEANT,
    MISSING,
    NO_DOUBT,
    PERSON,
    SEVERAL,
    SLIP,
    TO_ADDRESS,
    TO_CONFIRM,
)


def taken(address: str) -> dict[str, Any]:
    fresh = {"recovery_confirmed": None, "email_attempts": 0}
    return {"email": address, **fresh, **NO_DOUBT}


def refused(attempts: int) -> dict[str, Any]:
    return {"email": None, "email_attempts": attempts, **NO_DOUBT}


DOUBTED = {
    "email": None,
    "email_typed": SLIP,
    "email_suggestion": MEANT,
    "email_attempts": 0,
}

# name: (slots before, intent, text, addresses, slots set, response)
STEPS: dict[str, tuple[Any, ...]] = {
    # beginning
    "an invitation is wanted": (
        {},
        "resend_invite",
        "new invite",
        (),
        {"recovery_kind": "invite"},
        None,
    ),
    "a reset is wanted": (
        {},
        "reset_password",
        "reset",
        (),
        {"recovery_kind": "password_reset"},
        None,
    ),
    "with an address": (
        {},
        "reset_password",
        f"for {ANA}",
        (ANA,),
        {**taken(ANA), "recovery_kind": "password_reset"},
        None,
    ),
    "with the address known before": (
        {"email": ANA},
        "resend_invite",
        "new invite",
        (),
        {**taken(ANA), "recovery_kind": "invite"},
        None,
    ),
    "with the same address again": (
        {"email": ANA},
        "resend_invite",
        f"for {ANA}",
        (ANA,),
        {**taken(ANA), "recovery_kind": "invite"},
        None,
    ),
    "with another address": (
        {"email": ANA},
        "resend_invite",
        f"for {BO}",
        (BO,),
        {**taken(BO), "recovery_kind": "invite"},
        None,
    ),
    "with a bad address known before": (
        {"email": "a@b"},
        "resend_invite",
        "new invite",
        (),
        {**refused(1), "recovery_kind": "invite"},
        INVALID,
    ),
    "with a slip": (
        {},
        "reset_password",
        f"for {SLIP}",
        (SLIP,),
        {**DOUBTED, "recovery_kind": "password_reset"},
        None,
    ),
    "with two addresses": (
        {},
        "resend_invite",
        "both",
        (ANA, BO),
        {"email": None, **NO_DOUBT, "recovery_kind": "invite"},
        SEVERAL,
    ),
    "with an address that is none": (
        {},
        "resend_invite",
        "invite to foo@bar",
        (),
        {**refused(1), "recovery_kind": "invite"},
        INVALID,
    ),
    "with a list where a text should be": (
        {"email": [ANA, BO]},
        "resend_invite",
        "new",
        (),
        {"recovery_kind": "invite"},
        None,
    ),
    # the address is asked for
    "an address": (TO_ADDRESS, "inform_email", ANA, (ANA,), taken(ANA), None),
    "an address in a question": (
        TO_ADDRESS,
        "invite_expired",
        f"{ANA} expired",
        (ANA,),
        taken(ANA),
        None,
    ),
    "an address and yes": (
        TO_ADDRESS,
        "affirm",
        f"yes, {ANA}",
        (ANA,),
        taken(ANA),
        None,
    ),
    "an address that cannot be": (
        TO_ADDRESS,
        "inform_email",
        "a@b..c",
        ("a@b..c",),
        refused(1),
        INVALID,
    ),
    "a slip": (TO_ADDRESS, "inform_email", SLIP, (SLIP,), DOUBTED, None),
    "two addresses": (
        TO_ADDRESS,
        "inform_email",
        "both",
        (ANA, BO),
        {"email": None, **NO_DOUBT},
        SEVERAL,
    ),
    "something with an at": (
        TO_ADDRESS,
        "out_of_scope",
        "it is a@@b",
        (),
        refused(1),
        INVALID,
    ),
    "words instead": (
        TO_ADDRESS,
        "inform_email",
        "my work one",
        (),
        refused(1),
        MISSING,
    ),
    "a bare yes": (TO_ADDRESS, "affirm", "yes", (), refused(1), MISSING),
    "nonsense": (TO_ADDRESS, "out_of_scope", "qwer", (), {}, None),
    "no address twice": (
        {**TO_ADDRESS, "email_attempts": 1},
        "inform_email",
        "my work one",
        (),
        refused(2),
        PERSON,
    ),
    "an invalid one twice": (
        {**TO_ADDRESS, "email_attempts": 1},
        "inform_email",
        "a@@b",
        (),
        refused(2),
        PERSON,
    ),
    "a good one after two bad": (
        {**TO_ADDRESS, "email_attempts": 2},
        "inform_email",
        ANA,
        (ANA,),
        taken(ANA),
        None,
    ),
    "I don't know": (TO_ADDRESS, "deny", "I don't know", (), refused(1), MISSING),
    "a question": (TO_ADDRESS, "how_to_log_in", "how do I log in", (), {}, None),
    "thanks": (TO_ADDRESS, "thank", "thanks", (), {}, None),
    "stop": (TO_ADDRESS, "stop", "stop", (), {}, None),
    "a person is wanted": (TO_ADDRESS, "talk_to_human", "a person", (), {}, None),
    "hello": (TO_ADDRESS, "greet", "hello", (), {"email": None}, None),
    "the other kind": (
        {**TO_ADDRESS, "recovery_kind": "invite"},
        "reset_password",
        "reset",
        (),
        {"recovery_kind": "password_reset"},
        "utter_switched_to_reset",
    ),
    "an address that ends too early": (
        TO_ADDRESS,
        "inform_email",
        "ana@example.c",
        ("ana@example.c",),
        refused(1),
        "utter_email_cut_off",
    ),
    # a spelling is in doubt
    "yes to the suggestion": (
        IN_DOUBT,
        "affirm",
        "yes",
        (),
        {"email": MEANT, **NO_DOUBT},
        None,
    ),
    "no to the suggestion": (
        IN_DOUBT,
        "deny",
        "no",
        (),
        {"email": SLIP, **NO_DOUBT},
        None,
    ),
    "the typed one again": (IN_DOUBT, "inform_email", SLIP, (SLIP,), taken(SLIP), None),
    "no, and the typed one again": (
        IN_DOUBT,
        "deny",
        f"no, {SLIP}",
        (SLIP,),
        taken(SLIP),
        None,
    ),
    "the suggested one typed": (
        IN_DOUBT,
        "inform_email",
        MEANT,
        (MEANT,),
        taken(MEANT),
        None,
    ),
    "a third address": (IN_DOUBT, "inform_email", BO, (BO,), taken(BO), None),
    "another slip": (
        IN_DOUBT,
        "inform_email",
        "bo@gmial.com",
        ("bo@gmial.com",),
        {
            "email": None,
            "email_typed": "bo@gmial.com",
            "email_suggestion": "bo@gmail.com",
            "email_attempts": 0,
        },
        None,
    ),
    "a question in doubt": (IN_DOUBT, "how_to_log_in", "how", (), {}, None),
    "nonsense in doubt": (IN_DOUBT, "out_of_scope", "qwer", (), {}, None),
    "hello in doubt": (IN_DOUBT, "greet", "hello", (), {DOUBT: None}, None),
    # the confirmation is asked for
    "yes": (TO_CONFIRM, "affirm", "yes", (), {"recovery_confirmed": True}, None),
    "no to sending": (
        TO_CONFIRM,
        "deny",
        "no",
        (),
        {"recovery_confirmed": False},
        None,
    ),
    "yes with the same address": (
        TO_CONFIRM,
        "affirm",
        f"yes, {ANA}",
        (ANA,),
        {"recovery_confirmed": True},
        None,
    ),
    "yes with another address": (
        TO_CONFIRM,
        "affirm",
        f"yes, {BO}",
        (BO,),
        taken(BO),
        None,
    ),
    "no with another address": (
        TO_CONFIRM,
        "deny",
        f"no, {BO}",
        (BO,),
        taken(BO),
        None,
    ),
    "the same address again": (
        TO_CONFIRM,
        "inform_email",
        ANA,
        (ANA,),
        taken(ANA),
        None,
    ),
    "another address": (TO_CONFIRM, "inform_email", BO, (BO,), taken(BO), None),
    "another one, unnamed": (
        TO_CONFIRM,
        "inform_email",
        "my work one",
        (),
        refused(1),
        MISSING,
    ),
    "another one, malformed": (
        TO_CONFIRM,
        "inform_email",
        "use b@@c",
        (),
        refused(1),
        INVALID,
    ),
    "a question about the same address": (
        TO_CONFIRM,
        "no_confirmation_email",
        f"does {ANA} get it",
        (ANA,),
        {},
        None,
    ),
    "nonsense at the end": (TO_CONFIRM, "out_of_scope", "qwer", (), {}, None),
    "thanks at the end": (TO_CONFIRM, "thank", "thanks", (), {}, None),
    "hello at the end": (TO_CONFIRM, "greet", "hello", (), {CONFIRM: None}, None),
    "the other kind at the end": (
        {**TO_CONFIRM, "recovery_kind": "password_reset"},
        "resend_invite",
        "rather an invite",
        (),
        {"recovery_kind": "invite"},
        "utter_switched_to_invite",
    ),
    "the same kind at the end": (
        {**TO_CONFIRM, "recovery_kind": "invite"},
        "resend_invite",
        "an invite",
        (),
        {"recovery_kind": "invite"},
        None,
    ),
}


@pytest.mark.parametrize("case", STEPS)
def test_what_an_utterance_means(case: str) -> None:
    before, intent, text, addresses, expected, response = STEPS[case]
    step = next_step(before, Said(intent, text, addresses))
    assert step.slots == expected
    assert step.response == response


def test_a_step_changes_nothing_of_what_it_was_given() -> None:
    before = dict(TO_CONFIRM)
    next_step(before, Said("affirm", "yes", ()))
    assert before == TO_CONFIRM


def test_only_the_beginning_of_an_unusable_address_is_repeated() -> None:
    long = "a" * 500 + "@@b"
    step = next_step(TO_ADDRESS, Said("out_of_scope", long, ()))
    assert step.values == {"candidate": long[:ECHO]}
    step = next_step(TO_ADDRESS, Said("inform_email", long, (long,)))
    assert step.values == {"candidate": long[:ECHO]}


def test_a_step_is_empty_by_itself() -> None:
    assert Step() == Step({}, None, {})
