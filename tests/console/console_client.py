"""A tab of the console on its socket, as docs/console-protocol.md has it; no browser."""

import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.console.agent_client import AgentClient

PATIENCE_S = 15.0
Frame = dict[str, Any]


class ConsoleTab:
    """One tab of one agent, with every frame that came."""

    def __init__(self, agent: AgentClient) -> None:
        self.agent = agent
        self.frames: list[Frame] = []
        self.socket: ClientConnection = agent.socket()
        self.counts = self.next("ready")["counts"]

    def send(self, name: str, data: object = None) -> None:
        """Send a frame."""
        self.socket.send(json.dumps({"type": name, "data": data or {}}))

    def next(self, name: str, is_it: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """Wait for a frame of a type."""
        while True:
            frame = json.loads(self.socket.recv(PATIENCE_S))
            self.frames.append(frame)
            if frame["type"] == name and is_it(frame["data"]):
                return dict(frame["data"])

    def line_of(
        self, conversation: str, is_it: Callable[[Frame], bool] = lambda _: True
    ) -> Frame:
        """Wait for a line of a conversation."""
        frame = self.next(
            "conversation",
            lambda data: (
                data["conversation"]["id"] == conversation
                and is_it(data["conversation"])
            ),
        )
        return dict(frame["conversation"])

    def notice(self, kind: str) -> Frame:
        """Wait for a notice."""
        return self.next("notice", lambda data: data["kind"] == kind)

    def watch(self, conversation: str | None) -> None:
        """Show a conversation."""
        self.send("watch", {"conversation": conversation})

    def look_at(self, conversation: str) -> Frame:
        """Show a conversation and wait until the server knows it."""
        self.watch(conversation)
        return self.next("presence", lambda it: it["conversation"] == conversation)

    def refusal(self, name: str, data: object = None) -> str:
        """Send a frame that is refused, and return the code."""
        self.send(name, data)
        return str(self.next("error")["code"])

    def pong(self) -> list[Frame]:
        """Send a ping; return the frames that came before the answer."""
        before = len(self.frames)
        self.send("ping")
        self.next("pong")
        return self.frames[before:-1]

    def close_code(self) -> int:
        """Wait until the server closes the socket, and return its code."""
        try:
            while True:
                self.frames.append(json.loads(self.socket.recv(PATIENCE_S * 2)))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0

    def drop(self) -> None:
        """Lose the line without a word."""
        self.socket.socket.close()
        self.socket.close_socket()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.socket.close()
