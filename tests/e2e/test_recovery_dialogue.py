"""The ways in which people stray from the shortest path, and what is sent then."""

from uuid import uuid4

import pytest

from helpdesk.assistant import Turn
from tests.accounts import people
from tests.accounts.service import wait_for
from tests.e2e.chat import Chat
from tests.e2e.full_stack import FullStack

SEND = "Yes, send it"
STOPPED = "Nothing was sent"
ADDRESS_QUESTION = "Which e-mail address"


def is_sent_once(product: FullStack, email: str, kind: str) -> bool:
    """Wait for the mail and tell whether it is one, asked for with this kind."""
    wait_for(lambda: product.accounts.mails(email), f"the mail to {email}")
    asked = product.backend.seen_for(email)
    return len(asked) == len(product.accounts.mails(email)) == 1 and all(
        f'"{kind}"'.encode() in request.body for request in asked
    )


def is_nothing_sent(product: FullStack, email: str) -> bool:
    """Tell whether neither the backend nor the mailbox has heard of an address."""
    asked = product.backend.seen_for(email)
    return not asked and not product.accounts.mails(email)


@pytest.fixture
def email() -> str:
    return people.new_address()


def test_nothing_is_sent_before_the_confirmation(
    product: FullStack, chat: Chat, email: str
) -> None:
    chat.say("please send me a new invitation")
    chat.say(email)
    assert SEND in chat.latest.buttons  # type: ignore[union-attr]
    assert is_nothing_sent(product, email)
    chat.press(SEND)
    assert is_sent_once(product, email, "invite")


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [("gmial.com", "gmail.com"), ("hotmail.con", "hotmail.com")],
)
def test_a_mistyped_domain_is_asked_about(
    product: FullStack, chat: Chat, typed: str, suggested: str
) -> None:
    name = people.new_address().partition("@")[0]
    question = chat.ask_for_invite(f"{name}@{typed}")
    assert f"Did you mean {name}@{suggested}?" in question.text
    assert f"{name}@{suggested}" in chat.press(f"Yes, {name}@{suggested}").text
    chat.press(SEND)
    assert is_sent_once(product, f"{name}@{suggested}", "invite")
    assert is_nothing_sent(product, f"{name}@{typed}")


def test_an_unusual_domain_is_taken_when_the_person_insists(
    product: FullStack, chat: Chat
) -> None:
    email = f"{people.new_address().partition('@')[0]}@gmial.com"
    chat.ask_for_reset(email)
    assert email in chat.say("no, that is right").text
    chat.press(SEND)
    assert is_sent_once(product, email, "password_reset")


@pytest.mark.parametrize(
    "wrong",
    ["ana@", "@example.com", "ana@@example.com", "ana@nodomain", "ana.example@com."],
)
def test_an_invalid_address_is_refused_and_asked_for_again(
    product: FullStack, chat: Chat, email: str, wrong: str
) -> None:
    chat.say("resend my invite")
    answer = chat.say(wrong)
    assert "can't be right" in answer.text
    assert ADDRESS_QUESTION in answer.text
    assert email in chat.say(email).text
    chat.press(SEND)
    assert is_sent_once(product, email, "invite")


def test_after_two_unusable_addresses_a_person_is_offered(chat: Chat) -> None:
    chat.say("resend my invite")
    chat.say("ana@")
    assert "Talk to a person" in chat.say("ana@@example").buttons
    assert chat.press("Talk to a person").raw["handoff"] == {"reason": "asked"}


def test_of_two_addresses_neither_is_taken_unasked(
    product: FullStack, chat: Chat, email: str
) -> None:
    other = people.new_address("other")
    answer = chat.say(f"resend my invite to {email} or {other}")
    assert "one address at a time" in answer.text
    assert email in chat.say(email).text
    chat.press(SEND)
    assert is_sent_once(product, email, "invite")
    assert is_nothing_sent(product, other)


@pytest.mark.parametrize("words", ["stop", "never mind", "cancel that please"])
@pytest.mark.parametrize("stage", ["address", "confirmation"])
def test_stop_stops_at_every_stage(
    product: FullStack, chat: Chat, email: str, words: str, stage: str
) -> None:
    chat.say("resend my invite")
    if stage == "confirmation":
        chat.say(email)
    assert STOPPED in chat.say(words).text
    chat.say("yes")
    assert is_nothing_sent(product, email)


