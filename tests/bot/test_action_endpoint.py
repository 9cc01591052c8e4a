"""The way to the action server: kept connections, requests as Rasa makes them."""

import json
from typing import Any

import pytest
from rasa.utils.endpoints import ClientResponseError

from bot.action_endpoint import ActionEndpoint, encode
from tests.bot.action_server import ActionServer
from tests.bot.turns import Run


def call(action: str = "action_a", **more: Any) -> dict[str, Any]:
    return {"next_action": action, "tracker": {"sender_id": "ü"}, **more}


@pytest.mark.parametrize(
    "body",
    [
        {},
        call(),
        call(domain={}),
        call(domain=None),
        call(domain={"responses": {"utter_a": [{"text": "“ü”"}]}}),
        {"domain": {"slots": {}}},
    ],
)
def test_a_call_is_the_json_that_rasa_would_send(body: dict[str, Any]) -> None:
    assert json.loads(encode(body)) == body
    assert json.loads(encode(body)) == body


def test_each_domain_is_sent_as_itself() -> None:
    first, second = {"slots": {"a": {}}}, {"slots": {"b": {}}}
    for domain in (first, second, first, dict(second)):
        assert json.loads(encode(call(domain=domain)))["domain"] == domain


def test_calls_share_a_connection(run: Run, action_server: ActionServer) -> None:
    endpoint = ActionEndpoint(action_server.url)
    before = action_server.connections

    async def call_often() -> None:
        for number in range(5):
            answer = await endpoint.request(json=call(f"action_{number}"))
            assert answer["responses"][0]["text"] == f"ran action_{number}"
        await endpoint.close()

    run(call_often())
    assert action_server.connections == before + 1
    assert [each["next_action"] for each in action_server.calls] == [
        f"action_{number}" for number in range(5)
    ]


def test_an_error_does_not_spoil_the_next_call(
    run: Run, action_server: ActionServer
) -> None:
    endpoint = ActionEndpoint(action_server.url)
    action_server.status, action_server.body = 500, b'{"error": "boom"}'

    async def fail_then_work() -> Any:
        with pytest.raises(ClientResponseError):
            await endpoint.request(json=call())
        action_server.reset()
        answer = await endpoint.request(json=call())
        await endpoint.close()
        return answer

    assert run(fail_then_work())["responses"]


def test_a_closed_endpoint_opens_again(run: Run, action_server: ActionServer) -> None:
    endpoint = ActionEndpoint(action_server.url)

    async def close_and_call() -> Any:
        await endpoint.request(json=call())
        await endpoint.close()
        answer = await endpoint.request(json=call())
        await endpoint.close()
        return answer

    assert run(close_and_call())["responses"]
