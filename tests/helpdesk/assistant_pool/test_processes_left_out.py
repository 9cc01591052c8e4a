"""A pool's processes that are away, hang or end: left out, and looked at again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest

from helpdesk import assistant_pool
from helpdesk.assistant import (
    AssistantAwayError,
    AssistantError,
    AssistantSilentError,
)
from helpdesk.assistant_pool import AssistantPool
from helpdesk.metrics import Metrics
from tests.accounts.service import free_port, wait_for
from tests.helpdesk.assistant_pool.steps import (
    ENDING,
    RESULT,
    WELL,
    Seconds,
    a_turn,
    client_of,
    held,
    left_out,
    pool_of,
    turns_at,
)
from tests.helpdesk.scripted_server import ScriptedServer, reply


def test_a_process_that_is_not_there_is_passed_over(
    servers: list[ScriptedServer], metrics: Metrics, clock: Seconds
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    pool = pool_of([nobody, servers[1].url], metrics, clock)
    for _ in range(5):
        assert pool.take_turn(a_turn()) == RESULT
    assert turns_at(servers[1]) == 5
    assert left_out(metrics) == ["rasa-1"]


def test_a_process_that_ends_is_passed_over(
    pool: AssistantPool, servers: list[ScriptedServer], metrics: Metrics
) -> None:
    servers[0].script = ENDING
    for _ in range(4):
        assert pool.take_turn(a_turn()) == RESULT
    assert [turns_at(server) for server in servers] == [1, 4]
    assert left_out(metrics) == ["rasa-1"]


def test_who_is_back_gets_turns_again_once_it_was_looked_at(
    pool: AssistantPool, servers: list[ScriptedServer], metrics: Metrics, clock: Seconds
) -> None:
    servers[0].script, servers[0].page = ENDING, ENDING
    pool.take_turn(a_turn())
    pauses = []
    for _ in range(8):
        began, looked = clock.now, failed_looks(pool)
        while failed_looks(pool) == looked:
            clock.now += 0.05
            pool.look()
        pauses.append(clock.now - began)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(assistant_pool.LONGEST_PAUSE_S, abs=0.1)
    servers[0].script, servers[0].page = WELL, reply(200, b"")
    clock.now += assistant_pool.LONGEST_PAUSE_S
    assert left_out(metrics) == ["rasa-1"]
    pool.look()
    assert left_out(metrics) == []
    pool.take_turn(a_turn())
    assert turns_at(servers[0]) == 2


def failed_looks(pool: AssistantPool) -> int:
    return pool._processes[0].failed_looks


def test_a_turn_that_may_have_been_taken_is_not_sent_elsewhere(
    pool: AssistantPool, servers: list[ScriptedServer], metrics: Metrics
) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    servers[0].script = hang_up
    with pytest.raises(AssistantSilentError):
        pool.take_turn(a_turn())
    assert [turns_at(server) for server in servers] == [1, 0]
    assert left_out(metrics) == ["rasa-1"]
    assert pool.take_turn(a_turn()) == RESULT  # as whoever asked tries again
    assert turns_at(servers[1]) == 1


def test_a_process_that_hangs_is_found_out_and_its_turns_are_given_back(
    pool: AssistantPool,
    servers: list[ScriptedServer],
    metrics: Metrics,
    clock: Seconds,
    callers: ThreadPoolExecutor,
) -> None:
    servers[0].script = servers[0].page = servers[0].hang
    asked = [callers.submit(pool.take_turn, a_turn()) for _ in range(2)]
    wait_for(lambda: all(map(turns_at, servers)), "a turn at each")
    pool.look()
    assert failed_looks(pool) == 0  # it is not late yet
    clock.now += assistant_pool.SILENT_S + 0.1
    pool.look()
    assert left_out(metrics) == []
    pool.look()
    assert left_out(metrics) == ["rasa-1"]
    assert sorted(str(each.exception() is None) for each in asked) == ["False", "True"]
    problem = next(filter(None, (each.exception() for each in asked)))
    assert isinstance(problem, AssistantSilentError)
    assert pool.take_turn(a_turn()) == RESULT


def test_a_process_that_only_takes_long_is_left_in_peace(
    pool: AssistantPool,
    servers: list[ScriptedServer],
    metrics: Metrics,
    clock: Seconds,
    callers: ThreadPoolExecutor,
) -> None:
    free = threading.Event()
    servers[0].script = held(free)
    slow = callers.submit(pool.take_turn, a_turn())
    wait_for(lambda: turns_at(servers[0]), "the turn")
    for _ in range(4):
        clock.now += assistant_pool.SILENT_S + 0.1
        pool.look()
    assert left_out(metrics) == []
    free.set()
    assert slow.result() == RESULT


def test_when_all_are_silent_one_is_kept(
    pool: AssistantPool,
    servers: list[ScriptedServer],
    metrics: Metrics,
    clock: Seconds,
    callers: ThreadPoolExecutor,
) -> None:
    for server in servers:
        server.script = server.page = server.hang
    asked = [callers.submit(pool.take_turn, a_turn()) for _ in range(2)]
    wait_for(lambda: all(map(turns_at, servers)), "a turn at each")
    clock.now += assistant_pool.SILENT_S + 0.1
    for _ in range(4):
        pool.look()
    assert len(left_out(metrics)) == 1
    for server in servers:
        server.ended.set()
    assert all(isinstance(each.exception(), AssistantError) for each in asked)


def test_with_all_left_out_the_next_one_to_look_at_is_asked(
    metrics: Metrics, clock: Seconds, servers: list[ScriptedServer]
) -> None:
    pool = pool_of([server.url for server in servers], metrics, clock)
    for server in servers:
        server.script = ENDING
    with pytest.raises(AssistantAwayError):
        pool.take_turn(a_turn())
    assert left_out(metrics) == ["rasa-1", "rasa-2"]
    for server in servers:
        server.script = WELL
    assert pool.take_turn(a_turn()) == RESULT


def test_the_only_process_is_never_left_out(
    servers: list[ScriptedServer], metrics: Metrics
) -> None:
    pool = pool_of([servers[0].url], metrics)
    servers[0].script = ENDING
    for _ in range(3):
        with pytest.raises(AssistantAwayError):
            pool.take_turn(a_turn())
    assert left_out(metrics) == []
    servers[0].script = WELL
    assert pool.take_turn(a_turn()) == RESULT


def test_a_refusal_is_an_answer(
    pool: AssistantPool, servers: list[ScriptedServer], metrics: Metrics
) -> None:
    refusal = reply(422, b'{"code": "invalid_turn", "message": "No."}')
    for server in servers:
        server.script = refusal
    with pytest.raises(AssistantError) as caught:
        pool.take_turn(a_turn())
    assert caught.value.permanent
    assert sum(map(turns_at, servers)) == 1
    assert left_out(metrics) == []


def test_who_is_watched_comes_back_by_itself(servers: list[ScriptedServer]) -> None:
    metrics = Metrics()
    clients = {
        f"rasa-{number}": client_of(server.url)
        for number, server in enumerate(servers, 1)
    }
    pool = AssistantPool(clients, metrics)
    pool.start()
    try:
        servers[0].script = ENDING
        pool.take_turn(a_turn())
        wait_for(lambda: not left_out(metrics), "the process to be back")
    finally:
        pool.close()
