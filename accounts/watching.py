"""Watches the requests of the contract: how long each took, and in which trace it was."""

import re
import time

from sanic import HTTPResponse, Request

from accounts.services import AccountsApp, services_of
from foundation.trace_context import HEADER, current, read_traceparent
from foundation.tracing import ERROR_TYPE, Kind, open_span

CONTRACT = "/v1/"
OUR_MISTAKE = 500
PARAMETER = re.compile(r"<(\w+)(?::[^>]*)?>")


def watch(app: AccountsApp) -> None:
    """Watch an application's requests and its event loop."""
    app.register_middleware(_begin, "request")
    app.register_middleware(_end, "response")  # type: ignore[arg-type]  # Sanic types it for HTTPResponse only
    app.before_server_start(_start)
    app.after_server_stop(_stop)


async def _start(app: AccountsApp) -> None:
    app.ctx.measures.loop_lag.start()


async def _stop(app: AccountsApp) -> None:
    await app.ctx.measures.loop_lag.stop()


async def _begin(request: Request) -> None:
    if not request.path.startswith(CONTRACT):
        return
    request.ctx.begun = time.monotonic()
    # A connection's requests are one task, and the next one is in no trace by itself.
    current.set(read_traceparent(request.headers.get(HEADER)))
    path = _template(request)
    attributes = {"http.request.method": request.method, "http.route": path}
    name = f"{request.method} {path}"
    request.ctx.span = open_span(name, Kind.SERVER, attributes)


async def _end(request: Request, answer: HTTPResponse) -> None:
    begun = getattr(request.ctx, "begun", None)
    if begun is None:
        return
    span = request.ctx.span
    if span is not None:
        span.attributes["http.response.status_code"] = answer.status
        if answer.status >= OUR_MISTAKE:
            span.attributes[ERROR_TYPE] = str(answer.status)
        span.end()
    current.set(None)
    operation = f"{request.method} {_template(request)}"
    took = services_of(request).measures.request_seconds
    took.labels(operation, answer.status).observe(time.monotonic() - begun)


def _template(request: Request) -> str:
    """Return the path with names in the place of what is somebody's."""
    route = request.route
    return PARAMETER.sub(r"{\1}", f"/{route.path}") if route else CONTRACT
