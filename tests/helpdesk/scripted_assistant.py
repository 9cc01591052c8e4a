"""A real HTTP server in Rasa's place, which answers turns as a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from helpdesk.assistant import FORGET_PATH, PARSE_PATH
from tests.helpdesk.scripted_server import ScriptedServer, reply, run_scripted_server

Turn = dict[str, Any]
Said = dict[str, Any]


class ScriptedAssistant:
    """Answers each turn with an echo, unless a test says otherwise."""

    def __init__(self, server: ScriptedServer) -> None:
        self.url = server.url
        self.reset()
        server.script = self._answer

    def reset(self) -> None:
        """Be the echo again, and forget the turns so far."""
        self.turns: list[Turn] = []
        self.answer: Callable[[Turn], list[Said]] = echo
        # What the result of a turn has besides: receipts, a plan, a wish.
        self.more: Callable[[Turn], Said] = lambda _turn: {}
        self.is_down = False
        self.has_trouble = False
        self.has_acted = False
        self.handoff: dict[str, str] | None = None
        self.actions: list[dict[str, str]] = []
        self.receipts: list[Said] = []
        self.refusal: tuple[int, bytes] | None = None
        self.parsed: list[str] = []
        self.forgotten: list[Turn] = []
        self.understood: Callable[[str], Said] = not_understood
        self.is_deaf = False  # takes turns, and understands nothing beside them
        self.is_free = threading.Event()
        self.is_free.set()

    def say(self, *replies: Said) -> None:
        """Answer every turn with these replies."""
        self.answer = lambda _turn: list(replies)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        turn = json.loads(handler.body)  # type: ignore[attr-defined]
        if handler.path == PARSE_PATH:
            self._parse(turn["text"], handler)
            return
        if handler.path == FORGET_PATH:
            self.forgotten.append(turn)
            status = 503 if self.is_down else 200
            reply(status, b'{"forgotten": 0}')(handler)
            return
        self.turns.append(turn)
        self.is_free.wait(30)
        if self.is_down:
            reply(503, b"")(handler)
            return
        if self.refusal is not None:
            reply(*self.refusal)(handler)
            return
        result = {
            "replies": self.answer(turn),
            "nlu": {"intent": "greet", "confidence": 1.0, "ranking": []},
            "handoff": self.handoff,
            "actions": self.actions,
            "acted": self.has_acted,
            "receipts": self.receipts,
            "trouble": self.has_trouble,
            **self.more(turn),
        }
        reply(200, json.dumps(result).encode())(handler)

    def _parse(self, text: str, handler: BaseHTTPRequestHandler) -> None:
        self.parsed.append(text)
        if self.is_down or self.is_deaf:
            reply(503, b"")(handler)
            return
        reply(200, json.dumps(self.understood(text)).encode())(handler)


def not_understood(_text: str) -> Said:
    """Understand nothing."""
    nothing = {"intent": "out_of_scope", "confidence": 1.0}
    return {**nothing, "ambiguous": False, "ranking": []}


def ranking(*guesses: tuple[str, float]) -> Callable[[str], Said]:
    """Understand everything as this, the best first."""
    ranked = [{"intent": name, "confidence": sure} for name, sure in guesses]
    return lambda _text: {**ranked[0], "ambiguous": False, "ranking": ranked}


def echo(turn: Turn) -> list[Said]:
    """Say what was said."""
    return [{"text": f"You said: {turn['text'] or turn['payload']}"}]


@contextmanager
def run_scripted_assistant() -> Iterator[ScriptedAssistant]:
    """Run one for the length of a test."""
    with run_scripted_server() as server:
        yield ScriptedAssistant(server)
