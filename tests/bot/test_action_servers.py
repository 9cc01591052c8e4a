"""Several action servers: in turn, past those that are not there, never twice by mistake."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from rasa.utils.endpoints import ClientResponseError

from bot import action_servers
from bot.action_endpoint import ActionEndpoint
from bot.action_servers import ActionServers
from tests.bot.action_server import ActionServer
from tests.bot.turns import Run

ONE, TWO, THREE = "http://one/webhook", "http://two/webhook", "http://three/webhook"
CALL = {"next_action": "action_a", "tracker": {"sender_id": "c"}}


@pytest.fixture
def servers() -> Iterator[list[ActionServer]]:
    with ActionServer() as one, ActionServer() as other:
        yield [one, other]


@pytest.fixture
def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"


def calls(servers: list[ActionServer]) -> list[int]:
    return [len(server.calls) for server in servers]


async def ask(endpoint: ActionEndpoint, times: int) -> None:
    for _ in range(times):
        answer = await endpoint.request(json=CALL)
        assert answer["responses"][0]["text"] == "ran action_a"
    await endpoint.close()


# --- the order


def test_each_is_asked_first_in_turn() -> None:
    servers = ActionServers()
    addresses = [ONE, TWO, THREE]
    first = [servers.in_order(addresses)[0] for _ in range(6)]
    assert first[:3] == first[3:]
    assert sorted(first[:3]) == sorted(addresses)
    assert sorted(servers.in_order(addresses)) == sorted(addresses)
    assert servers.in_order([ONE]) == [ONE]


@pytest.mark.parametrize("note", ["note_refusal", "note_silence"])
def test_one_in_trouble_is_the_last_until_it_answers(note: str) -> None:
    servers = ActionServers()
    getattr(servers, note)(TWO)
    orders = [servers.in_order([ONE, TWO, THREE]) for _ in range(6)]
    assert {order[-1] for order in orders} == {TWO}
    servers.note_back(TWO)
    assert TWO in [servers.in_order([ONE, TWO, THREE])[0] for _ in range(3)]


def test_pauses_grow_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(action_servers.time, "monotonic", lambda: now)
    servers = ActionServers()
    pauses = []
    for _ in range(9):
        servers.note_refusal(TWO)
        began = now
        while all(servers.in_order([ONE, TWO])[0] == ONE for _ in range(2)):
            now += 0.1
        pauses.append(now - began)
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == pytest.approx(action_servers.LONGEST_PAUSE_S, abs=0.2)


# --- calls


def test_calls_are_shared_out(run: Run, servers: list[ActionServer]) -> None:
    run(ask(ActionEndpoint(*(server.url for server in servers)), 6))
    assert calls(servers) == [3, 3]
    assert [server.connections for server in servers] == [1, 1]


def test_one_that_is_not_there_is_passed_over(
    run: Run, servers: list[ActionServer], nobody: str
) -> None:
    run(ask(ActionEndpoint(nobody, servers[0].url, nobody), 4))
    assert calls(servers) == [4, 0]


def test_with_nobody_there_the_call_fails(run: Run, nobody: str) -> None:
    endpoint = ActionEndpoint(nobody, nobody)
    with pytest.raises(aiohttp.ClientConnectionError):
        run(ask(endpoint, 1))
    run(endpoint.close())


def test_what_was_sent_is_not_sent_again(run: Run, servers: list[ActionServer]) -> None:
    for server in servers:
        server.status, server.body = 500, b'{"error": "boom"}'
    endpoint = ActionEndpoint(*(server.url for server in servers))
    with pytest.raises(ClientResponseError):
        run(ask(endpoint, 1))
    assert sum(calls(servers)) == 1
    run(endpoint.close())


def test_one_that_hangs_is_not_asked_next_time(
    run: Run, servers: list[ActionServer]
) -> None:
    for server in servers:
        server.answers["action_a"] = server.wait_for_release
    endpoint = ActionEndpoint(*(server.url for server in servers))

    async def give_up_and_ask_again() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(endpoint.request(json=CALL), 0.2)
        for server in servers:
            server.answers.clear()
        await ask(endpoint, 3)

    run(give_up_and_ask_again())
    assert sorted(calls(servers)) == [1, 3]


def test_one_that_hangs_up_may_have_acted(
    run: Run, servers: list[ActionServer]
) -> None:
    async def hang_up(reader: Any, writer: asyncio.StreamWriter) -> None:
        taken.append(await reader.read(100))
        writer.close()

    taken: list[bytes] = []

    async def ask_it() -> None:
        listening = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        endpoint = ActionEndpoint(servers[0].url, f"http://127.0.0.1:{port}/webhook")
        async with listening:
            with pytest.raises(aiohttp.ClientError):
                await ask(endpoint, 2)
        await endpoint.close()

    run(ask_it())
    assert len(taken) == 1
    assert len(servers[0].calls) <= 1
