"""What a conversation still knows after a rest."""

import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from bot.turn import Turn, TurnTaker
from tests.bot.own_actions import run_own_actions, signed_for
from tests.bot.turns import Run, new_id, pressed, texts, typed

LUNCH_S = 45 * 60
DAYS_S = 3 * 24 * 3600
SHALL_I = "Shall I?"
TRIED = "I can't promise"  # no account system answers these tests


@pytest.fixture(scope="module")
def taker(agent: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnTaker]:
    """A turn taker whose actions are the product's own."""
    with run_own_actions(agent, tmp_path_factory.mktemp("actions")) as running:
        yield running


@pytest.fixture
def conversation(taker: TurnTaker, run: Run) -> str:
    """A conversation in which a mail waits for a yes."""
    conversation = new_id()
    run(taker.take(signed_for(pressed("/resend_invite", conversation))))
    asked = run(taker.take(signed_for(typed("ana@example.com", conversation))))
    assert SHALL_I in texts(asked)[-1]
    return conversation


def said_after(rest_s: float, turn: Turn, taker: TurnTaker, run: Run) -> str:
    signed = signed_for(turn)
    with patch("time.time", return_value=time.time() + rest_s):
        return " ".join(texts(run(taker.take(signed))))


@pytest.mark.parametrize("rest_s", [LUNCH_S, DAYS_S])
def test_a_button_does_what_it_said_when_it_was_shown(
    rest_s: float, conversation: str, taker: TurnTaker, run: Run
) -> None:
    yes = pressed("/affirm", conversation)
    assert TRIED in said_after(rest_s, yes, taker, run)


def test_an_open_question_can_be_answered_in_words_for_a_day(
    conversation: str, taker: TurnTaker, run: Run
) -> None:
    yes = typed("yes please", conversation)
    assert TRIED in said_after(LUNCH_S, yes, taker, run)


def test_words_days_later_are_not_taken_for_the_answer(
    conversation: str, taker: TurnTaker, run: Run
) -> None:
    yes = typed("yes please", conversation)
    assert TRIED not in said_after(DAYS_S, yes, taker, run)
    tracker = run(taker._agent.tracker_store.retrieve(conversation))
    assert tracker.active_loop_name is None


def test_without_an_open_question_a_rest_ends_the_subject(
    taker: TurnTaker, run: Run
) -> None:
    conversation = new_id()
    for rest_s in (0, LUNCH_S):
        said_after(rest_s, typed("how do I log in?", conversation), taker, run)
    tracker = run(taker._agent.tracker_store.retrieve(conversation))
    asked = [event for event in tracker.events if event.type_name == "user"]
    assert len(asked) == 1, "only the newest session is kept"
