"""A tracker that stays small, and conversations that do not notice."""

from typing import Any

import pytest
from rasa.shared.core.events import (
    ActionExecuted,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.tracker_window import MOST_EVENTS, newest
from bot.turn import TurnTaker
from tests.bot.action_server import ActionServer
from tests.bot.turns import KNOWS_LOG_IN, Run, new_id, pressed, slot, texts, typed

FORM = "validate_recovery_form"
SESSION: list[Event] = [
    ActionExecuted("action_session_start"),
    SessionStarted(),
    ActionExecuted("action_listen"),
]


def turns(count: int) -> list[Event]:
    """Return the events of turns that greet."""
    turn: list[Event] = [
        UserUttered("hello", {"name": "greet"}),
        ActionExecuted("utter_greet"),
        ActionExecuted("action_listen"),
    ]
    return turn * count


async def tracker_of(taker: TurnTaker, conversation: str) -> DialogueStateTracker:
    tracker = await taker._agent.tracker_store.retrieve(conversation)
    assert tracker is not None
    return tracker


def test_a_short_conversation_is_kept_whole(agent: Any) -> None:
    events = SESSION + turns(5)
    assert newest(events, agent.domain) == events


def test_a_long_conversation_is_bounded_and_keeps_its_newest_turns(agent: Any) -> None:
    events = SESSION + turns(500)
    kept = newest(events, agent.domain)
    assert len(kept) <= MOST_EVENTS
    assert kept[-30:] == events[-30:]
    assert [e for e in kept[:4] if isinstance(e, UserUttered)] == kept[3:4]


def test_only_the_latest_session_is_kept(agent: Any) -> None:
    latest = SESSION + turns(2)
    assert newest(SESSION + turns(3) + latest, agent.domain) == latest


def test_one_endless_turn_is_kept_whole(agent: Any) -> None:
    endless: list[Event] = [ActionExecuted("utter_greet")] * (2 * MOST_EVENTS)
    events = SESSION + turns(3) + [UserUttered("hello"), *endless]
    assert newest(events, agent.domain)[-len(endless) :] == endless


def test_slots_survive_and_cleared_ones_stay_cleared(agent: Any) -> None:
    events = [
        *SESSION,
        SlotSet("awaiting", "person"),
        SlotSet("misses", 2),
        SlotSet("awaiting", None),
        *turns(100),
    ]
    kept = newest(events, agent.domain)
    state = DialogueStateTracker.from_events("", kept, agent.domain.slots)
    whole = DialogueStateTracker.from_events("", events, agent.domain.slots)
    assert state.current_slot_values() == whole.current_slot_values()
    assert state.get_slot("misses") == 2


def test_a_long_dialogue_goes_on_as_it_began(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    answers = []
    for _ in range(25):
        result = run(taker.take(typed("how do I log in?", conversation)))
        answers.append(texts(result))
        sent = action_server.calls[-1]["tracker"]["events"]
        assert len(sent) <= MOST_EVENTS + 10
    assert answers == [answers[0]] * len(answers)
    assert KNOWS_LOG_IN in answers[0][0]
    assert len(run(tracker_of(taker, conversation)).events) <= MOST_EVENTS


@pytest.mark.parametrize("detours", [1, 7, 30])
def test_an_open_form_survives_many_turns(
    detours: int, taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    kind = slot("recovery_kind", "invite")
    action_server.answers[FORM] = {"events": [kind], "responses": []}
    run(taker.take(typed("resend my invite", conversation)))
    action_server.answers[FORM] = {"events": [], "responses": []}
    for _ in range(detours):
        result = run(taker.take(typed("thank you", conversation)))
        assert texts(result)[-1].startswith("Which e-mail address")
    tracker = run(tracker_of(taker, conversation))
    assert tracker.active_loop_name == "recovery_form"
    assert tracker.get_slot("recovery_kind") == "invite"
    assert tracker.get_slot("requested_slot") == "email"
    assert len(tracker.events) <= MOST_EVENTS

    email = slot("email", "ana@example.com")
    action_server.answers[FORM] = {"events": [email], "responses": []}
    result = run(taker.take(typed("ana@example.com", conversation)))
    assert "Shall I?" in texts(result)[0]
    confirmed = slot("recovery_confirmed", True)
    action_server.answers[FORM] = {"events": [confirmed], "responses": []}
    result = run(taker.take(pressed("/affirm", conversation)))
    assert texts(result) == ["ran action_submit_recovery"]
    assert run(tracker_of(taker, conversation)).active_loop_name is None


def test_a_repeated_message_is_known_after_the_older_turns_are_gone(
    agent: Any, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    for _ in range(12):
        turn = typed("how do I log in?", conversation)
        first = run(TurnTaker(agent).take(turn))
    calls = len(action_server.calls)
    assert run(TurnTaker(agent).take(turn)) == first
    assert len(action_server.calls) == calls
