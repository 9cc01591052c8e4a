"""A browser's side of the chat's socket, as docs/protocol.md has it; without a browser."""

import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 15.0
Frame = dict[str, Any]


def begin_visit(base_url: str, **body: str) -> str:
    """Begin a visit and return its token."""
    answer = requests.post(f"{base_url}/api/v1/visits", json=body, timeout=10)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["token"])


class ChatClient:
    """One tab of one contact."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.token = token
        self.conversation: Frame = {}
        self.messages: dict[int, Frame] = {}
        self._socket: ClientConnection | None = None

    @classmethod
    def of_new_contact(cls, base_url: str) -> "ChatClient":
        """Return a joined client of somebody new."""
        client = cls(base_url, begin_visit(base_url))
        client.join()
        return client

    @property
    def socket(self) -> ClientConnection:
        """The open socket."""
        if self._socket is None:
            url = self.base_url.replace("http", "ws", 1) + "/api/v1/socket"
            self._socket = connect(url, origin=self.base_url, open_timeout=PATIENCE_S)  # type: ignore[arg-type]
        return self._socket

    @property
    def last_seq(self) -> int:
        """The highest number that this tab has seen."""
        return max(self.messages, default=0)

    def join(self, **more: object) -> Frame:
        """Join, or join again, and return what is new."""
        data = {"token": self.token, "after": self.last_seq, **more}
        self.send("join", data)
        joined = self.next("joined")
        self.conversation = joined["conversation"]
        return joined

    def drop(self) -> None:
        """Lose the connection without a word."""
        if self._socket is not None:
            self._socket.socket.close()
            self._socket.close_socket()
            self._socket = None

    def send(self, name: str, data: object = None) -> None:
        """Send a frame as it is."""
        self.socket.send(json.dumps({"type": name, "data": data or {}}))

    def next(self, name: str, is_it: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """Wait for a frame of a type; messages on the way are kept."""
        while True:
            frame = json.loads(self.socket.recv(PATIENCE_S))
            self._keep(frame)
            if frame["type"] == name and is_it(frame["data"]):
                return dict(frame["data"])

    def post(self, text: str, client_id: UUID | None = None) -> Frame:
        """Send a message and wait for its acknowledgement."""
        return self._post({"client_id": str(client_id or uuid4()), "text": text})

    def press(self, button: str) -> Frame:
        """Press a button and wait for the acknowledgement."""
        return self._post({"client_id": str(uuid4()), "button": button})

    def hear(self) -> Frame:
        """Wait for the next thing that the assistant says."""
        known = self.last_seq
        return self.next(
            "message",
            lambda m: m["sender"] == "assistant" and m["seq"] > known,
        )

    def ask(self, text: str) -> Frame:
        """Say something and return the answer."""
        self.post(text)
        return self.hear()

    def refusal(self, name: str, data: object = None) -> str:
        """Send a frame that is refused, and return the code."""
        self.send(name, data)
        return str(self.next("error")["code"])

    def close_code(self) -> int:
        """Wait until the server closes the socket, and return its code."""
        try:
            while True:
                self.socket.recv(PATIENCE_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0

    def _post(self, data: Frame) -> Frame:
        self.send("message", data)
        return self.next("ack", lambda ack: ack["client_id"] == data["client_id"])

    def _keep(self, frame: Frame) -> None:
        if frame["type"] == "message":
            self.messages[frame["data"]["seq"]] = frame["data"]
        elif frame["type"] == "ack":
            self.messages.setdefault(frame["data"]["seq"], frame["data"])
        elif frame["type"] in {"joined", "history"}:
            for message in frame["data"]["messages"]:
                self.messages[message["seq"]] = message

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            self._socket.close()
