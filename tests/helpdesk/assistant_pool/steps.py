"""Servers in the place of the assistant's processes, and pools of them."""

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import uuid4

from helpdesk.assistant import AssistantClient, Turn
from helpdesk.assistant_pool import AssistantPool
from helpdesk.metrics import Metrics
from tests.helpdesk.scripted_server import Script, ScriptedServer, reply

KEY = "the key of the tests, which is long enough for all"
RESULT: dict[str, Any] = {"replies": [{"text": "Hello!"}]}
WELL = reply(200, json.dumps(RESULT).encode())
ENDING = reply(503, b'{"code": "stopping", "message": "It ends."}')


class Seconds:
    """A clock that moves when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def client_of(url: str) -> AssistantClient:
    return AssistantClient(url, turn_key=KEY, actor_key=KEY)


def pool_of(
    urls: list[str], metrics: Metrics | None = None, clock: Seconds | None = None
) -> AssistantPool:
    clients = {f"rasa-{number}": client_of(url) for number, url in enumerate(urls, 1)}
    return AssistantPool(clients, metrics or Metrics(), clock or Seconds())


def a_turn() -> Turn:
    return Turn(str(uuid4()), str(uuid4()), text="hello")


def turns_at(server: ScriptedServer) -> int:
    return len(server.received)


def left_out(metrics: Metrics) -> list[str]:
    return [name for name in ("rasa-1", "rasa-2") if measure(metrics, name)]


def measure(metrics: Metrics, process: str, what: str = "left_out") -> float:
    labels = {"process": process}
    return metrics.registry.get_sample_value(f"latchkey_rasa_{what}", labels) or 0.0


def held(until: threading.Event) -> Script:
    """Return a script that answers when something is set."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        until.wait(20)
        WELL(handler)

    return answer
