"""When it is not clear what is meant: say so, ask which of two, look for more."""

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.articles import article_buttons, last_ranking, response_buttons
from actions.misses import count_miss
from actions.safe_action import Domain, Event, SafeAction

OUT_OF_SCOPE = "out_of_scope"
CANDIDATES = 2
SEARCH_RESULTS = 3


class ActionFallBack(SafeAction):
    """Admit that nothing fits. Reads and sets `misses`; sets `awaiting`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_fall_back"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Say so, and from the second time in a row offer a person."""
        message = tracker.latest_message
        events: list[Event] = []
        if message.get("wordless"):  # nothing was asked, so nothing was missed
            dispatcher.utter_message(response="utter_wordless")
        elif message.get("typed_command"):
            events = count_miss(dispatcher, tracker, first="utter_typed_command")
        elif tracker.active_loop_name:
            # The form's own question comes next, and it is not the form that failed.
            dispatcher.utter_message(response="utter_form_unclear")
        else:
            events = count_miss(dispatcher, tracker, first="utter_fallback")
        if (message.get("intent") or {}).get("name") != OUT_OF_SCOPE:
            # No rule fitted and none will: without this Rasa would come here again and
            # again, and the form, once passed over, would not be asked any more.
            events.append(FollowupAction(tracker.active_loop_name or "action_listen"))
        return events


class ActionAskClarification(SafeAction):
    """Ask which of two articles was meant, in the articles' own titles."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_ask_clarification"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Offer the two best-ranked articles as buttons."""
        ranking = tracker.latest_message.get("intent_ranking", [])
        buttons = article_buttons(domain, ranking, CANDIDATES)
        buttons += response_buttons(domain, "utter_neither")
        dispatcher.utter_message(response="utter_clarify", buttons=buttons)
        return [SlotSet("awaiting", None)]


class ActionSearchArticles(SafeAction):
    """Show the articles nearest to what was typed last."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_search_articles"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Offer the nearest articles as buttons."""
        buttons = article_buttons(domain, last_ranking(tracker), SEARCH_RESULTS)
        if buttons:
            dispatcher.utter_message(response="utter_search_results", buttons=buttons)
        else:
            dispatcher.utter_message(response="utter_search_nothing")
        return [SlotSet("awaiting", None)]
