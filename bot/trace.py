"""The place in the help desk's trace at which a turn runs here, and what it took.

Nothing here sends anything: what was timed goes back with the turn's answer, and the help
desk makes spans of it. Its ids go on to the action server and into log lines.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Dict, Iterator, List, Optional, Text

HEADER = "traceparent"
MOST_SPANS = 50  # of one turn

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1


@dataclass
class Trace:
    """A turn's place in a trace, and the spans of what it has done so far."""

    trace_id: Text
    span_id: Text
    is_sampled: bool
    spans: List[Dict[Text, Any]] = field(default_factory=list)

    @property
    def traceparent(self) -> Text:
        """The header's value for whoever is called from here."""
        return f"00-{self.trace_id}-{self.span_id}-{self.is_sampled:02d}"


_current: ContextVar[Optional[Trace]] = ContextVar("trace", default=None)


def current() -> Optional[Trace]:
    """Return where this code runs; None outside of a trace."""
    return _current.get()


@contextmanager
def follow(header: Optional[Text]) -> Iterator[Optional[Trace]]:
    """Run a block as a part of the trace that a request's header names, if it does."""
    match = _TRACEPARENT.fullmatch(header or "")
    here = None
    if match:
        is_sampled = bool(int(match.group(3), 16) & _SAMPLED)
        here = Trace(match.group(1), match.group(2), is_sampled)
    token = _current.set(here)
    try:
        yield here
    finally:
        _current.reset(token)


@contextmanager
def timed(kind: Text, name: Text, action: Optional[Text] = None) -> Iterator[None]:
    """Note how long a block takes; what it calls is told that it is part of it.

    Args:
        kind: `server`, `client` or `internal`.
        name: What is done; nothing that anybody has said.
        action: Which action it is for.
    """
    above = _current.get()
    if above is None or not above.is_sampled or len(above.spans) >= MOST_SPANS:
        yield
        return
    span: Dict[Text, Any] = {
        "id": token_hex(8),
        "parent": above.span_id,
        "kind": kind,
        "name": name,
        "start": time.time_ns(),
        **({"action": action} if action else {}),
    }
    above.spans.append(span)
    below = Trace(above.trace_id, span["id"], True, above.spans)
    token = _current.set(below)
    try:
        yield
    except BaseException as error:
        span["error"] = type(error).__name__
        raise
    finally:
        span["end"] = time.time_ns()
        _current.reset(token)
