"""Asking for a person. Records why; who answers is the helpdesk's business."""

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.safe_action import Domain, Event, SafeAction

ASKED = "asked"
STUCK = "stuck"


def request_handoff(dispatcher: CollectingDispatcher, reason: str) -> list[Event]:
    """Say how a person is reached and tell the helpdesk the reason."""
    dispatcher.utter_message(
        response="utter_handoff", json_message={"handoff": {"reason": reason}}
    )
    return [SlotSet("awaiting", None), SlotSet("misses", 0)]


class ActionRequestHandoff(SafeAction):
    """Hand the conversation to a person. Reads `misses`; clears `awaiting`, `misses`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_request_handoff"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Request the handoff."""
        reason = STUCK if tracker.get_slot("misses") else ASKED
        return request_handoff(dispatcher, reason)
