"""Bounds what a tracker keeps, so that a late turn costs what an early one does.

Rasa reads, replays, copies and writes all events of a session several times a turn and
sends them all to the action server. What decides the next step is the newest few turns,
the slots and the open form: older turns are replaced by the events that lead straight
to where they had led.
"""

from __future__ import annotations

from typing import List

from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

MOST_EVENTS = 60  # when there are more, the oldest turns go; a turn has about seven
KEPT_EVENTS = 40  # after that, so that it need not be done at each turn


def newest(events: List[Event], domain: Domain) -> List[Event]:
    """Return the events of the latest session, the oldest replaced by where they led."""
    session = _latest_session(events)
    if len(session) <= MOST_EVENTS:
        return session
    turns = [i for i, event in enumerate(session) if isinstance(event, UserUttered)]
    recent = [i for i in turns if len(session) - i <= KEPT_EVENTS]
    begin = (recent or turns[-1:] or [0])[0]
    # A message follows `action_listen`, which is said again after what led up to it.
    return _way_to(session[:begin], domain) + session[begin:] if begin else session


def _latest_session(events: List[Event]) -> List[Event]:
    for index in range(len(events) - 1, 0, -1):
        event = events[index]
        if (
            isinstance(event, ActionExecuted)
            and event.action_name == ACTION_SESSION_START_NAME
        ):
            # The very first session begins with its metadata, before this action.
            is_first = not any(isinstance(e, SessionStarted) for e in events[:index])
            return events if is_first else events[index:]
    return events


def _way_to(past: List[Event], domain: Domain) -> List[Event]:
    """Return the shortest way to the state that `past` ends in, waiting for a message."""
    state = DialogueStateTracker.from_events("", past, domain.slots)
    moment = past[-1].timestamp
    way: List[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME, timestamp=moment),
        SessionStarted(timestamp=moment),
    ]
    loop = state.active_loop_name
    if loop:
        way.append(ActionExecuted(loop, timestamp=moment))
        way.append(ActiveLoop(loop, timestamp=moment))
    way += [
        SlotSet(slot.name, state.get_slot(slot.name), timestamp=moment)
        for slot in domain.slots
        if state.get_slot(slot.name) != slot.initial_value
    ]
    if loop and state.is_active_loop_rejected:
        way.append(ActionExecutionRejected(loop, timestamp=moment))
    if state.is_paused():
        way.append(ConversationPaused(timestamp=moment))
    way.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=moment))
    return way
