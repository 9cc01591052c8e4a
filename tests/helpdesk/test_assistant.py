"""The client of the turn channel, against a real HTTP server that misbehaves on demand."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

import helpdesk.assistant
from helpdesk.assistant import (
    AUDIENCE,
    SIGNATURE_HEADER,
    TURN_PATH,
    Actor,
    AssistantClient,
    AssistantError,
    Turn,
    sign_body,
)
from helpdesk.neighbour_lines import Patience
from tests.accounts.service import free_port
from tests.helpdesk.scripted_server import ScriptedServer, reply, run_scripted_server

TURN_KEY = "the key of the turns, long enough for all"
ACTOR_KEY = "the key of the actors, long enough for all"
RESULT: dict[str, Any] = {
    "replies": [{"text": "Hello!"}],
    "nlu": {"intent": "greet", "confidence": 0.9, "ambiguous": False, "ranking": []},
    "handoff": None,
    "trouble": False,
}
TURN = Turn("conversation-1", "message-1", text="höi 👋")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with run_scripted_server() as running:
        running.script = reply(200, json.dumps(RESULT).encode())
        yield running


@pytest.fixture
def assistant(server: ScriptedServer) -> AssistantClient:
    return client_of(server.url)


def client_of(url: str) -> AssistantClient:
    return AssistantClient(url, turn_key=TURN_KEY, actor_key=ACTOR_KEY)


def problem_with(assistant: AssistantClient) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        assistant.take_turn(TURN)
    return caught.value


def test_a_turn_brings_back_the_assistants_result(assistant: AssistantClient) -> None:
    assert assistant.take_turn(TURN) == RESULT


def test_a_typed_message_is_sent_as_text_and_a_button_as_payload(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    assistant.take_turn(TURN)
    assistant.take_turn(Turn("conversation-1", "message-2", payload="/affirm"))
    typed, pressed = (json.loads(received.body) for received in server.received)
    assert [received.path for received in server.received] == [TURN_PATH] * 2
    assert (typed["text"], typed["payload"]) == ("höi 👋", None)
    assert (pressed["text"], pressed["payload"]) == (None, "/affirm")
    assert pressed["message_id"] == "message-2"
    assert pressed["conversation_id"] == "conversation-1"


def test_the_signature_covers_the_body_and_the_moment(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    assistant.take_turn(TURN)
    received = server.received[0]
    match = re.fullmatch(
        r"t=(\d+),v1=([0-9a-f]{64})", received.headers[SIGNATURE_HEADER]
    )
    assert match
    moment, signature = match.groups()
    signed = moment.encode() + b"." + received.body
    expected = hmac.new(TURN_KEY.encode(), signed, hashlib.sha256).hexdigest()
    assert signature == expected
    assert abs(time.time() - int(moment)) < 5


def test_another_key_body_or_moment_gives_another_signature() -> None:
    signatures = {
        sign_body(b"{}", TURN_KEY, now=1_000).partition("v1=")[2],
        sign_body(b"{} ", TURN_KEY, now=1_000).partition("v1=")[2],
        sign_body(b"{}", ACTOR_KEY, now=1_000).partition("v1=")[2],
        sign_body(b"{}", TURN_KEY, now=1_001).partition("v1=")[2],
    }
    assert len(signatures) == 4


@pytest.mark.parametrize(
    ("actor", "subject", "role", "may_act"),
    [
        (None, "visitor", "contact", True),
        (Actor("sam@example.com", "admin"), "sam@example.com", "admin", True),
        (Actor("contact:7", may_act=False), "contact:7", "contact", False),
    ],
)
def test_the_turn_carries_a_signed_statement_of_who_is_asking(
    server: ScriptedServer,
    assistant: AssistantClient,
    actor: Actor | None,
    subject: str,
    role: str,
    may_act: bool,
) -> None:
    assistant.take_turn(TURN, actor)
    token = json.loads(server.received[0].body)["actor"]
    claims = jwt.decode(token, ACTOR_KEY, algorithms=["HS256"], audience=AUDIENCE)
    assert (claims["sub"], claims["role"]) == (subject, role)
    assert claims["act"] is may_act
    assert (claims["cid"], claims["mid"]) == ("conversation-1", "message-1")
    assert 0 < claims["exp"] - time.time() <= 300


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, False), (413, True), (422, True), (500, False), (503, False)],
)
def test_a_refusal_says_whether_trying_again_makes_sense(
    server: ScriptedServer,
    assistant: AssistantClient,
    status: int,
    permanent: bool,
) -> None:
    server.script = reply(status, b'{"code": "no", "message": "Because."}')
    problem = problem_with(assistant)
    assert problem.permanent is permanent
    assert "Because." in str(problem)


@pytest.mark.parametrize("status", [200, 302, 404, 422, 500, 502])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b'"text"',
        b"null",
        b"7",
        b"{}",
        b'{"replies": null}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
    ids=lambda body: str(body[:12]),
)
def test_rubbish_is_an_assistant_error_and_nothing_else(
    server: ScriptedServer, assistant: AssistantClient, status: int, body: bytes
) -> None:
    server.script = reply(status, body)
    assert str(problem_with(assistant))


def test_rubbish_instead_of_a_result_may_be_tried_again(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    server.script = reply(200, b"<html>starting</html>")
    assert not problem_with(assistant).permanent
    server.script = reply(200, json.dumps(RESULT).encode())
    assert assistant.take_turn(TURN) == RESULT


def test_a_redirect_is_not_followed(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    server.script = reply(307, b"", Location=f"{server.url}/elsewhere")
    problem_with(assistant)
    assert [received.path for received in server.received] == [TURN_PATH]


def test_nobody_listening_may_be_tried_again() -> None:
    problem = problem_with(client_of(f"http://127.0.0.1:{free_port()}"))
    assert not problem.permanent


def test_a_closed_connection_may_be_tried_again(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    server.script = lambda handler: handler.connection.close()
    assert not problem_with(assistant).permanent


def test_an_answer_cut_short_may_be_tried_again(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    server.script = reply(200, b'{"replies": ', **{"X-Padding": "1"})
    assert not problem_with(assistant).permanent


def test_silence_ends_within_the_time_out(
    server: ScriptedServer,
    assistant: AssistantClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(helpdesk.assistant, "READ_TIMEOUT_S", 0.3)
    server.script = server.hang
    begin = time.monotonic()
    assert not problem_with(assistant).permanent
    assert time.monotonic() - begin < 6  # of patience with a busy machine


def test_a_person_waits_no_longer_than_ten_seconds() -> None:
    assert helpdesk.assistant.READ_TIMEOUT_S < 10


def test_a_proxy_for_the_outside_world_is_not_asked(
    assistant: AssistantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert assistant.take_turn(TURN) == RESULT


def test_an_error_never_repeats_what_the_person_wrote(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    server.script = reply(500, b"oops")
    assert "höi" not in str(problem_with(assistant))


UNDERSTOOD: dict[str, Any] = {
    "intent": "greet",
    "confidence": 0.9,
    "ambiguous": False,
    "ranking": [{"intent": "greet", "confidence": 0.9}],
}


def test_a_text_is_understood(
    server: ScriptedServer, assistant: AssistantClient
) -> None:
    server.script = reply(200, json.dumps(UNDERSTOOD).encode())
    assert assistant.parse("höi 👋") == UNDERSTOOD
    (received,) = server.received
    assert received.path == "/webhooks/latchkey/parse"
    assert json.loads(received.body) == {"text": "höi 👋"}
    header = received.headers[SIGNATURE_HEADER]
    moment = int(header.split(",")[0].removeprefix("t="))
    assert header == sign_body(received.body, TURN_KEY, now=moment)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        json.dumps({**UNDERSTOOD, "intent": None}).encode(),
        json.dumps({**UNDERSTOOD, "confidence": "much"}).encode(),
        json.dumps({**UNDERSTOOD, "ranking": None}).encode(),
        json.dumps({**UNDERSTOOD, "ranking": ["greet"]}).encode(),
        json.dumps(RESULT).encode(),
    ],
)
def test_rubbish_is_not_taken_for_understanding(
    answer: bytes, server: ScriptedServer, assistant: AssistantClient
) -> None:
    server.script = reply(200, answer)
    with pytest.raises(AssistantError, match="rubbish"):
        assistant.parse("hello")


def test_understanding_is_not_waited_for_long(
    server: ScriptedServer,
    assistant: AssistantClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(helpdesk.assistant, "PARSE_PATIENCE", Patience(0.2, 0.2))
    server.script = server.hang
    with pytest.raises(AssistantError, match="does not answer"):
        assistant.parse("hello")
