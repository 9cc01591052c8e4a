"""A pasted link: what became of it, and a new one to the address that it was made for.

The help desk has looked the link up and cut its secret out before anything got here.
Whose link it is is never said: a reference stands for the account, and opens nothing.
"""

import json
from datetime import UTC, datetime

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from accounts.client import LinkPurpose, RecoveryKind
from actions.articles import Button, response_buttons
from actions.mail_request import (
    NOT_OURS,
    STAFF,
    TOO_MANY,
    Wanted,
    ask_for_mail,
    find_refusal,
)
from actions.moments import ago, read_moment, span
from actions.recovery_slots import forget_form
from actions.safe_action import Domain, Event, SafeAction
from actions.words import Words

STATES = {
    "expired": "utter_link_expired",
    "used": "utter_link_used",
    "replaced": "utter_link_replaced",
    "withdrawn": "utter_link_withdrawn",
    "valid": "utter_link_valid",
    "unknown": "utter_link_unknown",
    "foreign": "utter_link_foreign",
    "unchecked": "utter_link_unchecked",
}
ENDS = {  # when that was, in the middle of the sentence
    "expired": "utter_link_ran_out",
    "used": "utter_link_was_used",
    "replaced": "utter_link_was_replaced",
    "withdrawn": "utter_link_was_withdrawn",
}
# Of these a new one is of use; a link that works, or is none of ours, needs none.
RENEWED = frozenset({"expired", "used", "replaced", "withdrawn"})
KINDS = {
    LinkPurpose.INVITE.value: RecoveryKind.INVITE
}  # others: what the account needs
# Of these responses only the buttons are used.
PERSON, BY_ADDRESS = "utter_or_person", "utter_link_by_address"
REFUSALS = {
    NOT_OURS: "utter_link_not_renewed",
    STAFF: "utter_link_not_for_staff",
    TOO_MANY: "utter_recovery_too_many",
}


class ActionReportLink(SafeAction):
    """Say what became of a link. Reads no slots; clears `awaiting`."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_report_link"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Say it, and offer a new link where that helps."""
        link, words = _link(tracker), Words(domain)
        state = link.get("link_state", "")
        state = state if state in STATES else "unchecked"
        buttons: list[Button] = []
        if state in RENEWED and link.get("link_reference"):
            buttons = [_renewal(link, domain), *response_buttons(domain, PERSON)]
        elif state in RENEWED:
            buttons = response_buttons(domain, BY_ADDRESS)
        dispatcher.utter_message(
            response=STATES[state],
            history=_history(words, link, state, datetime.now(UTC)),
            buttons=buttons,
        )
        return [SlotSet("awaiting", None)]


class ActionRenewLink(SafeAction):
    """Ask for a new link, to the address on file. Clears the form.

    Reads and sets `unknown_outcomes`.
    """

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_renew_link"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Ask; the words are the same whoever's link it was."""
        closed = [ActiveLoop(None), SlotSet("requested_slot", None)]
        events = [*closed, *forget_form(keep_address=True)]
        link = _link(tracker)
        refusal = find_refusal(tracker)
        if refusal is not None:
            dispatcher.utter_message(response=REFUSALS[refusal])
            return events
        kind = KINDS.get(link.get("link_purpose", ""), RecoveryKind.AUTO)
        wanted = Wanted(kind, reference=link["link_reference"])
        message = tracker.latest_message["message_id"]
        key = f"{tracker.sender_id}:{message}:{kind.value}"
        outcome = await ask_for_mail(tracker, wanted, lambda: key)
        if outcome.is_sent:
            dispatcher.utter_message(
                response="utter_link_renewed", json_message=outcome.notes
            )
            return [*events, *outcome.events, SlotSet("misses", 0)]
        dispatcher.utter_message(
            response="utter_link_not_renewed",
            json_message=outcome.notes,
            buttons=[_renewal(link, domain, response="utter_link_try_again")],
        )
        return [*events, *outcome.events]


def _link(tracker: Tracker) -> dict[str, str]:
    """Return what the help desk found out about the link."""
    return {e["entity"]: e["value"] for e in tracker.latest_message["entities"]}


def _renewal(
    link: dict[str, str], domain: Domain, response: str = "utter_link_renew"
) -> Button:
    """Return the button for a new link; `response` has its title."""
    kept = {
        name: link[name] for name in ("link_reference", "link_purpose") if name in link
    }
    title = Words(domain).say(response)
    return {"title": title, "payload": f"/renew_link{json.dumps(kept)}"}


def _history(words: Words, link: dict[str, str], state: str, now: datetime) -> str:
    """Return when it was sent and when it ended, as far as that is known."""
    issued = read_moment(link.get("link_issued", ""))
    ended = read_moment(link.get("link_ended", ""))
    if state == "valid":
        if ended is None or ended <= now:
            return ""
        return words.say("utter_link_still", span=span(words, ended - now))
    if state not in ENDS:
        return ""
    end = words.say(ENDS[state], when=ago(words, ended, now)) if ended else ""
    begin = ago(words, issued, now) if issued else ""
    if begin and end:
        return words.say("utter_link_sent_and_ended", begin=begin, end=end)
    if begin:
        return words.say("utter_link_sent", begin=begin)
    return words.say("utter_link_ended", end=end) if end else ""
