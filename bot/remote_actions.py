"""Two repairs to the way Rasa calls the action server.

Rasa validates each reply against a JSON schema that never changes, and compiles and
checks that schema anew on every call: about 95 % of the ~56 ms an action costs. Here
`bot.action_reply` does it. And Rasa only logs an action that failed, saves the turn, and
the person hears nothing: here a turn in which nothing was said yet is broken off, so that
whoever runs it can say so and run it again (docs/decisions/0004). An action may also ask
for that itself, with the note `try_again`.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any, Dict, List, Optional, Text

from jsonschema import ValidationError
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.shared.core.events import BotUttered

from bot import action_reply, trace

_said: ContextVar[Optional[List[Any]]] = ContextVar("said_in_this_turn", default=None)
_tried: ContextVar[Optional[List[Dict[Text, Text]]]] = ContextVar(
    "tried_in_this_turn", default=None
)
_run_action = RemoteAction.run


class BrokenOffError(BaseException):
    """An action failed before anything was said.

    Not an `Exception`: Rasa catches those, goes on, and saves half a turn.
    """


def break_off_in_silence(said: List[Any]) -> None:
    """Let an action that fails break off this task's turn while `said` is empty."""
    _said.set(said)


def note_tries(tried: List[Dict[Text, Text]]) -> None:
    """Have this task's actions noted, each with its outcome, for people to see."""
    _tried.set(tried)


def _note(action: RemoteAction, outcome: Text) -> None:
    tried = _tried.get()
    # The check of a form's slots is called like an action, and is none.
    if tried is not None and action.name().startswith("action_"):
        tried.append({"name": action.name(), "outcome": outcome})


def _validate(action: RemoteAction, result: Dict[Text, Any]) -> bool:
    try:
        action_reply.check(result)
    except action_reply.AnswerError as error:
        problem = f"{action.name()} answered wrongly: {error.message}"
        raise ValidationError(problem) from error
    return True


async def _run(action: RemoteAction, *args: Any, **more: Any) -> Any:
    try:
        with trace.timed("client", "POST /webhook", action.name()):
            events = await _run_action(action, *args, **more)
    except ActionExecutionRejection:
        raise
    except asyncio.CancelledError:
        _note(action, "cut_off")
        raise
    except Exception as error:
        _note(action, "failed")
        said = _said.get()
        if said is not None and not said:
            raise BrokenOffError(action.name()) from error
        raise
    said = _said.get()
    if said is not None and not said and any(map(_asks_again, events)):
        _note(action, "failed")
        raise BrokenOffError(action.name())
    _note(action, "done")
    return events


def _asks_again(event: Any) -> bool:
    """Tell whether an action could not do its work now and wants to be called again."""
    custom = isinstance(event, BotUttered) and event.data.get("custom")
    return bool(custom) and custom.get("try_again") is True


def install() -> None:
    """Repair Rasa's class in this process. Calling it again changes nothing."""
    RemoteAction._validate_action_result = _validate
    RemoteAction.run = _run
