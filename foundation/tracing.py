"""Spans: what took how long, and for which turn, told to a collector if one is named.

Without `OTEL_EXPORTER_OTLP_ENDPOINT` nothing of OpenTelemetry is imported and no span is
made; ids still go on to the next part and into log lines. Spans name no person and hold no
text. Their names and attributes follow OpenTelemetry's semantic conventions.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

from foundation.environment import Environment
from foundation.logs import process_name
from foundation.trace_context import TraceContext, current, new_span_id, new_trace

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
ENDPOINT_OF_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
SDK_DISABLED = "OTEL_SDK_DISABLED"
ERROR_TYPE = "error.type"  # a span that has it has failed
LONGEST_CODE = 50

Value = str | int | float | bool
Attributes = dict[str, Value]


class Kind(StrEnum):
    """What a span is to the one above it."""

    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Source:
    """The process that a span tells of."""

    service: str
    instance: str


@dataclass
class Span:
    """Something that was done. `source` is None if this process did it."""

    name: str
    kind: Kind
    context: TraceContext
    parent_id: str | None
    start_ns: int
    end_ns: int
    attributes: Attributes = field(default_factory=dict)
    source: Source | None = None


class Sink(Protocol):
    """Where spans go. Nothing here waits for it."""

    def samples(self, trace_id: str) -> bool:
        """Tell whether the spans of a new trace are wanted."""

    def take(self, span: Span) -> None:
        """Take a span that has ended."""

    def close(self) -> None:
        """Pass on what is left, within a second."""


_sink: Sink | None = None


def begin_tracing(service: str, variables: Mapping[str, str] = os.environ) -> None:
    """Send spans to the collector that the environment names, if it does.

    Args:
        service: Which part this process is.
        variables: The environment.

    Raises:
        SettingsError: The collector's address is none.
    """
    read = Environment(variables)
    endpoints = [read.text(name, "") for name in (ENDPOINT, ENDPOINT_OF_TRACES)]
    if not any(endpoints) or read.flag(SDK_DISABLED):
        return
    for name in filter(variables.get, (ENDPOINT, ENDPOINT_OF_TRACES)):
        read.url(name, "")
    from foundation.trace_export import Exporter  # takes a while to load

    send_spans_to(Exporter(Source(service, process_name(service, variables))))


def send_spans_to(sink: Sink | None) -> None:
    """Give all spans from now on to a sink, or to nobody."""
    global _sink
    _sink = sink


def end_tracing() -> None:
    """Pass on what is left and send nothing any more."""
    sink = _sink
    send_spans_to(None)
    if sink is not None:
        sink.close()


def samples(trace_id: str) -> bool:
    """Tell whether spans of a trace that begins here are wanted."""
    return _sink is not None and _sink.samples(trace_id)


def record(span: Span) -> None:
    """Pass a span on that was made elsewhere, or has ended already."""
    if _sink is not None and span.context.is_sampled:
        _sink.take(span)


class OpenSpan:
    """A span that has begun; what is done meanwhile in this task belongs to it.

    Attributes:
        name: What is done.
        attributes: What is known of it; more may be added until it ends.
    """

    def __init__(
        self,
        name: str,
        kind: Kind,
        attributes: Mapping[str, Value],
        context: TraceContext,
        parent_id: str | None,
    ) -> None:
        self.name = name
        self.attributes: Attributes = dict(attributes)
        self._kind = kind
        self._context = context
        self._parent_id = parent_id
        self._start_ns = time.time_ns()
        self._before = current.get()
        current.set(context)

    def end(self, error: BaseException | None = None) -> None:
        """End it; what is done afterwards belongs to the one above it again."""
        current.set(self._before)
        if error is not None:
            self.attributes.setdefault(ERROR_TYPE, _kind_of(error))
        times = (self._start_ns, time.time_ns())
        whose = (self._context, self._parent_id)
        record(Span(self.name, self._kind, *whose, *times, self.attributes))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.end(error)


def request_to(base_url: str, method: str, path: str) -> Attributes:
    """Return the attributes of a request to a neighbour.

    Args:
        base_url: Where the neighbour is.
        method: The HTTP method.
        path: The path, with names in the place of what is somebody's.
    """
    place = urlsplit(base_url)
    return {
        "http.request.method": method,
        "url.template": path,
        "server.address": place.hostname or "",
        "server.port": place.port or (443 if place.scheme == "https" else 80),
    }


def _kind_of(error: BaseException) -> str:
    code = getattr(error, "code", None)
    # A neighbour's code is a word, or it may be anything.
    is_word = (
        isinstance(code, str) and code.isidentifier() and len(code) <= LONGEST_CODE
    )
    return str(code) if is_word else type(error).__name__


def open_span(
    name: str, kind: Kind, attributes: Mapping[str, Value]
) -> OpenSpan | None:
    """Begin a span below the current one; None if nobody wants it."""
    above = current.get()
    if _sink is None or above is None or not above.is_sampled:
        return None
    context = TraceContext(above.trace_id, new_span_id(), is_sampled=True)
    return OpenSpan(name, kind, attributes, context, above.span_id)


@contextmanager
def span(
    name: str,
    kind: Kind = Kind.INTERNAL,
    attributes: Mapping[str, Value] | None = None,
) -> Iterator[Attributes]:
    """Make a span of a block, below the current one if there is one.

    Yields:
        Its attributes, to add to.
    """
    opened = open_span(name, kind, attributes or {})
    if opened is None:
        yield {}
        return
    with opened:
        yield opened.attributes


@contextmanager
def trace(
    name: str, attributes: Mapping[str, Value] | None = None
) -> Iterator[Attributes]:
    """Make a block the first span of a trace of its own.

    Yields:
        Its attributes, to add to.
    """
    context = new_trace(is_sampled=False)
    if samples(context.trace_id):
        context = TraceContext(context.trace_id, context.span_id, is_sampled=True)
    with OpenSpan(name, Kind.INTERNAL, attributes or {}, context, None) as opened:
        yield opened.attributes


@contextmanager
def within(context: TraceContext | None) -> Iterator[None]:
    """Run a block as part of a span that began elsewhere."""
    before = current.set(context)
    try:
        yield
    finally:
        current.reset(before)
