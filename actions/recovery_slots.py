"""What everything about the recovery form shares: its slots and what they may hold."""

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet

from actions.safe_action import Event

KINDS = {"resend_invite": "invite", "reset_password": "password_reset"}  # by intent
COMMANDS = {"invite": "resend", "password_reset": "reset"}  # an admin's, by kind
SWITCHED = {
    "invite": "utter_switched_to_invite",
    "password_reset": "utter_switched_to_reset",
}
SURE = 0.6  # confidence; a mumbled word is no answer and does not close the form
SURE_TO_SEND = 0.8  # “why” comes close to “why not”, and a mail cannot be called back
FORM_SLOTS = (
    "recovery_kind",
    "recovery_confirmed",
    "recovery_asked",
    "email_typed",
    "email_suggestion",
    "email_suggestion_accepted",
    "email_attempts",
)


def is_sure(tracker: Tracker) -> bool:
    """Tell whether the latest message was understood well enough to act on."""
    intent = tracker.latest_message.get("intent") or {}
    return float(intent.get("confidence") or 0.0) >= SURE


def begin_form(kind: str) -> list[Event]:
    """Return the events that begin the form where it is clear what is wanted."""
    kept = [SlotSet("awaiting", None), SlotSet("recovery_kind", kind)]
    return [*kept, FollowupAction("recovery_form")]


def forget_form(*, keep_address: bool) -> list[Event]:
    """Return the events that empty the form's slots."""
    names = FORM_SLOTS if keep_address else (*FORM_SLOTS, "email")
    return [SlotSet(name, None) for name in (*names, "awaiting")]
