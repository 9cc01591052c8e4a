"""The chat over plain HTTP: for networks that block WebSockets."""

import threading
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.accounts.service import wait_for
from tests.helpdesk.chat_client import begin_visit
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

QUESTION = "my invitation has expired"


class Caller:
    """A contact who uses the HTTP API."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self.base_url = base_url
        self.headers = {"Authorization": f"Bearer {token or begin_visit(base_url)}"}
        current = self.call("GET", "/conversation").json()
        self.path = f"/conversations/{current['conversation']['id']}"

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        url = f"{self.base_url}/api/v1{path}"
        return requests.request(
            method, url, json=body, headers=self.headers, timeout=30
        )

    def say(self, text: str, client_id: str | None = None) -> requests.Response:
        body = {"client_id": client_id or str(uuid4()), "text": text}
        return self.call("POST", f"{self.path}/messages", body)

    def news(self, after: int, wait: int = 20) -> list[dict[str, Any]]:
        path = f"{self.path}/messages?after={after}&wait={wait}"
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])


@pytest.fixture
def caller(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Caller:
    assistant.reset()
    return Caller(helpdesk.base_url)


def test_post_and_long_poll_bring_the_answer(caller: Caller) -> None:
    sent = caller.say(QUESTION)
    assert sent.status_code == 201
    assert sent.json()["seq"] == 1
    seen: list[dict[str, Any]] = []
    while len(seen) < 2:
        seen += caller.news(after=len(seen))
    assert [message["text"] for message in seen] == [QUESTION, f"You said: {QUESTION}"]


def test_a_poll_waits_for_what_comes(caller: Caller) -> None:
    caught: list[dict[str, Any]] = []
    poll = threading.Thread(target=lambda: caught.extend(caller.news(after=0)))
    poll.start()
    caller.say(QUESTION)
    poll.join(20)
    assert caught[0]["text"] == QUESTION


def test_who_has_missed_how_it_stands_does_not_wait(
    caller: Caller, assistant: ScriptedAssistant
) -> None:
    known = caller.call("GET", "/conversation").json()["standing"]
    assistant.handoff = {"reason": "asked"}
    caller.say("talk to a person")
    seen = 0
    while caller.call("GET", "/conversation").json()["standing"] == known:
        seen += len(caller.news(after=seen))
    seen += len(caller.news(after=seen, wait=1))
    poll = f"{caller.path}/messages?after={seen}&wait=20&standing="
    # Without the mark this waits until something happens.
    now = caller.call("GET", poll + known).json()
    assert now["messages"] == []
    assert now["standing"] != known
    waiting = threading.Thread(target=caller.call, args=("GET", poll + now["standing"]))
    waiting.start()
    waiting.join(1)
    assert waiting.is_alive(), "there is nothing new"
    caller.say(QUESTION)
    waiting.join(20)
    assert not waiting.is_alive()


def test_a_message_sent_again_is_the_same_message(caller: Caller) -> None:
    client_id = str(uuid4())
    first, again = caller.say(QUESTION, client_id), caller.say(QUESTION, client_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert caller.say("another text altogether", client_id).status_code == 409


def test_starting_over_gives_an_empty_conversation(caller: Caller) -> None:
    caller.say(QUESTION)
    new = str(uuid4())
    answer = caller.call("POST", "/conversations", {"client_id": new})
    assert (answer.status_code, answer.json()["conversation"]["id"]) == (201, new)
    current = caller.call("GET", "/conversation").json()
    assert (current["conversation"]["id"], current["messages"]) == (new, [])


def test_the_transcript_is_a_text_to_keep(caller: Caller) -> None:
    caller.say(QUESTION)
    seen: list[dict[str, Any]] = []
    while len(seen) < 2:
        seen += caller.news(after=len(seen))
    answer = caller.call("GET", f"{caller.path}/transcript")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert f"You\n{QUESTION}\n" in answer.text
    assert f"Assistant\nYou said: {QUESTION}" in answer.text


def test_seen_and_typing_are_noted(caller: Caller) -> None:
    caller.say(QUESTION)
    assert caller.call("PUT", f"{caller.path}/seen", {"seq": 1}).status_code == 204
    assert caller.call("PUT", f"{caller.path}/typing", {"on": True}).status_code == 204
    assert caller.call("GET", "/conversation").json()["seen_seq"] == 1


def test_every_path_is_closed_to_a_stranger(
    caller: Caller, helpdesk: HelpdeskRun
) -> None:
    stranger = Caller(helpdesk.base_url)
    stranger.path = caller.path
    for method, rest, body in (
        ("GET", "/messages", None),
        ("GET", "/transcript", None),
        ("POST", "/messages", {"client_id": str(uuid4()), "text": "let me in"}),
        ("PUT", "/seen", {"seq": 0}),
        ("PUT", "/typing", {"on": True}),
    ):
        answer = stranger.call(method, stranger.path + rest, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), rest


def test_without_a_visit_nothing_is_told(helpdesk: HelpdeskRun) -> None:
    url = f"{helpdesk.base_url}/api/v1/conversation"
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/messages?after=x", None),
        ("GET", "/messages?after=-1", None),
        ("GET", "/messages?after=99999999999999999999", None),
        ("GET", "/messages?after=7", None),
        ("GET", "/messages?wait=26", None),
        ("GET", "/messages?wait=000000000000040", None),
        ("GET", "/messages?before=00000000000099999999999999999999", None),
        ("GET", "/messages?before=" + "0" * 5_000, None),
        ("POST", "/messages", []),
        ("POST", "/messages", {"text": "no id"}),
        ("POST", "/messages", {"client_id": "x", "text": "y"}),
        ("PUT", "/seen", {"seq": "1"}),
        ("PUT", "/seen", {"seq": 9}),
        ("PUT", "/typing", {}),
    ],
)
def test_bad_input_gets_a_clear_error(
    caller: Caller, method: str, path: str, body: Any
) -> None:
    answer = caller.call(method, caller.path + path, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_a_page_of_another_site_cannot_use_the_cookie(helpdesk: HelpdeskRun) -> None:
    token = begin_visit(helpdesk.base_url)
    for origin, status in ((helpdesk.base_url, 201), ("https://evil.example", 403)):
        answer = requests.post(
            f"{helpdesk.base_url}/api/v1/conversations",
            json={"client_id": str(uuid4())},
            headers={"Origin": origin},
            cookies={"latchkey_visit": token},
            timeout=10,
        )
        assert answer.status_code == status
    without_origin = requests.post(
        f"{helpdesk.base_url}/api/v1/conversations",
        json={"client_id": str(uuid4())},
        cookies={"latchkey_visit": token},
        timeout=10,
    )
    assert without_origin.status_code == 401


def test_answers_carry_safe_headers(helpdesk: HelpdeskRun) -> None:
    answer = requests.get(f"{helpdesk.base_url}/api/v1/conversation", timeout=10)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-Id"]) == 32
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_health_readiness_and_measures(helpdesk: HelpdeskRun, caller: Caller) -> None:
    caller.say(QUESTION)
    for path in ("/healthz", "/readyz"):
        answer = requests.get(helpdesk.base_url + path, timeout=10)
        assert answer.json()["status"] == "ok"

    def measures() -> str:
        return requests.get(f"{helpdesk.base_url}/metrics", timeout=10).text

    answered = 'latchkey_turns_total{end="answered"}'
    wait_for(lambda: answered in measures(), "an answer")
    accepted = measures().partition("\nlatchkey_messages_total ")[2].split()[0]
    assert float(accepted) >= 1


def test_measures_are_not_shown_through_a_proxy_that_nobody_mentioned(
    helpdesk: HelpdeskRun,
) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7"}
    url = f"{helpdesk.base_url}/metrics"
    assert requests.get(url, headers=headers, timeout=10).status_code == 404
