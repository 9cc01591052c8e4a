"""Spans to a collector, by OTLP over HTTP, with OpenTelemetry's own batching and settings.

Loaded only where a collector is named. Whoever makes a span puts it into a queue and goes
on; a thread sends what is in it. While the collector is away the queue fills and then drops,
and the log says so once.
"""

import logging
import threading
from collections.abc import Sequence

from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Status, StatusCode

from foundation.tracing import ERROR_TYPE, Kind, Source, Span

log = logging.getLogger(__name__)

NAMESPACE = "latchkey"
LAST_WORDS_S = 1.0
KINDS = {
    Kind.SERVER: otel.SpanKind.SERVER,
    Kind.CLIENT: otel.SpanKind.CLIENT,
    Kind.PRODUCER: otel.SpanKind.PRODUCER,
    Kind.CONSUMER: otel.SpanKind.CONSUMER,
    Kind.INTERNAL: otel.SpanKind.INTERNAL,
}


class Exporter:
    """Takes spans and sends them, from many threads.

    Args:
        source: This process.
    """

    def __init__(self, source: Source) -> None:
        # Its own complaints come with every attempt; ours once.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._source = source
        self._sender = BatchSpanProcessor(_Sender(OTLPSpanExporter()))
        self._ids = _GivenIds()
        self._tracers: dict[Source, otel.Tracer] = {}
        self._lock = threading.Lock()
        self._sampler = self._add_tracer(source).sampler

    def samples(self, trace_id: str) -> bool:
        """Tell what OTEL_TRACES_SAMPLER says of a new trace."""
        result = self._sampler.should_sample(None, int(trace_id, 16), "")
        return result.decision is Decision.RECORD_AND_SAMPLE

    def take(self, span: Span) -> None:
        """Put a span into the queue."""
        context, above = span.context, None
        if span.parent_id is not None:
            above = otel.set_span_in_context(
                otel.NonRecordingSpan(_as_context(context.trace_id, span.parent_id))
            )
        self._ids.give(context.trace_id, context.span_id)
        made = self._tracer(span.source or self._source).start_span(
            span.name,
            above or otel.set_span_in_context(otel.INVALID_SPAN),
            KINDS[span.kind],
            span.attributes,
            start_time=span.start_ns,
        )
        if ERROR_TYPE in span.attributes:
            made.set_status(Status(StatusCode.ERROR))
        made.end(max(span.start_ns, span.end_ns))

    def close(self) -> None:
        """Send what is left; a collector that is away is not waited for."""
        last = threading.Thread(target=self._sender.shutdown, daemon=True)
        last.start()
        last.join(LAST_WORDS_S)

    def _tracer(self, source: Source) -> otel.Tracer:
        with self._lock:
            if source not in self._tracers:
                self._add_tracer(source)
            return self._tracers[source]

    def _add_tracer(self, source: Source) -> TracerProvider:
        provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.namespace": NAMESPACE,
                    "service.name": source.service,
                    "service.instance.id": source.instance,
                }
            ),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._sender)
        self._tracers[source] = provider.get_tracer(NAMESPACE)
        return provider


class _GivenIds(RandomIdGenerator):
    """Gives the next span of this thread the ids that it has already."""

    def __init__(self) -> None:
        super().__init__()
        self._next = threading.local()

    def give(self, trace_id: str, span_id: str) -> None:
        self._next.ids = (int(trace_id, 16), int(span_id, 16))

    def generate_trace_id(self) -> int:
        return int(self._next.ids[0])

    def generate_span_id(self) -> int:
        return int(self._next.ids[1])


class _Sender(SpanExporter):
    """Sends batches, and says once when the collector goes away and comes back."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            log.warning("the collector of traces does not answer; spans are dropped")
        if self._is_away and not is_away:
            log.info("the collector of traces answers again")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _as_context(trace_id: str, span_id: str) -> otel.SpanContext:
    return otel.SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=True,
        trace_flags=otel.TraceFlags(otel.TraceFlags.SAMPLED),
    )
