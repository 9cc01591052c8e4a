"""The turn channel over HTTP: who is let in, and what a turn looks like."""

import asyncio
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import sanic
from rasa.core.channels import channel
from sanic.request import Request

from bot.channel import (
    KEY_LENGTH,
    SIGNATURE_HEADER,
    SIGNATURE_LIFE_S,
    TurnChannel,
    read_turn,
)
from bot.turn import InvalidTurnError, Turn
from tests.bot.action_server import ActionServer
from tests.bot.turns import Run, new_id, texts

KEY = "k" * KEY_LENGTH
Post = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def entry() -> TurnChannel:
    """The channel; a process has one, as Sanic 21.12 serves one application only."""
    return TurnChannel.from_credentials({"key": KEY})


@contextmanager
def served(entry: TurnChannel, name: str, agent: Any, loop: Any, run: Run) -> Any:
    """Serve a channel on the agent's loop; yield its server and its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    async def start() -> Any:
        # Else Sanic rewrites its own methods once more for a second server, and fails.
        sanic.Sanic.test_mode = True
        app = sanic.Sanic(name, configure_logging=False)
        app.ctx.agent = agent
        channel.register([entry], app, route="/webhooks/")
        server = await app.create_server(
            sock=listener, return_asyncio_server=True, access_log=False
        )
        await server.startup()
        return server

    server = run(start())
    port = listener.getsockname()[1]
    yield server, f"http://127.0.0.1:{port}/webhooks/latchkey"
    loop.call_soon_threadsafe(server.close)


@pytest.fixture(scope="module")
def base_url(entry: TurnChannel, agent: Any, loop: Any, run: Run) -> Iterator[str]:
    """Where the channel is served."""
    with served(entry, "channel", agent, loop, run) as (_, url):
        yield url


def signature(body: bytes, *, key: str = KEY, at: float | None = None) -> str:
    moment = str(int(time.time() if at is None else at))
    signed = moment.encode() + b"." + body
    digest = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@pytest.fixture
def post(base_url: str, action_server: Any) -> Post:
    """Post a body with a signature header, or without."""

    def send(body: bytes, header: str | None, to: str = "turn") -> requests.Response:
        headers = {} if header is None else {SIGNATURE_HEADER: header}
        return requests.post(f"{base_url}/{to}", data=body, headers=headers, timeout=15)

    return send


def turn_body(**fields: Any) -> bytes:
    turn = {"message_id": new_id(), "conversation_id": new_id(), "text": "hello"}
    return json.dumps({**turn, **fields}).encode()


def test_a_signed_turn_is_answered(post: Post) -> None:
    body = turn_body(text="how do I log in?")
    answer = post(body, signature(body))
    assert answer.status_code == 200
    result = answer.json()
    assert set(result) == {
        *("replies", "nlu", "handoff", "trouble", "acted", "actions"),
        *("receipts", "plan", "wish", "skipped"),
    }
    assert result["nlu"]["intent"] == "how_to_log_in"
    assert "password" in texts(result)[0]


def test_a_repeated_turn_gets_the_same_answer(
    post: Post, action_server: ActionServer
) -> None:
    body = turn_body(text="talk to a human please")
    first = post(body, signature(body))
    second = post(body, signature(body, at=time.time() + 1))
    assert first.json() == second.json()
    assert len(action_server.calls) == 1


def test_a_signed_payload_is_a_button(post: Post) -> None:
    body = json.dumps(
        {"message_id": "1-a", "conversation_id": new_id(), "payload": "/greet"}
    ).encode()
    assert post(body, signature(body)).json()["nlu"]["intent"] == "greet"


@pytest.mark.parametrize("shift", [-SIGNATURE_LIFE_S + 20, 0, SIGNATURE_LIFE_S - 20])
def test_clocks_may_differ_a_little(shift: int, post: Post) -> None:
    body = turn_body()
    assert post(body, signature(body, at=time.time() + shift)).status_code == 200


BODY = turn_body()
GOOD = signature(BODY)
DIGEST = GOOD.split("v1=")[1]
FORGERIES = {
    "no header": None,
    "an empty header": "",
    "another key": signature(BODY, key="x" * 32),
    "an empty key": signature(BODY, key=""),
    "an old one": signature(BODY, at=time.time() - SIGNATURE_LIFE_S - 5),
    "one from the future": signature(BODY, at=time.time() + SIGNATURE_LIFE_S + 600),
    "another body's": signature(BODY + b" "),
    "another moment's": f"t={int(time.time()) + 1},v1={DIGEST}",
    "no moment": f"v1={DIGEST}",
    "a negative moment": f"t=-1,v1={DIGEST}",
    "a long moment": f"t={'9' * 500},v1={DIGEST}",
    "a cut digest": GOOD[:-1],
    "capitals": GOOD.replace(DIGEST, DIGEST.upper()),
    "another version": GOOD.replace("v1", "v0"),
    "more behind it": GOOD + ",v1=" + "0" * 64,
    "the digest alone": DIGEST,
    "rubbish": "t=,v1=",
    "other digits": GOOD.replace("t=1", "t=١").encode().decode("latin-1"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_signature_is_refused(
    forgery: str, post: Post, action_server: ActionServer
) -> None:
    answer = post(BODY, FORGERIES[forgery])
    assert answer.status_code == 401
    assert answer.json()["code"] == "bad_signature"
    assert action_server.calls == []


def test_a_tampered_body_is_refused(post: Post) -> None:
    body = turn_body(text="hello")
    tampered = body.replace(b"hello", b"/stop")
    assert post(tampered, signature(body)).status_code == 401


@pytest.mark.parametrize("key", ["", "short", "${LATCHKEY_TURN_KEY}", "${" + "x" * 40])
@pytest.mark.parametrize("signed_with", ["", KEY, "same"])
def test_without_a_proper_key_nobody_is_let_in(
    key: str,
    signed_with: str,
    post: Post,
    entry: TurnChannel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyless = TurnChannel.from_credentials({"key": key} if key else None)
    monkeypatch.setattr(entry, "_keys", keyless._keys)
    body = turn_body()
    used = key if signed_with == "same" else signed_with
    assert post(body, signature(body, key=used)).status_code == 401


def test_a_former_key_is_honoured_while_it_is_configured(
    post: Post, entry: TurnChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = "the-key-from-before-which-is-long-enough"
    monkeypatch.setenv("LATCHKEY_TURN_KEY_FORMER", f"{former}, short")
    changing = TurnChannel.from_credentials({"key": KEY})
    body = turn_body()
    assert post(body, signature(body, key=former)).status_code == 401
    monkeypatch.setattr(entry, "_keys", changing._keys)
    for key, status in ((former, 200), (KEY, 200), ("short", 401), ("", 401)):
        assert post(body, signature(body, key=key)).status_code == status


MALFORMED = {
    "no JSON": b"hello",
    "nothing": b"",
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "null": b"null",
    "deep": b"[" * 100_000,
    "no message id": json.dumps({"conversation_id": "c", "text": "x"}).encode(),
    "no conversation id": json.dumps({"message_id": "m", "text": "x"}).encode(),
    "an id that is a number": turn_body(message_id=1),
    "an empty id": turn_body(message_id=""),
    "an id with spaces": turn_body(conversation_id="a b"),
    "an id with a newline": turn_body(conversation_id="a\n"),
    "a long id": turn_body(conversation_id="a" * 129),
    "neither text nor payload": turn_body(text=None),
    "both": turn_body(payload="/greet"),
    "a text that is a list": turn_body(text=["hello"]),
    "an actor that is an object": turn_body(actor={"role": "admin"}),
    "an unknown field": turn_body(role="admin"),
    "an unknown payload": turn_body(text=None, payload="/restart"),
}


@pytest.mark.parametrize("malformation", MALFORMED)
def test_a_malformed_turn_is_refused(
    malformation: str, post: Post, action_server: ActionServer
) -> None:
    body = MALFORMED[malformation]
    answer = post(body, signature(body))
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid_turn"
    assert problem["message"].endswith(".")
    assert action_server.calls == []


def test_a_hundred_kilobytes_of_text_are_taken(post: Post) -> None:
    body = turn_body(text="help " * 20_000)
    assert post(body, signature(body)).status_code == 200


def test_health_needs_no_signature(base_url: str) -> None:
    answer = requests.get(f"{base_url}/", timeout=5)
    assert answer.json() == {"status": "ok"}


def test_another_model_in_the_running_server_is_used_from_then_on(
    base_url: str, agent: Any, run: Run
) -> None:
    class Other:
        """An agent that has no model; only its being another one matters."""

    taken: list[Any] = []

    class Taker:
        def __init__(self, agent: Any) -> None:
            self.agent = agent

        async def take(self, turn: Turn) -> dict[str, Any]:
            taken.append(self.agent)
            return {}

    entry = TurnChannel(KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.channel.TurnTaker", Taker)
        app = sanic.Sanic("reload", configure_logging=False)
        app.blueprint(entry.blueprint(lambda _: asyncio.sleep(0)), url_prefix="/x")
        handler = next(r.handler for r in app.router.routes if r.path == "x/turn")
        for current in (agent, agent, Other()):
            app.ctx.agent = current
            body = turn_body()
            request = Request(b"/x/turn", {}, "1.1", "POST", None, app)
            request.headers[SIGNATURE_HEADER] = signature(body)
            request.body = body
            run(handler(request))
    assert [type(a).__name__ for a in taken] == ["Agent", "Agent", "Other"]


def test_a_turn_is_read_field_by_field() -> None:
    body = turn_body(message_id="m:1", conversation_id="c.1", text="hi", actor="a.b.c")
    assert read_turn(body) == Turn("m:1", "c.1", text="hi", actor="a.b.c")


def test_a_turn_with_an_empty_text_is_a_turn() -> None:
    assert read_turn(turn_body(text="")).text == ""


def test_the_reason_names_the_field() -> None:
    with pytest.raises(InvalidTurnError, match="`conversation_id`"):
        read_turn(turn_body(conversation_id="/"))


def test_a_signed_text_is_understood_and_touches_no_conversation(
    post: Post, agent: Any, run: Run, action_server: ActionServer
) -> None:
    before = set(run(agent.tracker_store.keys()))
    for text, intent in (
        ("how do I log in?", "how_to_log_in"),
        ("/restart", "out_of_scope"),
        ("👍", "affirm"),
    ):
        body = json.dumps({"text": text}).encode()
        answer = post(body, signature(body), to="parse")
        assert answer.status_code == 200
        understood = answer.json()
        assert set(understood) == {"intent", "confidence", "ambiguous", "ranking"}
        assert understood["intent"] == intent
    assert set(run(agent.tracker_store.keys())) == before
    assert action_server.calls == []


def test_a_text_is_understood_as_in_a_turn(post: Post) -> None:
    body = turn_body(text="my invitation link has expired")
    taken = post(body, signature(body)).json()["nlu"]
    body = json.dumps({"text": "my invitation link has expired"}).encode()
    assert post(body, signature(body), to="parse").json() == taken


@pytest.mark.parametrize("forgery", FORGERIES)
def test_nothing_is_understood_without_a_signature(forgery: str, post: Post) -> None:
    answer = post(BODY, FORGERIES[forgery], to="parse")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"[]", b"{}", b'{"text": 1}', b'{"text": null}', turn_body()],
)
def test_only_a_text_is_understood(body: bytes, post: Post) -> None:
    answer = post(body, signature(body), to="parse")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_turn")


def test_what_is_signed_is_forgotten(post: Post) -> None:
    taken = json.loads(turn_body())
    body = json.dumps(taken).encode()
    assert post(body, signature(body)).status_code == 200
    wish = json.dumps({"conversations": [taken["conversation_id"], new_id()]}).encode()
    refused = post(wish, signature(wish, key="x" * 32), to="forget")
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
    assert post(wish, signature(wish), to="forget").json() == {"forgotten": 1}
    again = post(body, signature(body))
    assert (again.status_code, again.json()["code"]) == (422, "invalid_turn")


def test_whoever_is_told_to_end_refuses_what_comes_and_answers_what_it_has(
    agent: Any, loop: Any, run: Run, action_server: ActionServer
) -> None:
    action_server.answers["action_request_handoff"] = action_server.wait_for_release

    def send(url: str, text: str, key: str = KEY) -> requests.Response:
        body = turn_body(text=text)
        headers = {SIGNATURE_HEADER: signature(body, key=key)}
        return requests.post(f"{url}/turn", data=body, headers=headers, timeout=15)

    with (
        served(TurnChannel(KEY), "ending", agent, loop, run) as (server, url),
        ThreadPoolExecutor() as threads,
    ):
        running = threads.submit(send, url, "talk to a human please")
        assert action_server.reached.wait(10)
        ending = asyncio.run_coroutine_threadsafe(server.before_stop(), loop)
        while requests.get(f"{url}/", timeout=5).status_code == 200:
            pass
        late = send(url, "hello")
        assert send(url, "hello", key="x" * 32).status_code == 401
        assert not ending.done()
        action_server.release.set()
        answered = running.result()
        ending.result(10)
    assert (late.status_code, late.json()["code"]) == (503, "stopping")
    assert texts(answered.json()) == ["ran action_request_handoff"]
