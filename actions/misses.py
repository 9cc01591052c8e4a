"""Counting failures in a row: after the second one a person is offered."""

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.safe_action import Event

PATIENCE = 2  # failures in a row
PERSON = "person"  # value of `awaiting`: a bare yes now means "yes, a person"


def count_miss(
    dispatcher: CollectingDispatcher, tracker: Tracker, *, first: str
) -> list[Event]:
    """Count a failure and answer it.

    Args:
        dispatcher: collects what is said.
        tracker: read for the slot `misses`.
        first: the response to a failure that is not yet one too many.
    """
    misses = int(tracker.get_slot("misses") or 0) + 1
    stuck = misses >= PATIENCE
    dispatcher.utter_message(response="utter_offer_person" if stuck else first)
    return [SlotSet("misses", misses), SlotSet("awaiting", PERSON if stuck else None)]
