"""Turns while a part is down: told in plain words, and safe to send again."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot import turn as turn_module
from bot.turn import TurnTaker
from tests.bot.action_server import ActionServer
from tests.bot.turns import KNOWS_LOG_IN, Run, new_id, slot, texts, typed


def break_by_status(server: ActionServer) -> None:
    server.status, server.body = 500, b'{"error": "boom"}'


def break_by_rubbish(server: ActionServer) -> None:
    server.body = b"<html>not JSON</html>"


def break_by_wrong_form(server: ActionServer) -> None:
    server.body = b'{"events": [{"event": "no such event"}], "responses": []}'


def break_by_empty_answer(server: ActionServer) -> None:
    server.body = b"null"


def break_by_unknown_action(server: ActionServer) -> None:
    server.status, server.body = 404, b'{"error": "none", "action_name": "x"}'


Damage = Callable[[ActionServer], None]
BREAKDOWNS = [
    break_by_status,
    break_by_rubbish,
    break_by_wrong_form,
    break_by_empty_answer,
    break_by_unknown_action,
]
breakdowns = pytest.mark.parametrize("damage", BREAKDOWNS, ids=lambda f: f.__name__)
questions = pytest.mark.parametrize(
    "question", ["I want to talk to a human", "reset my password", "pancakes please"]
)


@breakdowns
@questions
def test_a_broken_action_server_is_told_in_plain_words(
    damage: Damage,
    question: str,
    taker: TurnTaker,
    run: Run,
    action_server: ActionServer,
    trouble: str,
) -> None:
    damage(action_server)
    result = run(taker.take(typed(question)))
    assert result["trouble"] is True
    assert texts(result) == [trouble]
    assert "{" not in trouble


@breakdowns
@questions
def test_a_turn_in_trouble_can_be_sent_again(
    damage: Damage, question: str, agent: Any, run: Run, action_server: ActionServer
) -> None:
    turn = typed(question)
    damage(action_server)
    assert run(TurnTaker(agent).take(turn))["trouble"] is True
    action_server.reset()
    result = run(TurnTaker(agent).take(turn))
    assert result["trouble"] is False
    assert texts(result)
    assert action_server.calls


def test_a_retry_in_the_same_process_runs_again(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    turn = typed("I want to talk to a human")
    break_by_status(action_server)
    run(taker.take(turn))
    action_server.reset()
    first = run(taker.take(turn))
    assert texts(first) == ["ran action_request_handoff"]
    assert run(taker.take(turn)) == first
    assert len(action_server.calls) == 1


def test_a_turn_in_trouble_leaves_no_trace_in_the_dialogue(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    run(taker.take(typed("reset my password", conversation)))
    break_by_status(action_server)
    run(taker.take(typed("ana@example.com", conversation)))
    action_server.reset()
    action_server.answers["validate_recovery_form"] = {
        "events": [slot("email", "bo@example.com")],
        "responses": [],
    }
    result = run(taker.take(typed("bo@example.com", conversation)))
    assert result["trouble"] is False
    assert "bo@example.com" in texts(result)[0]
    call = action_server.calls_of("validate_recovery_form")[-1]
    assert call["tracker"]["active_loop"]["name"] == "recovery_form"


def test_the_next_message_after_trouble_is_answered(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    break_by_status(action_server)
    for _ in range(3):
        run(taker.take(typed("reset my password", conversation)))
    action_server.reset()
    result = run(taker.take(typed("how do I log in?", conversation)))
    assert KNOWS_LOG_IN in texts(result)[0]
    assert result["trouble"] is False


def test_an_answer_is_worth_more_than_the_question_behind_it(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    break_by_status(action_server)
    result = run(taker.take(typed("how do I log in?")))
    assert KNOWS_LOG_IN in texts(result)[0]
    assert result["trouble"] is False


def test_a_refused_connection_is_trouble(
    agent: Any, run: Run, action_server: ActionServer, trouble: str
) -> None:
    endpoint = agent.processor.action_endpoint
    url, endpoint.url = endpoint.url, "http://127.0.0.1:9/webhook"
    try:
        result = run(TurnTaker(agent).take(typed("I want to talk to a human")))
    finally:
        endpoint.url = url
    assert texts(result) == [trouble]
    assert result["trouble"] is True


def test_a_hanging_action_is_cut_off_and_can_be_sent_again(
    taker: TurnTaker,
    run: Run,
    action_server: ActionServer,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_module, "TURN_LIMIT_S", 0.5)
    action_server.answers["action_request_handoff"] = action_server.wait_for_release
    turn = typed("I want to talk to a human")
    result = run(taker.take(turn))
    assert texts(result) == [trouble]
    assert result["trouble"] is True
    action_server.reset()
    again = run(taker.take(turn))
    assert texts(again) == ["ran action_request_handoff"]
    assert again["trouble"] is False


def test_a_hanging_form_does_not_hang_the_next_message(
    taker: TurnTaker,
    run: Run,
    action_server: ActionServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_module, "TURN_LIMIT_S", 0.5)
    conversation = new_id()
    action_server.answers["validate_recovery_form"] = action_server.wait_for_release
    assert run(taker.take(typed("reset my password", conversation)))["trouble"]
    action_server.reset()
    result = run(taker.take(typed("how do I log in?", conversation)))
    assert KNOWS_LOG_IN in texts(result)[0]


def test_waiting_for_the_turn_before_counts_towards_the_limit(
    agent: Any,
    run: Run,
    action_server: ActionServer,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_module, "TURN_LIMIT_S", 0.5)
    taker = TurnTaker(agent)
    conversation = new_id()
    waiting = typed("how do I log in?", conversation)

    async def take_while_another_has_the_lock() -> dict[str, Any]:
        async with taker._locks.setdefault(conversation, asyncio.Lock()):
            return await taker.take(waiting)

    result = run(take_while_another_has_the_lock())
    assert texts(result) == [trouble]
    assert result["trouble"] is True
    assert result["nlu"]["intent"] != "out_of_scope"
    assert KNOWS_LOG_IN in texts(run(taker.take(waiting)))[0]


def test_understanding_counts_towards_the_limit(
    taker: TurnTaker, run: Run, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A limit that is used up when the message is understood.
    monkeypatch.setattr(turn_module, "TURN_LIMIT_S", 0.0)
    result = run(taker.take(typed("how do I log in?")))
    assert texts(result) == [trouble]
    assert result["trouble"] is True


def test_what_was_said_before_a_turn_is_cut_off_is_told(
    taker: TurnTaker,
    run: Run,
    action_server: ActionServer,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_module, "TURN_LIMIT_S", 0.5)
    action_server.answers["action_ask_if_helped"] = action_server.wait_for_release
    result = run(taker.take(typed("how do I log in?")))
    assert KNOWS_LOG_IN in texts(result)[0]
    assert texts(result)[1:] == [trouble]
    assert result["trouble"] is True