def test_the_stop_button_stops(product: FullStack, chat: Chat, email: str) -> None:
    chat.ask_for_reset(email)
    assert STOPPED in chat.press("No, stop").text
    assert is_nothing_sent(product, email)


def test_a_no_at_the_confirmation_sends_nothing(
    product: FullStack, chat: Chat, email: str
) -> None:
    chat.ask_for_reset(email)
    assert STOPPED in chat.say("no").text
    assert is_nothing_sent(product, email)


def test_who_changes_their_mind_gets_the_other_kind(
    product: FullStack, chat: Chat, email: str
) -> None:
    chat.ask_for_invite(email)
    changed = chat.say("actually, reset my password instead")
    assert "password reset link" in changed.text
    chat.press(SEND)
    assert is_sent_once(product, email, "password_reset")


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("how long is the invitation valid?", "72 hours"),
        ("where do I log in?", "the password you set then"),
        ("are you a robot?", "automatic assistant"),
        ("what can you do", "new invitation or a password reset"),
        ("thanks", "welcome"),
    ],
)
@pytest.mark.parametrize("stage", ["address", "confirmation"])
def test_a_question_in_the_middle_is_answered_and_the_form_goes_on(
    product: FullStack, chat: Chat, email: str, question: str, fact: str, stage: str
) -> None:
    chat.say("resend my invite")
    if stage == "confirmation":
        chat.say(email)
    answer = chat.say(question).text
    assert fact in answer
    assert (ADDRESS_QUESTION if stage == "address" else f"sent to {email}") in answer
    if stage == "address":
        chat.say(email)
    chat.say("yes")
    assert is_sent_once(product, email, "invite")


def test_another_address_at_the_confirmation_takes_the_place_of_the_first(
    product: FullStack, chat: Chat, email: str
) -> None:
    first = people.new_address("first")
    chat.ask_for_invite(first)
    assert email in chat.say(f"no wait, use {email}").text
    chat.press(SEND)
    assert is_sent_once(product, email, "invite")
    assert is_nothing_sent(product, first)


def test_a_person_asked_for_in_the_middle_ends_the_form(
    product: FullStack, chat: Chat, email: str
) -> None:
    chat.ask_for_invite(email)
    assert chat.say("let me talk to a real person").raw["handoff"]
    chat.say("yes")
    assert is_nothing_sent(product, email)


def test_an_old_button_pressed_after_the_end_sends_nothing(
    product: FullStack, chat: Chat, email: str
) -> None:
    question = chat.ask_for_invite(email)
    chat.say("stop")
    chat.latest = question
    assert "on its way" not in chat.press(SEND).text
    assert is_nothing_sent(product, email)


def test_the_same_press_delivered_twice_is_one_request(
    product: FullStack, chat: Chat, email: str
) -> None:
    chat.ask_for_invite(email)
    press = Turn(chat.conversation_id, str(uuid4()), payload="/affirm")
    assert chat.take(press).raw == chat.take(press).raw
    assert is_sent_once(product, email, "invite")


@pytest.mark.parametrize(
    "words",
    ["did it come?", "i didn't get it", "still nothing", "how long does it take"],
)
def test_who_waits_for_the_mail_is_helped_and_then_offered_a_person(
    product: FullStack, chat: Chat, email: str, words: str
) -> None:
    chat.ask_for_reset(email)
    chat.press(SEND)
    answer = chat.say(words)
    assert email in answer.text
    assert "spam" in answer.text
    assert answer.buttons["Send it once more"] == "/reset_password"
    assert "Talk to a person" in answer.buttons
    assert "Shall I get a person" in chat.say(words).text
    assert chat.say("yes").raw["handoff"] == {"reason": "stuck"}


def test_the_missing_mail_can_be_sent_once_more(
    product: FullStack, chat: Chat, email: str
) -> None:
    chat.ask_for_reset(email)
    chat.press(SEND)
    chat.say("my confirmation mail has not arrived")
    assert f"sent to {email}" in chat.press("Send it once more").text
    assert "on its way" in chat.press(SEND).text
    wait_for(lambda: len(product.accounts.mails(email)) == 2, "the second mail")


def test_one_persons_address_is_unknown_in_the_next_conversation(
    product: FullStack, chat: Chat, email: str
) -> None:
    chat.ask_for_invite(email)
    chat.press(SEND)
    stranger = product.chat()
    answer = stranger.say("resend my invite")
    assert email not in answer.text
    assert ADDRESS_QUESTION in answer.text
