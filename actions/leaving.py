"""Leaving the recovery form before its end, and coming back to it after a question."""

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.articles import last_article
from actions.misses import count_miss
from actions.recovery_slots import KINDS, SWITCHED, forget_form, is_sure
from actions.safe_action import Domain, Event, SafeAction

FORM = "recovery_form"
PARTINGS = {
    "stop": "utter_recovery_cancelled",
    "goodbye": "utter_recovery_left",
    "problem_solved": "utter_solved",
}
OTHER_KIND = {
    "invite": "utter_offer_invite_instead",
    "password_reset": "utter_offer_reset_instead",
}


class ActionLeaveRecovery(SafeAction):
    """Close the form if that was meant. Clears the form's slots; sets `misses`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_leave_recovery"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Say goodbye to the form, or ask on when it may not have been meant."""
        if not is_sure(tracker):
            dispatcher.utter_message(response="utter_form_unclear")
            return [FollowupAction(FORM)]
        closed = [ActiveLoop(None), SlotSet("requested_slot", None)]
        forgotten = forget_form(keep_address=False)
        listen = FollowupAction("action_listen")
        parting = PARTINGS.get(tracker.latest_message["intent"]["name"])
        if parting is None:
            missed = count_miss(dispatcher, tracker, first="utter_not_solved")
            return [*closed, *forgotten, *missed, listen]
        dispatcher.utter_message(response=parting)
        return [*closed, *forgotten, SlotSet("misses", 0), listen]


class ActionResumeRecovery(SafeAction):
    """Look whether the form still does what is wanted after an article's answer.

    Reads and sets `recovery_kind`.
    """

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_resume_recovery"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Go over to what the article offers, or offer it, or just go on."""
        article = last_article(tracker, domain) or {"offers": []}
        offered = [KINDS[offer] for offer in article["offers"] if offer in KINDS]
        kind = tracker.get_slot("recovery_kind")
        if not offered or offered[0] == kind:
            return []
        if kind in offered:  # both would help; what is under way stays under way
            dispatcher.utter_message(response=OTHER_KIND[offered[0]])
            return []
        dispatcher.utter_message(response=SWITCHED[offered[0]])
        return [SlotSet("recovery_kind", offered[0])]
