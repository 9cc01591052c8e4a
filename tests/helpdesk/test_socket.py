"""The chat's socket, from outside: the real process, a real socket, no browser."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.helpdesk.chat_client import ChatClient, begin_visit
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant

QUESTION = "my invitation has expired"
BUTTONS = [{"title": "Yes, send it", "payload": "/affirm"}]


def test_a_question_is_acknowledged_and_answered(chat: ChatClient) -> None:
    client_id = uuid4()
    ack = chat.post(QUESTION, client_id)
    answer = chat.hear()
    assert (ack["client_id"], ack["seq"], ack["text"]) == (str(client_id), 1, QUESTION)
    assert ack["redactions"] == []
    assert (answer["seq"], answer["text"]) == (2, f"You said: {QUESTION}")
    assert chat.messages[1]["client_id"] == str(client_id)
    assert chat.messages[1]["sender"] == "contact"


def test_the_assistant_sees_a_signed_turn_of_this_contact(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    chat.ask(QUESTION)
    (turn,) = assistant.turns
    assert turn["conversation_id"] == chat.conversation["id"]
    assert (turn["text"], turn["payload"]) == (QUESTION, None)
    assert turn["actor"].count(".") == 2


def test_a_message_sent_again_is_acknowledged_again_and_answered_once(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    client_id = uuid4()
    first = chat.post(QUESTION, client_id)
    chat.hear()
    assert chat.post(QUESTION, client_id) == first
    chat.ask("and something else after that")
    assert [turn["text"] for turn in assistant.turns] == [
        QUESTION,
        "and something else after that",
    ]


def test_whoever_comes_back_gets_exactly_what_was_missed(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    assistant.is_free.clear()
    chat.post(QUESTION)
    chat.drop()
    assistant.is_free.set()
    with ChatClient(chat.base_url, chat.token) as other_tab:
        other_tab.join()
        if other_tab.last_seq < 2:
            other_tab.hear()
    joined = chat.join()
    assert [message["seq"] for message in joined["messages"]] == [2]
    assert joined["last_seq"] == 2


def test_two_tabs_see_the_same(chat: ChatClient) -> None:
    with ChatClient(chat.base_url, chat.token) as other:
        other.join()
        chat.ask(QUESTION)
        chat.send("seen", {"seq": 2})
        other.next("seen", lambda seen: seen["seq"] == 2)
        assert other.messages == chat.messages


def test_a_button_is_pressed_by_its_id_and_its_payload_stays_secret(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    assistant.say({"text": "Shall I?", "buttons": BUTTONS})
    question = chat.ask("send me a new invitation")
    assert question["buttons"] == [{"id": "2.0", "title": "Yes, send it"}]
    chat.press("2.0")
    chat.hear()
    assert assistant.turns[-1]["payload"] == "/affirm"
    assert chat.messages[3]["text"] == "Yes, send it"
    assert "/affirm" not in json.dumps(list(chat.messages.values()))


def test_typed_text_is_never_a_payload(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    chat.ask('/affirm{"email": "x@example.com"} please')
    assert assistant.turns[-1]["payload"] is None
    assert chat.refusal(
        "message", {"client_id": str(uuid4()), "button": "/affirm"}
    ) == ("button_expired")


def test_a_person_can_always_be_asked_for(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    ack = chat.press("person")
    chat.hear()
    assert assistant.turns[-1]["payload"] == "/talk_to_human"
    assert ack["text"] == "I'd like to talk to a person"


def test_a_burst_becomes_one_turn(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    for text in ("hello", "my invite", "expired"):
        chat.post(text)
    assert chat.hear()["text"] == "You said: hello\nmy invite\nexpired"
    assert len(assistant.turns) == 1


def test_starting_over_takes_all_tabs_along(chat: ChatClient) -> None:
    old = chat.conversation["id"]
    with ChatClient(chat.base_url, chat.token) as other:
        other.join()
        chat.ask(QUESTION)
        new = str(uuid4())
        chat.send("start_over", {"client_id": new})
        for tab in (chat, other):
            assert tab.next("joined")["conversation"]["id"] == new != old
        chat.messages, other.messages = {}, {}
        chat.ask("a first message in the new one")
        other.hear()
        assert other.last_seq == 2


def test_starting_over_again_with_the_same_id_changes_nothing(
    chat: ChatClient,
) -> None:
    old, new = chat.conversation["id"], str(uuid4())
    chat.send("start_over", {"client_id": new})
    chat.next("joined")
    chat.messages = {}
    chat.ask("a first message in the new one")
    chat.send("start_over", {"client_id": new})
    again = chat.next("joined")
    assert (again["conversation"]["id"], again["last_seq"]) == (new, 2)
    assert chat.refusal("start_over", {"client_id": old}) == "not_found"


def test_older_messages_can_be_paged_to(chat: ChatClient) -> None:
    for number in range(3):
        chat.ask(f"this is question number {number}")
    chat.messages = {}
    chat.send("history", {"before": 4})
    page = chat.next("history")
    assert [message["seq"] for message in page["messages"]] == [1, 2, 3]
    assert page["has_more"] is False


def test_typing_of_the_assistant_is_shown_and_ends(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    assistant.is_free.clear()
    chat.post(QUESTION)
    typing = chat.next("typing")
    assert typing == {"sender": "assistant", "on": True, "expires_in_ms": 5_000}
    assistant.is_free.set()
    assert chat.next("typing", lambda it: not it["on"])["sender"] == "assistant"


def test_a_ping_is_answered_before_and_after_joining(helpdesk: HelpdeskRun) -> None:
    with ChatClient(helpdesk.base_url, begin_visit(helpdesk.base_url)) as client:
        client.send("ping")
        client.next("pong")
        client.join()
        client.send("ping")
        client.next("pong")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_frame"),
        ("no json", "bad_frame"),
        ("[]", "bad_frame"),
        ("null", "bad_frame"),
        ('{"type": "ping", "data": {}, "more": 1}', "bad_frame"),
        ('{"type": "ping", "data": {"x": 1}}', "bad_frame"),
        ('{"type": "seen", "data": {"seq": "1"}}', "bad_frame"),
        ('{"type": "seen", "data": {"seq": -1}}', "bad_frame"),
        ('{"type": "seen", "data": {"seq": 1e99}}', "bad_frame"),
        ('{"type": "seen", "data": {"seq": 5}}', "bad_frame"),
        ('{"type": "join", "data": {"after": 7}}', "bad_frame"),
        ('{"type": "message", "data": {"client_id": "x", "text": "y"}}', "bad_frame"),
        ('{"type": "message", "data": {"text": "y"}}', "bad_frame"),
        ('{"type": "dance", "data": {}}', "unknown_type"),
        ('{"type": "joined", "data": {}}', "unknown_type"),
        ("[" * 5_000, "bad_frame"),
    ],
)
def test_a_bad_frame_is_refused_and_the_socket_goes_on(
    chat: ChatClient, text: str, code: str
) -> None:
    if '"join"' in text:
        text = text.replace('"after"', f'"token": "{chat.token}", "after"')
    chat.socket.send(text)
    assert chat.next("error")["code"] == code
    assert chat.ask(QUESTION)["seq"] == 2


def test_a_refused_message_names_its_client_id(chat: ChatClient) -> None:
    client_id = str(uuid4())
    chat.send("message", {"client_id": client_id, "text": "  "})
    error = chat.next("error")
    assert (error["code"], error["client_id"]) == ("empty_message", client_id)
    chat.send("message", {"client_id": client_id, "text": "x" * 4_001})
    assert chat.next("error")["code"] == "too_long"


def test_too_many_bad_frames_close_the_socket(chat: ChatClient) -> None:
    for _ in range(10):
        chat.socket.send("rubbish")
    assert chat.close_code() == 4400


def test_a_frame_that_is_too_large_closes_the_socket(chat: ChatClient) -> None:
    chat.socket.send("x" * 20_000)
    assert chat.close_code() == 1009


@pytest.mark.parametrize("name", ["message", "typing", "seen", "history", "start_over"])
def test_nothing_works_before_joining(helpdesk: HelpdeskRun, name: str) -> None:
    data = {
        "message": {"client_id": str(uuid4()), "text": "hello"},
        "typing": {"on": True},
        "seen": {"seq": 0},
        "history": {"before": 1},
        "start_over": {"client_id": str(uuid4())},
    }
    with ChatClient(helpdesk.base_url, "") as client:
        assert client.refusal(name, data[name]) == "not_joined"


@pytest.mark.parametrize("token", [None, "", "rubbish", "0" * 32 + ".forged"])
def test_without_a_good_token_the_socket_closes(
    helpdesk: HelpdeskRun, token: str | None
) -> None:
    with ChatClient(helpdesk.base_url, "") as client:
        assert client.refusal("join", {"token": token}) == "unauthorized"
        assert client.close_code() == 4401


def test_a_revoked_visit_cannot_join(chat: ChatClient) -> None:
    answer = requests.delete(
        f"{chat.base_url}/api/v1/visits/current",
        headers={"Authorization": f"Bearer {chat.token}"},
        timeout=10,
    )
    assert answer.status_code == 204
    with ChatClient(chat.base_url, chat.token) as client:
        assert client.refusal("join", {"token": chat.token}) == "unauthorized"
    hello = {"client_id": str(uuid4()), "text": "am I still here?"}
    assert chat.refusal("message", hello) == "unauthorized", "nor can an open socket"
    assert chat.close_code() == 4401


def test_somebody_elses_conversation_looks_like_none(
    chat: ChatClient, helpdesk: HelpdeskRun
) -> None:
    chat.ask(QUESTION)
    with ChatClient.of_new_contact(helpdesk.base_url) as stranger:
        codes = [
            stranger.refusal("join", {"token": stranger.token, "conversation": wanted})
            for wanted in (chat.conversation["id"], str(uuid4()))
        ]
        assert codes == ["not_found", "not_found"]
        assert stranger.messages == {}
        stranger.ask("hear me in my own conversation")
        assert stranger.last_seq == 2
        assert chat.last_seq == 2


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_a_strange_site_gets_no_socket(helpdesk: HelpdeskRun, origin: str) -> None:
    url = helpdesk.base_url.replace("http", "ws", 1) + "/api/v1/socket"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, origin=origin)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


def test_the_cookie_opens_the_socket_from_our_own_pages_only(
    helpdesk: HelpdeskRun,
) -> None:
    token = begin_visit(helpdesk.base_url)
    url = helpdesk.base_url.replace("http", "ws", 1) + "/api/v1/socket"
    cookie = {"Cookie": f"latchkey_visit={token}"}
    for origin, expected in ((helpdesk.base_url, "joined"), (None, "joined")):
        with connect(url, origin=origin, additional_headers=cookie) as socket:  # type: ignore[arg-type]
            socket.send('{"type": "join", "data": {}}')
            assert json.loads(socket.recv(10))["type"] == expected


def test_a_restart_is_named_when_the_socket_closes(tmp_path: Path) -> None:
    with (
        run_helpdesk(tmp_path) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        run.process.stop()
        assert chat.close_code() == 1012
