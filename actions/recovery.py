"""Sending a new invitation or a password reset through the account backend.

The words do not depend on the address or on what the backend knows of it: the backend
answers the same for all, and the mail itself carries the truth.
"""

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from accounts.client import RecoveryKind
from actions.actor import is_from_admin
from actions.articles import article_just_answered
from actions.feedback import PURPOSE
from actions.mail_request import (
    NOT_OURS,
    STAFF,
    TOO_MANY,
    Wanted,
    ask_for_mail,
    find_refusal,
)
from actions.recovery_slots import COMMANDS, KINDS, begin_form, forget_form
from actions.safe_action import Domain, Event, SafeAction

REFUSALS = {
    NOT_OURS: "utter_recovery_failed",
    STAFF: "utter_recovery_not_for_staff",
    TOO_MANY: "utter_recovery_too_many",
}


class ActionSubmitRecovery(SafeAction):
    """Carry out what was confirmed.

    Reads the form's slots and clears them; reads and sets `unknown_outcomes`; sets
    `mail_sent`.
    """

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_submit_recovery"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Send the request, or leave it when it was not confirmed."""
        email, kind = tracker.get_slot("email"), tracker.get_slot("recovery_kind")
        if tracker.get_slot("recovery_confirmed") is not True or not email or not kind:
            dispatcher.utter_message(response="utter_recovery_cancelled")
            return forget_form(keep_address=False)
        if is_from_admin(tracker):
            return _wish(dispatcher, email, kind)
        refusal = find_refusal(tracker)
        if refusal is not None:
            dispatcher.utter_message(response=REFUSALS[refusal])
            return forget_form(keep_address=True)
        return await _request(dispatcher, tracker, email, kind)


def _wish(dispatcher: CollectingDispatcher, email: str, kind: str) -> list[Event]:
    """Tell the help desk which command an admin's words stand for.

    It carries the command out as if it had been typed: what has to be checked before an
    admin acts for others is checked in one place only.
    """
    wish = {"command": COMMANDS[kind], "arguments": {"address": email}}
    dispatcher.utter_message(json_message={"wish": wish})
    return forget_form(keep_address=False)


async def _request(
    dispatcher: CollectingDispatcher, tracker: Tracker, email: str, kind: str
) -> list[Event]:
    """Ask the account backend, and say what became of it."""
    wanted = Wanted(RecoveryKind(kind), email)
    outcome = await ask_for_mail(tracker, wanted, lambda: _new_key(tracker, kind))
    dispatcher.utter_message(
        response="utter_recovery_sent" if outcome.is_sent else "utter_recovery_failed",
        json_message=outcome.notes,
    )
    events = [*forget_form(keep_address=True), *outcome.events]
    if outcome.is_sent:
        events += [SlotSet("mail_sent", kind), SlotSet("misses", 0)]
    return events


def _new_key(tracker: Tracker, kind: str) -> str:
    """Return the idempotency key of what was confirmed.

    It is named after the message that led to the question, so that the same yes, and a
    second yes to the same question when the first got no answer, are one request.
    """
    asked = tracker.get_slot("recovery_asked") or tracker.latest_message["message_id"]
    return f"{tracker.sender_id}:{asked}:{kind}"


class ActionUseEmail(SafeAction):
    """Find out what an address given out of the blue is for.

    Reads `email` and `mail_sent`; sets `awaiting`, and `recovery_kind` where it is
    clear.
    """

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_use_email"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Ask, or ask for the address if none was found in the message."""
        found = {
            entity["value"]
            for entity in tracker.latest_message["entities"]
            if entity["entity"] == "email"
        }
        if len(found) > 1:
            dispatcher.utter_message(response="utter_email_several")
            return [SlotSet("awaiting", None), SlotSet("email", None)]
        if not (found and tracker.get_slot("email")):
            dispatcher.utter_message(response="utter_what_next")
            return [SlotSet("awaiting", None)]
        article = article_just_answered(tracker, domain)
        kinds = [KINDS[o] for o in article["offers"] if o in KINDS] if article else []
        sent = tracker.get_slot("mail_sent")
        if not article and sent:  # another address for what was sent before
            kinds = [sent]
        if len(kinds) == 1:  # clear enough to propose it; nothing is sent unasked
            return begin_form(kinds[0])
        dispatcher.utter_message(response="utter_ask_what_for_email")
        return [SlotSet("awaiting", PURPOSE)]
