"""Whatever comes through the real socket is acknowledged and answered, or refused."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cli.keys import ACTOR_KEY, TURN_KEY
from tests.e2e.full_stack import FullStack
from tests.e2e.test_awkward_input import AWKWARD
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import run_helpdesk

QUESTION = "how long is an invitation valid?"
ARTICLE = "invite-expired"
LONGEST_FRAME, LONGEST_TEXT = 16 * 1024, 4_000
TOO_LARGE, TOO_FAST = 1009, 4429
FLOOD = 40  # messages; a visit may send 20 in ten seconds
MORE: dict[str, str] = {
    "emoji_run": "🙈🙉🙊" * 400,
    "emoji_of_many_parts": "👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿🤦🏽‍♀️" * 60,
    "emoji_as_many_as_fit": "🔑" * 1_300,
    "arabic": "نسيت كلمة المرور \u202b(test)\u202c",
    "hebrew_and_english": "שלום, my invite expired, תודה",
    "isolates": "\u2066\u2067\u2068abc\u2069" * 50,
    "every_control_character": "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f",
    "line_separators": "one\u2028two\u2029three\u0085four",
    "escape_codes": "\x1b]0;title\x07\x1b[2J\x9b31m",
    "frame_in_a_frame": '{"type":"join","data":{"token":"x"}}',
    "button_id": "1.1",
    "offer": "offer.invite-expired.resend_invite",
    "as_long_as_can_be": "how do I log in? " * 235,
    "one_too_long": "x" * 4_001,
    "header": "x\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "sqlite": "'); ATTACH DATABASE '/tmp/x.db' AS x;--",
    "copied_mail": "From: a <a@example.com>\nSubject: =?utf-8?q?x?=\n\n> quoted\n--\nsig",
}
# A frame of exactly this many bytes; the longest may pass, one more may not.
FRAME_SIZES = {LONGEST_FRAME: "too_long", LONGEST_FRAME + 1: None}


def outcome(text: str) -> str:
    """Return what the protocol says about a text: `ack`, a code, or `closed`."""
    if len(json.dumps(a_message(text))) > LONGEST_FRAME:
        return "closed"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "bad_frame"
    if len(text) > LONGEST_TEXT:
        return "too_long"
    return "ack" if text.replace("\0", "").strip() else "empty_message"


def a_message(text: str) -> dict[str, Any]:
    return {"type": "message", "data": {"client_id": str(uuid4()), "text": text}}


def check_that_it_goes_on(chat: ChatClient) -> None:
    """The next question is just the next one: nothing was obeyed, nothing is stuck."""
    assert chat.ask(QUESTION)["article"]["slug"] == ARTICLE


@pytest.mark.parametrize("text", (AWKWARD | MORE).values(), ids=AWKWARD | MORE)
def test_awkward_text_is_answered_or_refused_and_the_chat_goes_on(
    product: FullStack, text: str
) -> None:
    expected = outcome(text)
    with ChatClient.of_new_contact(product.site) as chat:
        frame = a_message(text)
        if expected == "closed":
            chat.socket.send(json.dumps(frame))
            assert chat.close_code() == TOO_LARGE
            chat.drop()
            chat.join()
        elif expected != "ack":
            assert chat.refusal("message", frame["data"]) == expected
        else:
            chat.send("message", frame["data"])
            chat.next("ack", lambda a: a["client_id"] == frame["data"]["client_id"])
            answer = chat.hear()
            assert answer["text"].strip()
            assert "longer than it should" not in answer["text"]
            assert "on its way" not in answer["text"]
            titles = {button["title"] for button in answer.get("buttons", [])}
            assert "Yes, send it" not in titles
        check_that_it_goes_on(chat)


@pytest.mark.parametrize("size", FRAME_SIZES)
def test_the_largest_frame_is_read_and_a_larger_one_closes_the_socket(
    product: FullStack, size: int
) -> None:
    with ChatClient.of_new_contact(product.site) as chat:
        frame = json.dumps(a_message(""))
        chat.socket.send(json.dumps(a_message("x" * (size - len(frame)))))
        code = FRAME_SIZES[size]
        if code is None:
            assert chat.close_code() == TOO_LARGE
            chat.drop()
            chat.join()
        else:
            assert chat.next("error")["code"] == code
        check_that_it_goes_on(chat)


@pytest.mark.parametrize(
    "frame",
    ["", "null", "[]", "{}", "\x00", "{" * 8_000, '{"type":"message","data":' * 600],
    ids=["empty", "null", "list", "nothing", "null_byte", "braces", "nested"],
)
def test_rubbish_instead_of_a_frame_is_refused(product: FullStack, frame: str) -> None:
    with ChatClient.of_new_contact(product.site) as chat:
        chat.socket.send(frame)
        assert chat.next("error")["code"] == "bad_frame"
        check_that_it_goes_on(chat)


def test_a_flood_is_slowed_down_and_nothing_that_was_accepted_is_lost(
    product: FullStack, tmp_path: Path
) -> None:
    keys = {name: product.stack.keys[name] for name in (TURN_KEY, ACTOR_KEY)}
    rasa_url = product.stack.url("rasa")
    with (
        run_helpdesk(tmp_path, LATCHKEY_RASA_URL=rasa_url, **keys) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        flood = [a_message(f"{QUESTION} {n}")["data"] for n in range(FLOOD)]
        for data in flood:
            chat.send("message", data)
        accepted, refused = [], []
        while len(accepted) + len(refused) < FLOOD:
            frame = json.loads(chat.socket.recv(15))
            if frame["type"] == "ack":
                accepted.append(frame["data"]["client_id"])
            elif frame["type"] == "error":
                assert frame["data"]["code"] == "too_fast"
                refused.append(frame["data"])
        assert accepted
        assert refused
        wait_ms = max(error["retry_in_ms"] for error in refused)
        assert 0 < wait_ms <= 10_000
        time.sleep(wait_ms / 1000)  # what the answer asks for
        again = next(d for d in flood if d["client_id"] == refused[-1]["client_id"])
        chat.post(again["text"], again["client_id"])
        assert chat.hear()["text"]
        with ChatClient(run.base_url, chat.token) as fresh:
            kept = [m.get("client_id") for m in fresh.join()["messages"]]
        assert [each for each in kept if each] == [*accepted, again["client_id"]]


def test_who_does_not_stop_is_cut_off(product: FullStack, tmp_path: Path) -> None:
    with (
        run_helpdesk(tmp_path) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        for _ in range(200):
            chat.send("ping")
        assert chat.close_code() == TOO_FAST
        with ChatClient(run.base_url, chat.token) as back:
            assert back.join()["conversation"] == chat.conversation


def test_no_awkward_text_left_a_trace_in_a_log(product: FullStack) -> None:
    said = [text for text in (AWKWARD | MORE).values() if 12 < len(text) < LONGEST_TEXT]
    for text in said:
        if outcome(text) == "ack":
            with ChatClient.of_new_contact(product.site) as chat:
                chat.post(text)
                chat.hear()
    for log in (child.log for child in product.children):
        written = log.read_text(encoding="utf-8", errors="replace")
        assert "Traceback" not in written
        assert [text for text in said if text.strip() in written] == []
    assert " ERROR " not in product.helpdesk.log.read_text(encoding="utf-8")
