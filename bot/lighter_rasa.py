"""Takes needless work out of Rasa's turns, in the processes that answer people.

Nothing here changes what a conversation comes to. Training and its conversation tests
run without it, so that a difference would show (docs/decisions/0007).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Optional, Text, Type

from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot

from bot import graph_runner, rule_lookup

_find_event_type = Event.resolve_by_type


@lru_cache(maxsize=256)
def _event_type(
    type_name: Text, default: Optional[Type[Event]] = None
) -> Optional[Type[Event]]:
    """Find an event's class; Rasa walks through all classes for each event it reads."""
    return _find_event_type(type_name, default)


def _copy_slot(slot: Slot) -> Slot:
    """Copy a slot as `copy.copy` does, less the detour over pickling."""
    twin = type(slot).__new__(type(slot))
    twin.__dict__.update(slot.__dict__)
    return twin


def install() -> None:
    """Lighten Rasa in this process; call it before a model is loaded."""
    graph_runner.install()
    rule_lookup.install()
    Event.resolve_by_type = staticmethod(_event_type)
    Slot.__copy__ = _copy_slot
