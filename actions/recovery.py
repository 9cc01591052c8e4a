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
from actions.articles import article_just_answered
from actions.feedback import PURPOSE
from actions.recovery_slots import KINDS, begin_form, forget_form
from actions.safe_action import Domain, Event, SafeAction

logger = logging.getLogger(__name__)


@cache
def accounts_client() -> AccountsClient:
    """Return the process's client of the account backend, from the environment."""
    return AccountsClient(
        os.environ["LATCHKEY_ACCOUNTS_URL"], token=os.environ["LATCHKEY_ACCOUNTS_TOKEN"]
    )


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
        response = _refusal(tracker)
        if response is not None:
            dispatcher.utter_message(response=response)
            return forget_form(keep_address=True)
        return await _request(dispatcher, tracker, email, kind)


def _refusal(tracker: Tracker) -> str | None:
    """Return what is said to who may not ask for a mail; None to who may."""
    try:
        actor = read_actor(tracker)
    except ActorError as error:
        logger.warning("A recovery was not requested: %s", error)
        return "utter_recovery_failed"
    return None if actor.may_act else "utter_recovery_too_many"


async def _request(
    dispatcher: CollectingDispatcher, tracker: Tracker, email: str, kind: str
) -> list[Event]:
    """Ask the account backend, and say what became of it."""
    unknown = dict(tracker.get_slot("unknown_outcomes") or {})
    purpose = f"{kind}:{email}"
    earlier_key = unknown.pop(purpose, None)
    key = earlier_key or _new_key(tracker, kind)
    is_sent, may_be_sent = False, False
    try:
        await asyncio.to_thread(
            accounts_client().request_recovery,
            email,
            RecoveryKind(kind),
            idempotency_key=key,
        )
    except AccountsError as error:
        logger.warning("A recovery was not requested: %s", error.code)
        # Refused is known; silence may mean that the mail is on its way.
        may_be_sent = not error.permanent
        if may_be_sent:
            unknown[purpose] = key
    else:
        is_sent = True
    # The further tries of a request that was counted are no further requests.
    is_one_more = (is_sent or may_be_sent) and earlier_key is None
    dispatcher.utter_message(
        response="utter_recovery_sent" if is_sent else "utter_recovery_failed",
        json_message={"acted": True} if is_one_more else {},
    )
    events = [
        *forget_form(keep_address=True),
        SlotSet("unknown_outcomes", unknown or None),
    ]
    if is_sent:
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
