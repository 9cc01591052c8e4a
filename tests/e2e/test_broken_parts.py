"""A part is down: the person hears so, others are served, and nothing happens twice."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from helpdesk.assistant import AssistantError, Turn
from tests.accounts import people
from tests.accounts.service import wait_for
from tests.e2e.backend_switch import Fault
from tests.e2e.chat import Chat
from tests.e2e.full_stack import FullStack

SEND, AGAIN = "Yes, send it", "Try again"
LONGEST_SILENCE_S = 10.0
BUSY_S = 2.0
SLOW = {Fault.HANGS, Fault.ACCEPTS_THEN_HANGS}


def mail_count(product: FullStack, email: str) -> int:
    """Wait for a mail and return how many came; the queue was worked off in order."""
    wait_for(lambda: product.accounts.mails(email), f"the mail to {email}")
    behind = people.new_address("behind")
    product.accounts.request(behind)
    product.accounts.next_mail(behind)
    return len(product.accounts.mails(email))


@pytest.mark.parametrize(
    "fault",
    [
        Fault.REFUSES_CONNECTIONS,
        Fault.HANGS,
        Fault.ANSWERS_500,
        Fault.TALKS_RUBBISH,
        Fault.CLOSES_CONNECTIONS,
    ],
    ids=lambda fault: fault.name.lower(),
)
def test_with_the_backend_broken_a_person_is_told_and_can_try_again(
    product: FullStack, fault: Fault
) -> None:
    email = people.new_address()
    chat, other = product.chat(), product.chat()
    chat.ask_for_invite(email)
    with product.backend.broken(fault), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(chat.press, SEND)
        meanwhile = [other.say("how do I log in?")]
        while not waiting.done() and len(meanwhile) < 40:
            meanwhile.append(other.say("how long is an invitation valid?"))
        told = waiting.result()
    assert told.seconds < LONGEST_SILENCE_S
    assert "can't reach the account system" in told.text
    assert "on its way" not in told.text
    assert "Talk to a person" in told.buttons
    assert max(answer.seconds for answer in meanwhile) < BUSY_S
    assert not any(answer.has_trouble for answer in meanwhile)
    assert not product.accounts.mails(email)

    before = len(product.backend.seen_for(email))
    assert email in chat.press(AGAIN).text
    assert "on its way" in chat.press(SEND).text
    assert len(product.backend.seen_for(email)) == before + 1
    assert mail_count(product, email) == 1


def test_a_request_that_was_accepted_without_an_answer_is_repeated_without_effect(
    product: FullStack, chat: Chat
) -> None:
    email = people.new_address()
    chat.ask_for_reset(email)
    with product.backend.broken(Fault.ACCEPTS_THEN_HANGS_ONCE):
        told = chat.press(SEND)
    assert told.seconds < LONGEST_SILENCE_S
    assert "on its way" in told.text
    seen = product.backend.seen_for(email)
    assert len(seen) == 2
    assert len({request.idempotency_key for request in seen}) == 1
    assert mail_count(product, email) == 1


def test_the_same_message_sent_again_after_a_failure_has_no_second_effect(
    product: FullStack, chat: Chat
) -> None:
    email = people.new_address()
    chat.ask_for_invite(email)
    press = Turn(chat.conversation_id, str(uuid4()), payload="/affirm")
    with product.backend.broken(Fault.ACCEPTS_THEN_HANGS):
        told = chat.take(press)
    assert told.seconds < LONGEST_SILENCE_S
    assert "can't promise" in told.text
    chat.take(press)
    keys = {request.idempotency_key for request in product.backend.seen_for(email)}
    assert len(keys) == 1
    assert mail_count(product, email) == 1


@pytest.mark.parametrize("words", [None, "yes"], ids=["button", "typed"])
def test_trying_again_after_silence_never_mails_twice(
    product: FullStack, chat: Chat, words: str | None
) -> None:
    email = people.new_address()
    chat.ask_for_invite(email)
    with product.backend.broken(Fault.ACCEPTS_THEN_HANGS):
        assert "can't promise" in chat.press(SEND).text
    chat.press(AGAIN)
    answer = chat.say(words) if words else chat.press(SEND)
    assert "on its way" in answer.text
    keys = {request.idempotency_key for request in product.backend.seen_for(email)}
    assert len(keys) == 1
    assert mail_count(product, email) == 1

    chat.ask_for_invite(email)
    chat.press(SEND)
    keys = {request.idempotency_key for request in product.backend.seen_for(email)}
    assert len(keys) == 2, "what is asked for afresh is a request of its own"


def test_with_the_action_server_killed_a_person_is_told_and_the_turn_can_be_repeated(
    product: FullStack, chat: Chat
) -> None:
    email = people.new_address()
    chat.ask_for_invite(email)
    press = Turn(chat.conversation_id, str(uuid4()), payload="/affirm")
    new_chat = product.chat()
    first = Turn(new_chat.conversation_id, str(uuid4()), text="resend my invite")
    article = product.chat()
    product.kill(product.actions)
    try:
        told = [chat.take(press), new_chat.take(first)]
        answered = article.say("how long is an invitation valid?")
    finally:
        product.revive(product.actions)
    for answer in told:
        assert answer.seconds < LONGEST_SILENCE_S
        assert "isn't working right now" in answer.text
        assert answer.has_trouble
    assert answered.articles == ["invite_expired"]
    assert not product.accounts.mails(email)

    assert "Which e-mail address" in new_chat.take(first).text
    assert "on its way" in chat.take(press).text
    assert chat.take(press).raw == chat.take(press).raw
    assert mail_count(product, email) == 1


def test_with_the_action_server_frozen_a_person_is_told_and_the_turn_can_be_repeated(
    product: FullStack, chat: Chat
) -> None:
    email = people.new_address()
    chat.ask_for_reset(email)
    press = Turn(chat.conversation_id, str(uuid4()), payload="/affirm")
    product.signal(product.actions, signal.SIGSTOP)
    try:
        told = chat.take(press)
    finally:
        product.signal(product.actions, signal.SIGCONT)
    assert told.seconds < LONGEST_SILENCE_S
    assert "isn't working right now" in told.text
    assert told.has_trouble
    assert "on its way" in chat.take(press).text
    assert mail_count(product, email) == 1
    keys = {request.idempotency_key for request in product.backend.seen_for(email)}
    assert len(keys) == 1


def test_after_rasa_was_killed_the_same_message_returns_the_stored_result(
    product: FullStack, chat: Chat
) -> None:
    email = people.new_address()
    chat.ask_for_invite(email)
    press = Turn(chat.conversation_id, str(uuid4()), payload="/affirm")
    first = chat.take(press)
    other = product.chat()
    asked = Turn(other.conversation_id, str(uuid4()), text="how do I log in?")
    answered = other.take(asked)
    halfway = product.chat()
    halfway_email = people.new_address("halfway")
    halfway.ask_for_reset(halfway_email)

    product.kill(product.rasa)
    begin = time.monotonic()
    with pytest.raises(AssistantError) as caught:
        product.chat().say("hello")
    assert not caught.value.permanent
    assert time.monotonic() - begin < LONGEST_SILENCE_S
    product.revive(product.rasa)

    assert chat.take(press).raw == first.raw
    assert other.take(asked).raw == answered.raw
    assert mail_count(product, email) == 1
    assert len(product.backend.seen_for(email)) == 1
    # A conversation in the middle of something goes on where it was.
    assert "on its way" in halfway.say("yes").text
    assert mail_count(product, halfway_email) == 1
