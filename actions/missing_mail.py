"""Where is the mail? Asked after one was sent here, or about one from elsewhere.

Whoever has proven an address hears what became of the mail to it. To anybody else that
would tell whether the account exists: they all hear the same.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from accounts.client import AccountsError, Delivery, DeliveryState, Suppression
from actions.actor import ActorError, read_actor
from actions.articles import response_buttons
from actions.backend import call_as_staff, staff_client
from actions.delivery_words import is_stale, letter_words, reason_words
from actions.misses import count_miss
from actions.moments import ago
from actions.safe_action import Domain, Event, SafeAction
from actions.words import Words

LOOK_S = 6.0
BECAME = {
    DeliveryState.QUEUED: "utter_mail_queued",
    DeliveryState.ACCEPTED: "utter_mail_accepted",
    DeliveryState.DEFERRED: "utter_mail_deferred",
    DeliveryState.BOUNCED: "utter_mail_bounced",
    DeliveryState.SUPPRESSED: "utter_mail_suppressed",
}
# Whose mails held back by a bounce get through again once that is lifted.
UNDELIVERED = frozenset({DeliveryState.BOUNCED, DeliveryState.SUPPRESSED})
AGAIN = {"invite": "utter_mail_invite_again", None: "utter_mail_either_again"}
RESET_AGAIN, PERSON = "utter_mail_reset_again", "utter_or_person"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Traced:
    """What became of the newest mail to a person; `is_lifted` if a bounce is forgotten."""

    address: str
    mail: Delivery
    is_lifted: bool


async def help_with_mail(
    dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
) -> list[Event]:
    """Say what became of the mail or what to do about it, or ask which one is meant.

    The second time a person is offered; inside the form nothing is counted.
    """
    traced = await _trace(tracker)
    if traced is not None:
        response, said = _told(traced, tracker, domain)
    elif tracker.get_slot("mail_sent"):
        response, said = "utter_mail_missing", {}
    else:
        dispatcher.utter_message(response="utter_which_mail")
        return [SlotSet("awaiting", None)]
    if tracker.active_loop_name:
        dispatcher.utter_message(response=response, **said)
        return []
    return count_miss(dispatcher, tracker, first=response, **said)


class ActionHelpWithMail(SafeAction):
    """Help somebody who waits for a mail. Reads `mail_sent`; sets `misses`, `awaiting`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_help_with_mail"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Speak of the mail that was sent, or ask which one is meant."""
        return await help_with_mail(dispatcher, tracker, domain)


def _proven_address(tracker: Tracker) -> str | None:
    """Return the address in question if it is proven to be the person's."""
    try:
        actor = read_actor(tracker)
    except ActorError:
        return None
    given = tracker.get_slot("email")
    if given is None and len(actor.addresses) == 1:
        return actor.addresses[0]
    is_proven = isinstance(given, str) and actor.owns(given)
    return given if is_proven else None


async def _trace(tracker: Tracker) -> Traced | None:
    """Look for the newest mail to a proven address; None where nothing can be said."""
    address = _proven_address(tracker)
    if address is None:
        return None
    try:
        return await asyncio.wait_for(_look(address), LOOK_S)
    except (AccountsError, TimeoutError) as error:
        logger.warning("A mail was not looked for: %s", error)
        return None


async def _look(address: str) -> Traced | None:
    client = staff_client()
    mails, held_back = await asyncio.gather(
        call_as_staff(client.deliveries, address),
        call_as_staff(client.suppression, address),
    )
    if not mails:
        return None
    is_lifted = _may_lift(mails[0], held_back)
    if is_lifted:
        await call_as_staff(client.lift_suppression, address)
    return Traced(address, mails[0], is_lifted)


def _may_lift(mail: Delivery, held_back: Suppression | None) -> bool:
    if held_back is None or mail.state not in UNDELIVERED:
        return False
    return is_stale(held_back, datetime.now(UTC))


def _told(
    traced: Traced, tracker: Tracker, domain: Domain
) -> tuple[str, dict[str, Any]]:
    """Return the response to what was found, with its values and buttons."""
    words, mail = Words(domain), traced.mail
    # Any other mail would share the fate of this one, or overtake it.
    is_of_use = traced.is_lifted or mail.state is DeliveryState.ACCEPTED
    again = AGAIN.get(tracker.get_slot("mail_sent"), RESET_AGAIN)
    values = {
        "address": traced.address,
        "letter": letter_words(words, mail.letter),
        "when": ago(words, mail.updated_at, datetime.now(UTC)),
        "reason": reason_words(words, mail.reason),
        "buttons": response_buttons(domain, again if is_of_use else PERSON),
    }
    return "utter_mail_lifted" if traced.is_lifted else BECAME[mail.state], values
