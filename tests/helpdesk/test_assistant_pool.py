"""A pool of the assistant's processes, against real servers that refuse, hang and end."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import generate_latest

from helpdesk import assistant_pool
from helpdesk.assistant import (
    AssistantAwayError,
    AssistantClient,
    AssistantError,
    AssistantSilentError,
    Turn,
)
from helpdesk.assistant_pool import AssistantPool
from helpdesk.metrics import Metrics
from helpdesk.neighbour_lines import Patience
from tests.accounts.service import free_port, wait_for
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import run_helpdesk
from tests.helpdesk.scripted_assistant import run_scripted_assistant
from tests.helpdesk.scripted_server import (
    Script,
    ScriptedServer,
    reply,
    run_scripted_server,
)

KEY = "the key of the tests, which is long enough for all"
RESULT: dict[str, Any] = {"replies": [{"text": "Hello!"}]}
WELL = reply(200, json.dumps(RESULT).encode())
ENDING = reply(503, b'{"code": "stopping", "message": "It ends."}')


class Seconds:
    """A clock that moves when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistant_pool, "LOOK_PATIENCE", Patience(0.3, 0.3))


@pytest.fixture
def servers() -> Iterator[list[ScriptedServer]]:
    with ExitStack() as stack:
        running = [stack.enter_context(run_scripted_server()) for _ in range(2)]
        for server in running:
            server.script = WELL
        yield running


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def pool(
    servers: list[ScriptedServer], metrics: Metrics, clock: Seconds
) -> AssistantPool:
    return pool_of([server.url for server in servers], metrics, clock)


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


def client_of(url: str) -> AssistantClient:
    return AssistantClient(url, turn_key=KEY, actor_key=KEY)


def pool_of(
    urls: list[str], metrics: Metrics | None = None, clock: Seconds | None = None
) -> AssistantPool:
    clients = {f"rasa-{number}": client_of(url) for number, url in enumerate(urls, 1)}
    return AssistantPool(clients, metrics or Metrics(), clock or Seconds())


def a_turn() -> Turn:
    return Turn(str(uuid4()), str(uuid4()), text="hello")


def turns_at(server: ScriptedServer) -> int:
    return len(server.received)


def left_out(metrics: Metrics) -> list[str]:
    return [name for name in ("rasa-1", "rasa-2") if measure(metrics, name)]


def measure(metrics: Metrics, process: str, what: str = "left_out") -> float:
    labels = {"process": process}
    return metrics.registry.get_sample_value(f"latchkey_rasa_{what}", labels) or 0.0


