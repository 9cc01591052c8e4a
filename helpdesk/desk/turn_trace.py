"""A turn as a trace: one span for all of it, and one below that for each attempt.

The first span's ids follow from the turn's own, so attempts of several processes belong to
one trace; whoever ends the turn tells of it.
"""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from foundation.trace_context import TraceContext, trace_of
from foundation.tracing import (
    ERROR_TYPE,
    Attributes,
    Kind,
    Span,
    record,
    samples,
    span,
    within,
)
from helpdesk.desk.turns import OpenTurn

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


async def attempt_at(turn: OpenTurn, work: Awaitable[None]) -> None:
    """Do some work as an attempt at a turn."""
    attributes: Attributes = {
        "latchkey.turn.id": str(turn.id),
        "latchkey.turn.attempt": turn.attempt,
    }
    with within(_context_of(turn)), span("turn attempt", Kind.INTERNAL, attributes):
        await work


def tell_turn(turn: OpenTurn, end: str, now: datetime) -> None:
    """Tell of a turn that has ended."""
    attributes: Attributes = {
        "latchkey.turn.id": str(turn.id),
        "latchkey.turn.purpose": turn.purpose.value,
        "latchkey.turn.attempts": turn.attempt,
        "latchkey.turn.end": end,
    }
    if end == "failed":
        attributes[ERROR_TYPE] = end
    times = (_nanoseconds(turn.created_at), _nanoseconds(now))
    context = _context_of(turn)
    record(Span("turn", Kind.INTERNAL, context, None, *times, attributes))


def _context_of(turn: OpenTurn) -> TraceContext:
    first = trace_of(turn.id, is_sampled=False)
    return replace(first, is_sampled=samples(first.trace_id))


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000
