"""Did that help? Asking, and taking the answer, a bare yes or no included."""

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.articles import Button, last_article, response_buttons
from actions.handoff import STUCK, request_handoff
from actions.misses import PERSON, count_miss
from actions.missing_mail import help_with_mail
from actions.recovery_slots import KINDS, begin_form, is_sure
from actions.safe_action import Domain, Event, SafeAction

VERDICT = "verdict"  # value of `awaiting`: a bare yes now means "yes, it helped"
OFFER = "offer"  # value of `awaiting`: a bare yes now means "yes, do it"
PURPOSE = "purpose"  # value of `awaiting`: a yes does not tell what an address is for


def offered_buttons(tracker: Tracker, domain: Domain) -> list[Button]:
    """Return the buttons that the article answered last offers."""
    article = last_article(tracker, domain) or {"offers": []}
    return [
        button
        for button in response_buttons(domain, "utter_offers")
        if button["payload"].removeprefix("/") in article["offers"]
    ]


def note_solved(dispatcher: CollectingDispatcher) -> list[Event]:
    """Be glad and start afresh."""
    dispatcher.utter_message(response="utter_solved")
    return [SlotSet("awaiting", None), SlotSet("misses", 0)]


class ActionAskIfHelped(SafeAction):
    """Ask for a verdict and offer what the article offers. Sets `awaiting`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_ask_if_helped"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Ask, with the article's offers as further buttons."""
        offers = offered_buttons(tracker, domain)
        dispatcher.utter_message(response="utter_ask_if_helped", buttons=offers)
        return [SlotSet("awaiting", VERDICT)]


class ActionNoteSolved(SafeAction):
    """Take a yes. Clears `awaiting` and `misses`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_note_solved"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Be glad."""
        return note_solved(dispatcher)


class ActionNoteUnsolved(SafeAction):
    """Take a no. Counts as a failure: sets `misses` and `awaiting`.

    Reads `mail_sent`: "still nothing" after a mail was sent is about that mail.
    """

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_note_unsolved"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Offer what is left to try."""
        is_verdict = tracker.get_slot("awaiting") == VERDICT
        if tracker.get_slot("mail_sent") and not is_verdict:
            return await help_with_mail(dispatcher, tracker, domain)
        return count_miss(dispatcher, tracker, first="utter_not_solved")


class ActionAnswerYes(SafeAction):
    """Take a bare yes to whatever was asked last. Reads `awaiting`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_answer_yes"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Do what the yes stands for."""
        awaiting = tracker.get_slot("awaiting")
        if awaiting == PERSON:
            return request_handoff(dispatcher, STUCK)
        if awaiting == PURPOSE:
            dispatcher.utter_message(response="utter_ask_what_for_email")
            return []
        offers = offered_buttons(tracker, domain)
        if awaiting == OFFER and offers:
            return _take_offer(dispatcher, offers)
        if awaiting == VERDICT and offers:
            # "Yes, it helped" or "yes, do it"? The words alone do not tell.
            dispatcher.utter_message(response="utter_solved_or_offer", buttons=offers)
            return [SlotSet("awaiting", OFFER), SlotSet("misses", 0)]
        if awaiting == VERDICT:
            return note_solved(dispatcher)
        response = "utter_nothing_asked" if is_sure(tracker) else "utter_what_next"
        dispatcher.utter_message(response=response)
        return []


def _take_offer(dispatcher: CollectingDispatcher, offers: list[Button]) -> list[Event]:
    """Begin what was offered; show the offers again when there were several."""
    kinds = [KINDS.get(offer["payload"].removeprefix("/")) for offer in offers]
    if len(kinds) == 1 and kinds[0]:
        return begin_form(kinds[0])
    dispatcher.utter_message(response="utter_offers", buttons=offers)
    return []


class ActionAnswerNo(SafeAction):
    """Take a bare no to whatever was asked last. Reads `awaiting`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_answer_no"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Do what the no stands for."""
        if tracker.get_slot("awaiting") == VERDICT:
            return count_miss(dispatcher, tracker, first="utter_not_solved")
        dispatcher.utter_message(response="utter_what_next")
        return [SlotSet("awaiting", None), SlotSet("misses", 0)]
