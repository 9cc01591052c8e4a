"""Takes needless work out of Rasa's turns, in the processes that answer people.

Nothing here changes what a conversation comes to. Training and its conversation tests
run without it, so that a difference would show (docs/decisions/0007).
"""

from __future__ import annotations

import logging
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Dict, List, Optional, Text, Type

from rasa.core import processor
from rasa.core.policies.policy import Policy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot

from bot import graph_runner, rule_lookup, state_history

_find_event_type = Event.resolve_by_type
_is_empty_domain = Domain.is_empty
_describe_states = Policy.format_tracker_states


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


def _is_empty(domain: Domain) -> bool:
    """Tell whether a domain is empty; Rasa writes the whole of it down to compare."""
    known = domain.__dict__.get("_is_known_empty")
    if known is None:
        known = domain.__dict__["_is_known_empty"] = _is_empty_domain(domain)
    return known


def _describe(states: List[Dict]) -> Text:
    """Write states down for the log, if anybody reads it."""
    is_read = logging.getLogger().isEnabledFor(logging.DEBUG)
    return _describe_states(states) if is_read else ""


def _log_as_it_is(value: Any) -> Any:
    """Stand for `copy.deepcopy` where Rasa copies only what it then does not log."""
    return value


def install() -> None:
    """Lighten Rasa in this process; call it before a model is loaded."""
    graph_runner.install()
    rule_lookup.install()
    state_history.install()
    Event.resolve_by_type = staticmethod(_event_type)
    Slot.__copy__ = _copy_slot
    Domain.is_empty = _is_empty
    Policy.format_tracker_states = staticmethod(_describe)
    # The processor copies nothing but values for its log.
    processor.copy = SimpleNamespace(deepcopy=_log_as_it_is)
