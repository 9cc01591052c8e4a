"""Where is the mail? Asked after one was sent here, or about one from elsewhere."""

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.misses import count_miss
from actions.safe_action import Domain, Event, SafeAction


def help_with_mail(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
    """Say what to do about the mail that was sent; the second time offer a person.

    Nobody learns here whether it was delivered: that would tell whether the account
    exists.
    """
    if tracker.active_loop_name:
        dispatcher.utter_message(response="utter_mail_missing")
        return []
    return count_miss(dispatcher, tracker, first="utter_mail_missing")


class ActionHelpWithMail(SafeAction):
    """Help somebody who waits for a mail. Reads `mail_sent`; sets `misses`, `awaiting`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_help_with_mail"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Speak of the mail that was sent, or ask which one is meant."""
        if tracker.get_slot("mail_sent"):
            return help_with_mail(dispatcher, tracker)
        dispatcher.utter_message(response="utter_which_mail")
        return [SlotSet("awaiting", None)]
