"""Making turns and taking them, for the tests of the bot."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

from bot.turn import Turn, TurnTaker

Run = Callable[[Coroutine[Any, Any, Any]], Any]
EFFECT = "action_submit_recovery"
KNOWS_LOG_IN = "e-mail address you used for registration"


def new_id() -> str:
    """Return an id that nothing has used yet."""
    return uuid4().hex


def typed(
    text: str, conversation: str | None = None, message: str | None = None
) -> Turn:
    """Return the turn of somebody who typed."""
    return Turn(message or new_id(), conversation or new_id(), text=text)


def pressed(
    payload: str, conversation: str | None = None, message: str | None = None
) -> Turn:
    """Return the turn of somebody who pressed a button."""
    return Turn(message or new_id(), conversation or new_id(), payload=payload)


def texts(result: dict[str, Any]) -> list[str]:
    """Return what the assistant said."""
    return [reply["text"] for reply in result["replies"]]


def slot(name: str, value: Any) -> dict[str, Any]:
    """Return the event that sets a slot, as an action server sends it."""
    return {"event": "slot", "name": name, "value": value, "timestamp": None}


async def last_intent(taker: TurnTaker, conversation: str) -> str:
    tracker = await taker._agent.tracker_store.retrieve(conversation)
    return tracker.latest_message.intent["name"]


async def slot_value(taker: TurnTaker, conversation: str, name: str) -> Any:
    tracker = await taker._agent.tracker_store.retrieve(conversation)
    return tracker.get_slot(name)
