"""Counting failures in a row: after the second one a person is offered."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.safe_action import Event

PATIENCE = 2  # failures in a row
PERSON = "person"  # value of `awaiting`: a bare yes now means "yes, a person"


def count_miss(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    *,
    first: str,
    **said: Any,
) -> list[Event]:
    """Count a failure and answer it.

    Args:
        dispatcher: collects what is said.
        tracker: read for the slot `misses`.
        first: the response to a failure that is not yet one too many.
        said: what goes with that response: its values, buttons, notes.
    """
    misses = int(tracker.get_slot("misses") or 0) + 1
    stuck = misses >= PATIENCE
    if stuck:
        dispatcher.utter_message(response="utter_offer_person")
    else:
        dispatcher.utter_message(response=first, **said)
    return [SlotSet("misses", misses), SlotSet("awaiting", PERSON if stuck else None)]
