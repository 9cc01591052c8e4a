"""Sending a new invitation or a password reset through the account backend.

The words do not depend on the address or on what the backend knows of it: the backend
answers the same for all, and the mail itself carries the truth.
"""

import asyncio
import logging
import os
from functools import cache

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from accounts.client import AccountsClient, AccountsError, RecoveryKind
from actions.actor import ActorError, read_actor
from actions.handoff import STUCK
from actions.safe_action import Domain, Event, SafeAction

FORM_SLOTS = (
    "recovery_kind",
    "recovery_confirmed",
    "email_typed",
    "email_suggestion",
    "email_suggestion_accepted",
    "email_attempts",
)

logger = logging.getLogger(__name__)


@cache
def accounts_client() -> AccountsClient:
    """Return the process's client of the account backend, from the environment."""
    return AccountsClient(
        os.environ["LATCHKEY_ACCOUNTS_URL"], token=os.environ["LATCHKEY_ACCOUNTS_TOKEN"]
    )


def _forget_form(*, keep_address: bool) -> list[Event]:
    names = FORM_SLOTS if keep_address else (*FORM_SLOTS, "email")
    return [SlotSet(name, None) for name in (*names, "awaiting")]


class ActionSubmitRecovery(SafeAction):
    """Carry out what was confirmed. Reads the form's slots and clears them."""

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
            return _forget_form(keep_address=False)
        try:
            actor = read_actor(tracker)
            await asyncio.to_thread(
                accounts_client().request_recovery,
                email,
                RecoveryKind(kind),
                # The same press of the same button is one request, however often sent.
                idempotency_key=f"{tracker.sender_id}:{actor.message_id}:{kind}",
            )
        except (AccountsError, ActorError) as error:
            logger.warning("A recovery was not requested: %s", type(error).__name__)
            dispatcher.utter_message(
                response="utter_recovery_failed",
                json_message={"offer_handoff": {"reason": STUCK}},
            )
            return _forget_form(keep_address=True)
        dispatcher.utter_message(response="utter_recovery_sent")
        return [*_forget_form(keep_address=True), SlotSet("misses", 0)]


class ActionCancelRecovery(SafeAction):
    """Stop before anything was sent. Clears the form's slots."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_cancel_recovery"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Say that nothing was sent."""
        dispatcher.utter_message(response="utter_recovery_cancelled")
        return _forget_form(keep_address=False)


class ActionUseEmail(SafeAction):
    """Ask what an address given out of the blue is for. Reads `email`."""

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
        known = bool(found and tracker.get_slot("email"))
        response = "utter_ask_what_for_email" if known else "utter_what_next"
        dispatcher.utter_message(response=response)
        return [SlotSet("awaiting", None)]
