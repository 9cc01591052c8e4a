"""Checks what the action server answers, by Rasa's own schema, without its cost.

Rasa compiles the schema anew for each reply. Compiled once it still tries each event
against the schemas of all twenty-three kinds and counts those that fit; but a kind is told
by its name, so here an event meets only the schema of the kind that it says it is.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Text

import fastjsonschema
from rasa.core.actions.action import RemoteAction
from rasa.shared.utils.schemas.events import EVENT_SCHEMA

AnswerError = fastjsonschema.JsonSchemaException

# The draft that jsonschema takes for a schema that names none of the older ones.
_DRAFT = {"$schema": "http://json-schema.org/draft-07/schema"}
_KINDS: Any = EVENT_SCHEMA["oneOf"]


def _compile(schema: Dict[Text, Any]) -> Callable[[Any], Any]:
    return fastjsonschema.compile({**_DRAFT, **schema})


def _frame() -> Dict[Text, Any]:
    spec = RemoteAction.action_response_format_spec()
    return {**spec, "properties": {**spec["properties"], "events": {"type": "array"}}}


_check_frame = _compile(_frame())
_check_any_event = _compile(EVENT_SCHEMA)
_check_event = {
    kind["properties"]["event"]["const"]: _compile({**EVENT_SCHEMA, "oneOf": [kind]})
    for kind in _KINDS
}


def check(answer: Any) -> None:
    """Refuse what Rasa's schema for an action's answer refuses.

    Raises:
        AnswerError: it does not fit the schema.
    """
    _check_frame(answer)
    for event in answer.get("events", []):
        kind = event.get("event") if isinstance(event, dict) else None
        known = isinstance(kind, str) and kind in _check_event
        (_check_event[kind] if known else _check_any_event)(event)
