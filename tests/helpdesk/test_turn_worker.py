"""The assistant is slow, down, broken or killed: what the contact hears, and when."""

import time
from pathlib import Path

import pytest

from tests.accounts.service import free_port, wait_for
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant

QUESTION = "my invitation has expired"
LONGEST_STOP_S = 7.0  # three for turns that run; the assistant may be silent for nine
SLOW = "This is taking longer than it should"


def test_whoever_asks_a_dead_assistant_hears_so_and_is_answered_later(
    chat: ChatClient, assistant: ScriptedAssistant, helpdesk: HelpdeskRun
) -> None:
    assistant.is_down = True
    begin = time.monotonic()
    chat.post(QUESTION)
    told = chat.hear()
    assert time.monotonic() - begin < 10
    assert told["text"].startswith(SLOW)
    assert "support@" in told["text"]
    assistant.is_down = False
    assert chat.hear()["text"] == f"You said: {QUESTION}"
    assert len({turn["message_id"] for turn in assistant.turns}) == 1
    assert helpdesk.process.log.count("Turns wait until it is back") == 1
    assert "the assistant answers again" in helpdesk.process.log


def test_a_part_that_comes_back_soon_is_not_mentioned(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    assistant.has_trouble = True
    chat.post(QUESTION)
    while len(assistant.turns) < 2:
        chat.send("ping")
        chat.next("pong")
    assistant.has_trouble = False
    assert chat.hear()["text"] == f"You said: {QUESTION}"


def test_a_clock_that_jumps_ahead_is_no_reason_to_give_up(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    assistant.reset()
    assistant.has_trouble = True
    with (
        run_helpdesk(
            tmp_path,
            "tests.helpdesk.shifted_launcher",
            LATCHKEY_RASA_URL=assistant.url,
            LATCHKEY_TEST_CLOCK_FILE=str(clock),
        ) as helpdesk,
        ChatClient.of_new_contact(helpdesk.base_url) as chat,
    ):
        chat.post(QUESTION)
        wait_for(lambda: assistant.turns or None, "the first attempt")
        clock.write_text("3600")
        assistant.turns.clear()
        wait_for(lambda: assistant.turns or None, "a further attempt")
        assistant.has_trouble = False
        heard = [chat.hear()["text"]]
        if heard[-1].startswith(SLOW):
            heard.append(chat.hear()["text"])
        assert heard[-1] == f"You said: {QUESTION}"


def test_everybody_who_waits_behind_an_open_turn_hears_so(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    assistant.is_down = True
    chat.post(QUESTION)
    chat.post("and what about my password")
    texts = [chat.hear()["text"] for _ in range(2)]
    assert all(text.startswith(SLOW) for text in texts)
    assistant.is_down = False
    answers = [chat.hear()["text"] for _ in range(2)]
    assert answers == [f"You said: {QUESTION}", "You said: and what about my password"]


def test_one_slow_conversation_does_not_hold_up_another(
    chat: ChatClient, helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.is_down = True
    chat.post(QUESTION)
    while not assistant.turns:
        chat.send("ping")
        chat.next("pong")
    assistant.is_down = False
    with ChatClient.of_new_contact(helpdesk.base_url) as other:
        assert other.ask("hello from somebody else")["seq"] == 2


def test_a_turn_that_is_refused_for_good_is_said_so(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    assistant.refusal = (400, b'{"code": "invalid_turn", "message": "no"}')
    chat.post(QUESTION)
    assert chat.hear()["text"].startswith("Sorry, I could not answer that message")
    assistant.refusal = None
    assert chat.ask("hello once more to you")["text"].startswith("You said")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"replies": 1}', b"null"])
def test_rubbish_from_the_assistant_is_tried_again(
    chat: ChatClient, assistant: ScriptedAssistant, body: bytes
) -> None:
    assistant.refusal = (200, body)
    chat.post(QUESTION)
    while not assistant.turns:
        chat.send("ping")
        chat.next("pong")
    assistant.refusal = None
    assert chat.hear()["text"] == f"You said: {QUESTION}"


def test_a_killed_help_desk_answers_what_it_had_accepted(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    assistant.is_free.clear()
    with run_helpdesk(tmp_path, LATCHKEY_RASA_URL=assistant.url) as run:
        with ChatClient.of_new_contact(run.base_url) as chat:
            chat.post(QUESTION)
            run.process.kill()
        assistant.is_free.set()
        run.process.start()
        with ChatClient(run.base_url, chat.token) as back:
            back.join()
            if back.last_seq < 2:
                back.hear()
            assert [message["text"] for message in back.messages.values()] == [
                QUESTION,
                f"You said: {QUESTION}",
            ]


def test_a_help_desk_that_is_stopped_finishes_what_runs(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    with run_helpdesk(tmp_path, LATCHKEY_RASA_URL=assistant.url) as run:
        with ChatClient.of_new_contact(run.base_url) as chat:
            chat.post(QUESTION)
            run.process.stop()
        run.process.start()
        with ChatClient(run.base_url, chat.token) as back:
            back.join()
            assert back.last_seq == 2
    assert len(assistant.turns) == 1
    assert "ERROR" not in run.process.log


def test_a_silent_assistant_does_not_hold_up_the_stop(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    assistant.is_free.clear()
    with run_helpdesk(tmp_path, LATCHKEY_RASA_URL=assistant.url) as run:
        with ChatClient.of_new_contact(run.base_url) as chat:
            chat.post(QUESTION)
            wait_for(lambda: assistant.turns, "the turn")
            assert run.process.stop() < LONGEST_STOP_S
        assistant.is_free.set()
        run.process.start()
        with ChatClient(run.base_url, chat.token) as back:
            back.join()
            if back.last_seq < 2:
                back.hear()
            assert back.messages[2]["text"] == f"You said: {QUESTION}"
    assert "ERROR" not in run.process.log


def test_nobody_at_the_assistants_address_is_no_reason_not_to_accept(
    tmp_path: Path,
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with (
        run_helpdesk(tmp_path, LATCHKEY_RASA_URL=nobody) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        assert chat.post(QUESTION)["seq"] == 1
        assert chat.hear()["text"].startswith(SLOW)
