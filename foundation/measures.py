"""What every part measures alike: its process, its event loop, and calls of the backend."""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from sanic import HTTPResponse
from sanic.response import raw

from foundation import tracing
from foundation.trace_context import HEADER, current_traceparent

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
LOOK_EVERY_S = 0.5


def new_registry() -> CollectorRegistry:
    """Return a registry that knows the memory, time and open files of this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


def answer_measures(registry: CollectorRegistry) -> HTTPResponse:
    """Answer the measures of a registry, as Prometheus reads them."""
    return raw(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def is_inside(address: str) -> bool:
    """Tell whether somebody at an address is one of those whom measures are for."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


class LoopLag:
    """Measures how late the event loop is: something in it takes too long.

    Args:
        registry: Where the measure goes.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "latchkey_event_loop_lag_seconds",
            "How late the event loop was, looked at twice a second",
            buckets=SECONDS,
            registry=registry,
        )
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Stop."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def _look(self) -> None:
        while True:
            wanted = time.monotonic() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            self._seconds.observe(max(0.0, time.monotonic() - wanted))


class BackendCalls:
    """Measures and traces calls of the account backend.

    Args:
        registry: Where the measures go.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "latchkey_backend_seconds",
            "How long the account backend took, with further tries",
            ["operation"],
            buckets=SECONDS,
            registry=registry,
        )
        self._errors = Counter(
            "latchkey_backend_errors",
            "Calls that the account backend did not do: down, or refused for good",
            ["operation", "kind"],
            registry=registry,
        )

    @contextmanager
    def watch(
        self, base_url: str, method: str, path: str
    ) -> Iterator[Mapping[str, str]]:
        """Watch a call.

        Args:
            base_url: Where the backend is.
            method: The HTTP method.
            path: The path, with names in the place of what is somebody's.

        Yields:
            The headers that the call takes along.
        """
        operation, begun = f"{method} {path}", time.monotonic()
        attributes = tracing.request_to(base_url, method, path)
        try:
            with tracing.span(operation, tracing.Kind.CLIENT, attributes):
                traceparent = current_traceparent()
                yield {HEADER: traceparent} if traceparent else {}
        except Exception as error:
            kind = "refused" if getattr(error, "permanent", False) else "down"
            self._errors.labels(operation, kind).inc()
            raise
        finally:
            self._seconds.labels(operation).observe(time.monotonic() - begun)
