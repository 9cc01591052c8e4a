"""A pool of the assistant's processes: who gets a turn, and what else is asked of it."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client import generate_latest

from helpdesk import assistant_pool
from helpdesk.assistant import AssistantSilentError
from helpdesk.assistant_pool import AssistantPool
from helpdesk.metrics import Metrics
from helpdesk.neighbour_lines import Patience
from tests.accounts.service import free_port, wait_for
from tests.helpdesk.assistant_pool.steps import (
    ENDING,
    RESULT,
    Seconds,
    a_turn,
    held,
    left_out,
    measure,
    pool_of,
    turns_at,
)
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import run_helpdesk
from tests.helpdesk.scripted_assistant import run_scripted_assistant
from tests.helpdesk.scripted_server import ScriptedServer, reply


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
