"""What a turn tells beside words: receipts, plans, wishes; also when it is recalled."""

from typing import Any

from bot.turn import TurnTaker
from tests.bot.action_server import ActionServer, says
from tests.bot.turns import Run, typed

TOLD = {
    "receipt": {"key": "c:m:invite", "result": "accepted"},
    "plan": {"addresses": ["ana@example.com"], "total": 1},
    "wish": {"command": "reset", "arguments": {"address": "ana@example.com"}},
    "skipped": True,
}


def test_an_ordinary_turn_tells_of_nothing_done(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    result = run(taker.take(typed("hello")))
    told = {name: result[name] for name in ("receipts", "plan", "wish", "skipped")}
    assert told == {"receipts": [], "plan": None, "wish": None, "skipped": False}


def test_every_receipt_of_a_turn_is_told(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    said = [{"text": key, "custom": {"receipt": {"key": key}}} for key in ("a", "b")]
    answer = {"events": [], "responses": [*said, {"custom": {"receipt": None}}]}
    action_server.answers["action_request_handoff"] = answer
    result = run(taker.take(typed("talk to a human please")))
    assert result["receipts"] == [{"key": "a"}, {"key": "b"}]


def test_what_was_told_is_told_again_after_a_crash(
    agent: Any, run: Run, action_server: ActionServer
) -> None:
    answer = says("Done.", custom={"acted": True, **TOLD})
    action_server.answers["action_request_handoff"] = answer
    turn = typed("I want to talk to a human")
    first = run(TurnTaker(agent).take(turn))
    assert first["receipts"] == [TOLD["receipt"]]
    assert (first["plan"], first["wish"]) == (TOLD["plan"], TOLD["wish"])
    assert (first["skipped"], first["acted"]) == (True, True)
    assert run(TurnTaker(agent).take(turn)) == first
    assert len(action_server.calls) == 1
