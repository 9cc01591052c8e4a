"""The dialogue that collects an address and a confirmation, as a pure function.

Rasa's form asks the questions; what an answer means is decided here. The order is:
address, doubt about its spelling, confirmation. Whatever is not an answer is left to the
rules, which answer it and come back.
"""

from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.actor import is_from_admin
from actions.email_address import check_address, is_cut_off
from actions.recovery_slots import KINDS, SURE, SURE_TO_SEND, SWITCHED
from actions.safe_action import Domain, Event, SafeAction

PATIENCE = 2  # unusable addresses in a row before help is offered
NO_DOUBT = {"email_typed": None, "email_suggestion": None}
ECHO = 60  # characters of an unusable address that are repeated back


@dataclass(frozen=True)
class Said:
    """What the person just said, as far as the form cares."""

    intent: str
    text: str
    addresses: tuple[str, ...]
    confidence: float = 1.0

    def is_unsure_answer(self, requested: str) -> bool:
        """Tell whether this may answer the form, but not surely enough to act on."""
        answers = ("affirm", "deny", "inform_email")
        least = SURE_TO_SEND if requested == "recovery_confirmed" else SURE
        return self.intent in answers and self.confidence < least


@dataclass
class Step:
    """What the form learned: slots to set and, perhaps, something to say first."""

    slots: dict[str, Any] = field(default_factory=dict)
    response: str | None = None
    values: dict[str, str] = field(default_factory=dict)


def next_step(slots: dict[str, Any], said: Said) -> Step:
    """Decide what an utterance means for the form.

    Args:
        slots: the form's slots before it.
        said: the utterance.

    Returns:
        A step without slots when the utterance is none of the form's business.
    """
    requested = slots.get("requested_slot")
    others = [a for a in said.addresses if a != slots.get("email")]
    informs = said.intent == "inform_email"
    if len(said.addresses) > 1:
        step = Step({"email": None, **NO_DOUBT}, "utter_email_several")
    elif others or (said.addresses and (informs or not requested)):
        step = _take_address(slots, said.addresses[0])
    elif "@" in said.text and (informs or not requested):
        step = _take_failure(slots, said)
    elif requested and said.intent == "greet":
        step = Step({requested: None})  # the same question again, and nothing else
    elif requested and said.is_unsure_answer(requested) and "@" not in said.text:
        step = _ask_again(requested)
    elif requested == "email_suggestion_accepted" and not informs:
        step = _take_suggestion(slots, said.intent)
    elif requested == "recovery_confirmed" and not informs:
        step = _take_confirmation(said.intent)
    elif requested:
        step = _take_failure(slots, said)
    elif isinstance(slots.get("email"), str):  # from an earlier message
        step = _take_address(slots, slots["email"])
    else:
        step = Step()
    return _with_kind(slots, said, step)


def _with_kind(slots: dict[str, Any], said: Said, step: Step) -> Step:
    """Add the kind that was asked for, and say so when it is another than before."""
    kind = KINDS.get(said.intent)
    if kind is None:
        return step
    step.slots["recovery_kind"] = kind
    is_other = slots.get("recovery_kind") not in (kind, None)
    if slots.get("requested_slot") and is_other and step.response is None:
        step.response = SWITCHED[kind]
    return step


def _ask_again(requested: str) -> Step:
    is_choice = requested != "email"
    response = "utter_answer_unclear" if is_choice else "utter_form_unclear"
    return Step({requested: None}, response)


def _take_address(slots: dict[str, Any], typed: str) -> Step:
    checked = check_address(typed)
    if checked is None:
        response = "utter_email_cut_off" if is_cut_off(typed) else "utter_email_invalid"
        return _refuse(slots, response, {"candidate": typed[:ECHO]})
    insists = checked.address == slots.get("email_typed")
    if checked.suggestion and not insists:
        doubt = {"email_typed": checked.address, "email_suggestion": checked.suggestion}
        return Step({"email": None, **doubt, "email_attempts": 0})
    taken = {"email": checked.address, "recovery_confirmed": None, "email_attempts": 0}
    return Step({**taken, **NO_DOUBT})


def _take_suggestion(slots: dict[str, Any], intent: str) -> Step:
    if intent not in ("affirm", "deny"):
        return Step()
    chosen = "email_suggestion" if intent == "affirm" else "email_typed"
    return Step({"email": slots[chosen], **NO_DOUBT})


def _take_confirmation(intent: str) -> Step:
    if intent not in ("affirm", "deny"):
        return Step()
    return Step({"recovery_confirmed": intent == "affirm"})


def _take_failure(slots: dict[str, Any], said: Said) -> Step:
    if "@" in said.text:
        candidate = next(word for word in said.text.split() if "@" in word)
        return _refuse(slots, "utter_email_invalid", {"candidate": candidate[:ECHO]})
    if said.intent in ("inform_email", "affirm", "deny"):
        return _refuse(slots, "utter_email_missing", {})
    return Step()


def _refuse(slots: dict[str, Any], response: str, values: dict[str, str]) -> Step:
    attempts = int(slots.get("email_attempts") or 0) + 1
    if attempts >= PATIENCE:
        response = "utter_email_offer_person"
    refused = {"email": None, "email_attempts": attempts, **NO_DOUBT}
    return Step(refused, response, values)


def next_question(slots: dict[str, Any]) -> str | None:
    """Return the slot to ask for next, or None when the form is done."""
    if slots.get("recovery_confirmed") is not None:
        return None
    if slots.get("email"):
        return "recovery_confirmed"
    if slots.get("email_suggestion"):
        return "email_suggestion_accepted"
    return "email"


class ValidateRecoveryForm(SafeAction):
    """Run the form's dialogue. Reads and sets every slot of the form."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "validate_recovery_form"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Take what was said, or only ask again when it was not for the form."""
        slots = dict(tracker.slots)
        step = next_step(slots, _said(tracker))
        if step.response:
            dispatcher.utter_message(response=step.response, **step.values)
        if _is_command(tracker, slots, step):
            step.slots["recovery_confirmed"] = True
        slots.update(step.slots)
        question = next_question(slots)
        if question == "recovery_confirmed" and "email" in step.slots:
            step.slots["recovery_asked"] = tracker.latest_message.get("message_id")
        events = [SlotSet(name, value) for name, value in step.slots.items()]
        return [*events, SlotSet("requested_slot", question)]


def _is_command(tracker: Tracker, slots: dict[str, Any], step: Step) -> bool:
    """Tell whether an admin said all of it at once: nothing is left to ask."""
    said = _said(tracker)
    is_clear = said.intent in KINDS and said.confidence >= SURE_TO_SEND
    begins = not slots.get("requested_slot")
    is_whole = len(said.addresses) == 1 and bool(step.slots.get("email"))
    return is_clear and begins and is_whole and is_from_admin(tracker)


def _said(tracker: Tracker) -> Said:
    message = tracker.latest_message
    addresses = [
        entity["value"]
        for entity in message.get("entities", [])
        if entity["entity"] == "email"
    ]
    intent = message.get("intent") or {}
    return Said(
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        text=message.get("text") or "",
        addresses=tuple(dict.fromkeys(addresses)),
    )
