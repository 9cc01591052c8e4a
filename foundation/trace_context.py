"""Where in a trace this code runs, as the W3C's Trace Context writes it.

The ids go from part to part and into every log line, whether or not anybody collects
traces. They say nothing about a person.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from secrets import token_hex
from typing import ParamSpec, TypeVar
from uuid import UUID

HEADER = "traceparent"
TRACE_ID_LENGTH = 32
# A version that is not known yet may say more behind what all versions have.
_TRACEPARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_SAMPLED = 1

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True)
class TraceContext:
    """A span, as others refer to it: the trace, its own id, and whether it is collected."""

    trace_id: str
    span_id: str
    is_sampled: bool = False

    @property
    def traceparent(self) -> str:
        """The header's value."""
        return f"00-{self.trace_id}-{self.span_id}-{self.is_sampled:02d}"


current: ContextVar[TraceContext | None] = ContextVar("trace_context", default=None)


def new_span_id() -> str:
    """Return an id for a span."""
    return token_hex(8)


def new_trace(*, is_sampled: bool) -> TraceContext:
    """Return the first span of a trace of its own."""
    return TraceContext(token_hex(16), new_span_id(), is_sampled)


def trace_of(thing: UUID, *, is_sampled: bool) -> TraceContext:
    """Return the first span of the trace of a thing that several processes may work on.

    The ids follow from its own, so all of them agree without asking each other.
    """
    # Not the id itself: samplers look at bits that are not random in a UUID.
    ids = blake2b(thing.bytes, digest_size=24).hexdigest()
    return TraceContext(ids[:TRACE_ID_LENGTH], ids[TRACE_ID_LENGTH:], is_sampled)


def read_traceparent(text: str | None) -> TraceContext | None:
    """Return what a header says; None if it says nothing that can be understood."""
    match = _TRACEPARENT.fullmatch(text or "")
    if not match:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


def in_trace(
    call: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Callable[[], Result]:
    """Return a call that another thread may make, as part of the same trace."""
    return partial(copy_context().run, partial(call, *args, **kwargs))


def current_traceparent() -> str | None:
    """Return what to hand on to the next part; None outside of a trace."""
    here = current.get()
    return here.traceparent if here else None
