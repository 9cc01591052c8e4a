"""Asking for a person. Records why; who answers is the helpdesk's business."""

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.safe_action import Domain, Event, SafeAction

ASKED = "asked"
STUCK = "stuck"
ACTION_FAILED = "action_failed"
# Whoever wants a person after one of these was let down by us, not by an answer.
FAILURES = frozenset(
    {"utter_recovery_failed", "utter_link_not_renewed", "utter_assistant_trouble"}
)


def request_handoff(dispatcher: CollectingDispatcher, reason: str) -> list[Event]:
    """Say that a person is asked for and tell the helpdesk the reason.

    Whether somebody is there, and how long it takes, the help desk says itself.
    """
    dispatcher.utter_message(
        response="utter_handoff", json_message={"handoff": {"reason": reason}}
    )
    return [SlotSet("awaiting", None), SlotSet("misses", 0)]


class ActionRequestHandoff(SafeAction):
    """Hand the conversation to a person.

    Reads `misses` and what was said last; clears `awaiting`, `misses`.
    """

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_request_handoff"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Request the handoff."""
        return request_handoff(dispatcher, _find_reason(tracker))


def _find_reason(tracker: Tracker) -> str:
    if _last_response(tracker) in FAILURES:
        return ACTION_FAILED
    return STUCK if tracker.get_slot("misses") else ASKED


def _last_response(tracker: Tracker) -> str | None:
    """Return the name of what the assistant said last."""
    for event in reversed(tracker.events):
        if event.get("event") == "bot":
            named: str | None = (event.get("metadata") or {}).get("utter_action")
            return named
    return None
