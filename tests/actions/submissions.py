"""The call that follows a yes, and what it leaves in the slots."""

from typing import Any
from uuid import uuid4

from tests.actions.calls import Json, actor_token, call, said, slots_set, user_event

SUBMIT = "action_submit_recovery"
FORGOTTEN = {
    "recovery_kind": None,
    "recovery_confirmed": None,
    "recovery_asked": None,
    "email_typed": None,
    "email_suggestion": None,
    "email_suggestion_accepted": None,
    "email_attempts": None,
    "awaiting": None,
}
KNOWN = {**FORGOTTEN, "unknown_outcomes": None}


def submission(
    email: str | None,
    kind: str | None = "password_reset",
    *,
    conversation: str | None = None,
    message: str | None = None,
    confirmed: Any = True,
    token: str | None = "ours",
    before: Json | None = None,
    **claims: Any,
) -> Json:
    """Return the call that follows a yes, with its signed actor or another token."""
    conversation, message = conversation or uuid4().hex, message or uuid4().hex
    actor = actor_token(conversation, message, **claims) if token == "ours" else token
    yes = user_event("affirm", "yes", message=message, actor=actor)
    slots = {"email": email, "recovery_kind": kind, "recovery_confirmed": confirmed}
    slots |= before or {}
    return call(SUBMIT, yes, slots=slots, conversation=conversation)


def receipt_of(result: Json) -> Json:
    """Return the receipt of what was asked for."""
    (response,) = result["responses"]
    receipt: Json = response["custom"]["receipt"]
    return receipt


def without_times(result: Json) -> Json:
    """Return a result without the moment that its receipt names."""
    receipt_of(result).pop("expires_at")
    return result


def failed(result: Json) -> bool:
    """Tell whether a failure was told, with a way to a person and the address kept."""
    assert said(result) == ["utter_recovery_failed"]
    (response,) = result["responses"]
    custom = dict(response["custom"])
    receipt = custom.pop("receipt", {"result": "refused"})
    assert custom == ({"acted": True} if receipt["result"] == "unknown" else {})
    slots = slots_set(result)
    assert set(slots) == set(KNOWN)
    assert all(slots[name] is None for name in FORGOTTEN)
    return True
