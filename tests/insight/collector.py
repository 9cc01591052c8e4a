"""A collector of traces: a real HTTP server that reads OTLP's protobuf as one does."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from tests.accounts.service import wait_for
from tests.helpdesk.scripted_server import ScriptedServer, run_scripted_server

PATH = "/v1/traces"
FAILED = 2  # OTLP's STATUS_CODE_ERROR


@dataclass(frozen=True)
class Told:
    """A span as it arrived."""

    service: str
    instance: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    has_failed: bool
    attributes: dict[str, object]


class Collector:
    """What a server received of traces."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server

    @property
    def bodies(self) -> list[bytes]:
        """All that was sent, unpacked."""
        found = []
        for request in list(self.server.received):
            assert request.path == PATH
            packed = request.headers.get("Content-Encoding") == "gzip"
            found.append(gzip.decompress(request.body) if packed else request.body)
        return found

    @property
    def spans(self) -> list[Told]:
        """All spans so far."""
        return [span for body in self.bodies for span in _read(body)]

    def trace_of(self, turn_id: str) -> list[Told]:
        """Return the spans of a turn's trace so far."""
        spans = self.spans
        traces = {
            span.trace_id
            for span in spans
            if span.attributes.get("latchkey.turn.id") == turn_id
        }
        return [span for span in spans if span.trace_id in traces]

    def span(self, name: str, seconds: float = 15, **attributes: object) -> Told:
        """Wait for the first span of a name, with these attributes among others."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}

        def find() -> Told | None:
            for span in self.spans:
                if span.name == name and wanted.items() <= span.attributes.items():
                    return span
            return None

        return wait_for(find, f"a span {name}", seconds)


@contextmanager
def run_collector() -> Iterator[Collector]:
    """Run one for the length of a test."""
    with run_scripted_server() as server:
        yield Collector(server)


def _read(body: bytes) -> Iterator[Told]:
    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    for group in request.resource_spans:
        about = _attributes(group.resource.attributes)
        assert about["service.namespace"] == "latchkey"
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Told(
                    str(about["service.name"]),
                    str(about["service.instance.id"]),
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    span.status.code == FAILED,
                    _attributes(span.attributes),
                )


def _attributes(pairs: object) -> dict[str, object]:
    values = {}
    for pair in pairs:  # type: ignore[attr-defined]
        kind = pair.value.WhichOneof("value")
        values[pair.key] = getattr(pair.value, kind)
    return values
