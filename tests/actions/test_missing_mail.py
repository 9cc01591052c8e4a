"""Asking after a mail: the one that was sent here, or one from elsewhere."""

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.calls import (
    DOMAIN,
    Json,
    actor_token,
    call,
    payloads,
    said,
    slots_set,
    user_event,
)
from tests.actions.staff_backend import StaffBackend, at, delivery

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


# --- for who has proven an address

ANA = "ana@example.com"
OLD, FRESH = at(hours=25), at(hours=23)


def proven_asked(
    server: ActionServer,
    adr: tuple[str, ...] = (ANA,),
    loop: str | None = None,
    claims: Json | None = None,
    **slots: object,
) -> Json:
    token = actor_token("c", "m", adr=list(adr), **(claims or {}))
    event = user_event("report_no_mail", "did it come?", message="m", actor=token)
    sent = call(HELP, event, slots=slots, loop=loop, conversation="c")
    return server.run(sent)


@pytest.mark.parametrize(
    ("state", "reason", "response", "words"),
    [
        ("queued", None, "utter_mail_queued", None),
        ("accepted", None, "utter_mail_accepted", None),
        ("deferred", "451 4.2.2 full", "utter_mail_deferred", "the mailbox is full"),
        ("bounced", "550 5.1.1 no", "utter_mail_bounced", "there is no mailbox with"),
        ("suppressed", "rate limit", "utter_mail_suppressed", "too many mails were"),
    ],
)
def test_who_has_proven_the_address_hears_what_became_of_the_mail(
    state: str,
    reason: str | None,
    response: str,
    words: str | None,
    server: ActionServer,
    staff: StaffBackend,
) -> None:
    newest = delivery(ANA, state, reason)
    staff.deliveries[ANA] = [newest, delivery(ANA, letter="password_reset")]
    result = proven_asked(server, **SENT)
    (told,) = result["responses"]
    assert told["response"] == response
    assert told["letter"] == "invitation"
    assert told["when"] == "60 minutes ago"
    assert words is None or words in told["reason"]
    again = ["/resend_invite"] if state == "accepted" else []
    assert payloads(told) == [*again, "/talk_to_human"]
    assert staff.writes == []
    assert slots_set(result) == {"misses": 1, "awaiting": None}


@pytest.mark.parametrize("slots", [{}, {"email": None}, {"email": "ANA@example.com"}])
def test_the_only_proven_address_is_the_one_in_question(
    slots: Json, server: ActionServer, staff: StaffBackend
) -> None:
    for address in (ANA, "ANA@example.com"):
        staff.deliveries[address] = [delivery(ANA)]
    (told,) = proven_asked(server, **slots)["responses"]
    assert told["response"] == "utter_mail_accepted"
    everything = ["/resend_invite", "/reset_password", "/talk_to_human"]
    assert payloads(told) == everything


NOT_PROVEN: dict[str, Json] = {
    "no address is proven": {"adr": ()},
    "another one is": {"adr": ("bo@example.com",)},
    "a longer one is": {"adr": ("xana@example.com",)},
    "somebody forged it": {"claims": {"key": "x" * 40}},
    "it was made for another message": {"claims": {"mid": "m0"}},
    "it was made for another conversation": {"claims": {"cid": "c0"}},
    "it is no list": {"claims": {"adr": ANA}},
}


@pytest.mark.parametrize("case", NOT_PROVEN)
@pytest.mark.parametrize("state", [None, "bounced", "accepted"])
def test_nobody_else_learns_anything_and_nothing_is_looked_up(
    state: str | None, case: str, server: ActionServer, staff: StaffBackend
) -> None:
    if state:
        staff.deliveries[ANA] = [delivery(ANA, state, "550 no")]
    claims = dict(NOT_PROVEN[case].get("claims", {}))
    adr = claims.pop("adr", list(NOT_PROVEN[case].get("adr", (ANA,))))
    token = actor_token("c", "m", **{"adr": adr, **claims})
    event = user_event("report_no_mail", "did it come?", message="m", actor=token)
    result = server.run(call(HELP, event, slots=SENT, conversation="c"))
    event["parse_data"]["metadata"] = {}
    assert result == server.run(call(HELP, event, slots=SENT, conversation="c"))
    assert said(result) == ["utter_mail_missing"]
    assert staff.calls == []


def test_two_proven_addresses_leave_open_which_is_meant(
    server: ActionServer, staff: StaffBackend
) -> None:
    result = proven_asked(server, (ANA, "bo@example.com"))
    assert said(result) == ["utter_which_mail"]
    assert staff.calls == []


@pytest.mark.parametrize(
    ("state", "since", "lifted"),
    [
        ("bounced", OLD, True),
        ("suppressed", OLD, True),
        ("bounced", FRESH, False),
        ("accepted", OLD, False),
    ],
    # The moments differ with each process that collects the tests.
    ids=["old bounce", "old suppression", "fresh bounce", "accepted"],
)
def test_a_stale_bounce_is_lifted_and_a_new_mail_offered(
    state: str, since: str, lifted: bool, server: ActionServer, staff: StaffBackend
) -> None:
    staff.deliveries[ANA] = [delivery(ANA, state, "552 5.2.2 full")]
    staff.suppressions[ANA] = {"email": ANA, "reason": "552 full", "since": since}
    (told,) = proven_asked(server, email=ANA, mail_sent="password_reset")["responses"]
    assert (told["response"] == "utter_mail_lifted") == lifted
    assert (ANA in staff.suppressions) == (not lifted)
    again = ["/reset_password"] if lifted or state == "accepted" else []
    assert payloads(told) == [*again, "/talk_to_human"]


def test_a_proven_address_without_any_mail_gets_the_usual_words(
    server: ActionServer, staff: StaffBackend
) -> None:
    assert said(proven_asked(server)) == ["utter_which_mail"]
    assert said(proven_asked(server, **SENT)) == ["utter_mail_missing"]


@pytest.mark.parametrize("broken", [True, False])
def test_while_the_backend_is_down_the_usual_words_are_said(
    broken: bool, server: ActionServer, staff: StaffBackend
) -> None:
    staff.deliveries[ANA] = [delivery(ANA)]
    if broken:
        staff.broken["deliveries"] = (503, "away")
    else:
        staff.slow = {"suppressions"}
    assert said(proven_asked(server, **SENT)) == ["utter_mail_missing"]


def test_in_the_form_it_is_said_and_nothing_counted(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.deliveries[ANA] = [delivery(ANA)]
    result = proven_asked(server, loop="recovery_form", **SENT)
    assert said(result) == ["utter_mail_accepted"]
    assert slots_set(result) == {}


def test_the_second_time_a_person_is_offered_to_them_too(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.deliveries[ANA] = [delivery(ANA)]
    assert said(proven_asked(server, **SENT, misses=1)) == ["utter_offer_person"]


def test_still_nothing_is_about_the_mail_that_was_sent(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.deliveries[ANA] = [delivery(ANA, "bounced", "550 5.1.1 no")]
    token = actor_token("c", "m", adr=[ANA])
    event = user_event("problem_not_solved", message="m", actor=token)
    sent = call("action_note_unsolved", event, slots=SENT, conversation="c")
    assert said(server.run(sent)) == ["utter_mail_bounced"]


def test_the_name_of_a_letter_that_is_new_to_us_is_just_a_mail(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.deliveries[ANA] = [delivery(ANA, letter="newsletter")]
    (told,) = proven_asked(server, **SENT)["responses"]
    assert told["letter"] == "mail"