def held(until: threading.Event) -> Script:
    """Return a script that answers when something is set."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        until.wait(20)
        WELL(handler)

    return answer


# --- who gets a turn


def test_turns_go_to_the_process_that_has_fewest(
    pool: AssistantPool, servers: list[ScriptedServer], callers: ThreadPoolExecutor
) -> None:
    free = threading.Event()
    servers[0].script = held(free)
    first = callers.submit(pool.take_turn, a_turn())
    wait_for(lambda: turns_at(servers[0]), "the first turn")
    for _ in range(4):
        assert pool.take_turn(a_turn()) == RESULT
    assert (turns_at(servers[0]), turns_at(servers[1])) == (1, 4)
    free.set()
    assert first.result() == RESULT


def test_idle_processes_take_turns_in_turn(
    pool: AssistantPool, servers: list[ScriptedServer], clock: Seconds
) -> None:
    for _ in range(6):
        clock.now += 1
        pool.take_turn(a_turn())
    assert [turns_at(server) for server in servers] == [3, 3]


def test_more_turns_than_processes_can_use_wait_here_and_not_for_ever(
    pool: AssistantPool,
    servers: list[ScriptedServer],
    callers: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assistant_pool, "BUSY", 1)
    free = threading.Event()
    for server in servers:
        server.script = held(free)
    asked = [callers.submit(pool.take_turn, a_turn()) for _ in range(3)]
    both = [1, 1]
    wait_for(lambda: [turns_at(each) for each in servers] == both, "a turn at each")
    assert not any(each.done() for each in asked)
    free.set()
    assert [each.result() for each in asked] == [RESULT] * 3


def test_a_turn_that_has_waited_long_enough_is_sent_all_the_same(
    servers: list[ScriptedServer],
    callers: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assistant_pool, "BUSY", 1)
    monkeypatch.setattr(assistant_pool, "WAIT_S", 0.0)
    pool = pool_of([server.url for server in servers])
    free = threading.Event()
    for server in servers:
        server.script = held(free)
    asked = [callers.submit(pool.take_turn, a_turn()) for _ in range(6)]
    all_of_them = [3, 3]
    wait_for(lambda: [turns_at(s) for s in servers] == all_of_them, "all six turns")
    free.set()
    assert all(each.result() == RESULT for each in asked)


def test_one_process_gets_everything_at_once(
    servers: list[ScriptedServer],
    callers: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assistant_pool, "BUSY", 1)
    pool = pool_of([servers[0].url])
    free = threading.Event()
    servers[0].script = held(free)
    asked = [callers.submit(pool.take_turn, a_turn()) for _ in range(5)]
    wait_for(lambda: turns_at(servers[0]) == 5, "all five turns")
    free.set()
    assert all(each.result() == RESULT for each in asked)


# --- who is left out


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


# --- besides turns


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda pool: pool.forget(["c"]), {"forgotten": 1}),
        (
            lambda pool: pool.parse("hello"),
            {"intent": "greet", "confidence": 1, "ranking": []},
        ),
    ],
    ids=["forget", "parse"],
)
def test_other_questions_go_to_one_that_is_there(
    servers: list[ScriptedServer],
    ask: Callable[[AssistantPool], Any],
    answer: dict[str, Any],
) -> None:
    servers[1].script = reply(200, json.dumps(answer).encode())
    servers[0].script = ENDING
    pool = pool_of([server.url for server in servers])
    for _ in range(2):
        assert ask(pool)
    assert [turns_at(server) for server in servers] == [1, 2]


def test_a_text_that_is_understood_too_late_says_nothing_about_a_process(
    pool: AssistantPool,
    servers: list[ScriptedServer],
    metrics: Metrics,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("helpdesk.assistant.PARSE_PATIENCE", Patience(0.5, 0.05))
    for server in servers:
        server.script = server.hang
    with pytest.raises(AssistantSilentError):
        pool.parse("hello")
    assert left_out(metrics) == []


def test_measures_say_what_each_process_has(
    pool: AssistantPool,
    servers: list[ScriptedServer],
    metrics: Metrics,
    callers: ThreadPoolExecutor,
) -> None:
    free = threading.Event()
    for server in servers:
        server.script = held(free)
    asked: list[Future[Any]] = [
        callers.submit(pool.take_turn, a_turn()) for _ in range(3)
    ]
    wait_for(lambda: sum(map(turns_at, servers)) == 3, "all turns")
    had = sorted(measure(metrics, f"rasa-{number}", "turns") for number in (1, 2))
    assert had == [1, 2]
    free.set()
    for each in asked:
        each.result()
    written = generate_latest(metrics.registry).decode()
    assert 'latchkey_rasa_turns{process="rasa-1"} 0.0' in written


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


# --- the help desk


def test_a_help_desk_with_a_dead_process_answers_with_the_other(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    dead = free_port()
    with run_scripted_assistant() as assistant:
        urls = f"http://127.0.0.1:{dead}, {assistant.url}"
        folder = tmp_path_factory.mktemp("helpdesk")
        with (
            run_helpdesk(folder, LATCHKEY_RASA_URL=urls) as running,
            ChatClient.of_new_contact(running.base_url) as chat,
        ):
            assert "You said: hello" in str(chat.ask("hello"))
        assert len(assistant.turns) == 1
