"""A turn's place in the help desk's trace: carried on, timed, and told with the answer."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot import trace
from bot.channel import KEY_LENGTH, SIGNATURE_HEADER, TurnChannel
from tests.bot.action_server import ActionServer
from tests.bot.test_channel import served, signature, turn_body
from tests.bot.turns import Run

KEY = "k" * KEY_LENGTH
TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WANTED = f"00-{TRACE_ID}-{SPAN_ID}-01"
NOT_WANTED = f"00-{TRACE_ID}-{SPAN_ID}-00"


@pytest.fixture(scope="module")
def base_url(agent: Any, loop: Any, run: Run) -> Iterator[str]:
    entry = TurnChannel.from_credentials({"key": KEY})
    with served(entry, "traced", agent, loop, run) as (_, url):
        yield url


def take(base_url: str, text: str, header: str | None) -> dict[str, Any]:
    body = turn_body(text=text)
    headers = {SIGNATURE_HEADER: signature(body)}
    if header is not None:
        headers["traceparent"] = header
    answer = requests.post(f"{base_url}/turn", data=body, headers=headers, timeout=15)
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_answer_says_what_took_how_long(
    base_url: str, action_server: ActionServer
) -> None:
    text = "talk to a human please"
    spans = take(base_url, text, WANTED)["spans"]
    by_name = {(span["kind"], span["name"]): span for span in spans}
    server = by_name["server", "POST /webhooks/latchkey/turn"]
    understood = by_name["internal", "understand"]
    called = by_name["client", "POST /webhook"]
    assert server["parent"] == SPAN_ID
    assert understood["parent"] == called["parent"] == server["id"]
    assert called["action"].startswith("action_")
    assert server["start"] <= understood["start"] <= understood["end"] <= server["end"]
    assert "human" not in json.dumps(spans)
    assert action_server.traceparents == [f"00-{TRACE_ID}-{called['id']}-01"]


def test_what_is_not_collected_is_not_timed_but_carried_on(
    base_url: str, action_server: ActionServer
) -> None:
    assert "spans" not in take(base_url, "talk to a human please", NOT_WANTED)
    assert action_server.traceparents == [NOT_WANTED]


@pytest.mark.parametrize("header", [None, "", "rubbish", f"{WANTED}-more", WANTED[:-1]])
def test_without_a_trace_there_is_none(
    base_url: str, action_server: ActionServer, header: str | None
) -> None:
    assert "spans" not in take(base_url, "talk to a human please", header)
    assert action_server.traceparents == [None]


def test_what_fails_is_told_with_the_kind_of_error() -> None:
    with trace.follow(WANTED) as here:
        assert here
        with pytest.raises(KeyError), trace.timed("client", "POST /webhook"):
            raise KeyError("somebody's address")
        (span,) = here.spans
    assert span["error"] == "KeyError"
    assert span["end"] >= span["start"]
    assert trace.current() is None


def test_a_turn_does_not_tell_without_end() -> None:
    with trace.follow(WANTED) as here:
        assert here
        for _ in range(trace.MOST_SPANS + 5):
            with trace.timed("internal", "understand"):
                pass
        assert len(here.spans) == trace.MOST_SPANS
