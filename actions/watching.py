"""Watches the action server: how long each action took, and in which trace it ran."""

from typing import Any

from rasa_sdk.executor import ActionExecutor
from sanic import HTTPResponse, Request, Sanic

from actions.measures import ACTION_SECONDS, LOOP_LAG, REGISTRY
from foundation.measures import answer_measures
from foundation.trace_context import HEADER, current, read_traceparent
from foundation.tracing import Attributes, Kind, span

ROUTE: Attributes = {"http.request.method": "POST", "http.route": "/webhook"}


class WatchedExecutor(ActionExecutor):  # type: ignore[misc]  # rasa-sdk has no type information
    """Runs actions, and notes how long they take."""

    async def run(self, action_call: dict[str, Any], *more: Any, **named: Any) -> Any:
        """Run an action; see `ActionExecutor.run`."""
        name = str(action_call.get("next_action"))
        if name not in self.actions:  # anybody may call it anything
            return await super().run(action_call, *more, **named)
        with (
            ACTION_SECONDS.labels(name).time(),
            span("POST /webhook", Kind.SERVER, ROUTE | {"latchkey.action.name": name}),
        ):
            return await super().run(action_call, *more, **named)


def watch(app: Sanic[Any, Any]) -> None:
    """Watch the server's requests and its event loop, and let its measures be read."""
    app.register_middleware(_begin, "request")
    app.before_server_start(_start)
    app.after_server_stop(_stop)
    app.add_route(_show_measures, "/metrics", name="metrics")


async def _start(_app: Sanic[Any, Any]) -> None:
    LOOP_LAG.start()


async def _stop(_app: Sanic[Any, Any]) -> None:
    await LOOP_LAG.stop()


async def _begin(request: Request) -> None:
    # A connection's requests are one task, and the next one has a trace of its own.
    current.set(read_traceparent(request.headers.get(HEADER)))


async def _show_measures(_request: Request) -> HTTPResponse:
    return answer_measures(REGISTRY)
