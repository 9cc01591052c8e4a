"""Light clients of the two chats that are measured: our socket and stock's REST channel.

Each does no more than a browser's code would: it writes one message and waits for the
answer to it, so that what is measured is the server.
"""

import asyncio
import json
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import count
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

SOCKET_PATH = "/api/v1/socket"
VISITS_PATH = "/api/v1/visits"
STOCK_PATH = "/webhooks/rest/webhook"
OPEN_WITHIN_S = 30.0
FIRST_ADDRESS, MANY = IPv4Address("127.1.0.1"), 2**20

_connections = count()


class LoadError(Exception):
    """A turn or a connection failed; the message is a word to count it by."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how many texts the answer has."""

    text: str
    replies: int


class Chat(Protocol):
    """One conversation with one of the two."""

    async def ask(self, question: Question) -> list[str]:
        """Send a message and return the texts of the answer."""

    async def close(self) -> None:
        """Leave."""


def some_address() -> tuple[str, int]:
    """Return where a connection within this machine may come from.

    Contacts come from everywhere; what is counted of one address is little of each.
    """
    return str(FIRST_ADDRESS + next(_connections) % MANY), 0


class HttpLine:
    """One kept-alive HTTP connection; requests one after another.

    Args:
        base_url: Where to; plain HTTP on this machine.
    """

    def __init__(self, base_url: str) -> None:
        place = urlsplit(base_url)
        self._host, self._port = str(place.hostname), int(place.port or 80)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object) -> Any:
        """Send JSON and return the JSON that comes back.

        Raises:
            LoadError: The answer has no 2xx status.
        """
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        reader, writer = await self._open()
        writer.write(head.encode() + content)
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        answer = await reader.readexactly(int(headers["content-length"]))
        if status.startswith("HTTP/1.0") or headers.get("connection") == "close":
            await self.close()
        if not status.split()[1].startswith("2"):
            raise LoadError(f"status {status.split()[1]}")
        return json.loads(answer)

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # A server hangs up after some idle seconds: no reason to count a failure.
        if self._streams is not None and self._streams[0].at_eof():
            await self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, local_addr=some_address()
            )
        return self._streams


async def begin_visit(base_url: str) -> str:
    """Return the token of a new visit at our help desk.

    Raises:
        LoadError: It was refused.
    """
    line = HttpLine(base_url)
    try:
        return str((await line.post(VISITS_PATH, {}))["token"])
    finally:
        await line.close()


async def open_socket(
    base_url: str, within_s: float = OPEN_WITHIN_S
) -> ClientConnection:
    """Open a socket of our help desk, that nobody has joined yet."""
    return await connect(
        base_url.replace("http", "ws", 1) + SOCKET_PATH,
        compression=None,
        ping_interval=None,
        open_timeout=within_s,
        local_addr=some_address(),
        proxy=None,  # for the outside world, not for a neighbour
    )


class StockChat:
    """A conversation with stock Rasa over its REST channel."""

    def __init__(self, base_url: str) -> None:
        self._line = HttpLine(base_url)
        self._sender = str(uuid4())

    async def ask(self, question: Question) -> list[str]:
        """Send a message and return the texts of the answer."""
        body = {"sender": self._sender, "message": question.text}
        answer = await self._line.post(STOCK_PATH, body)
        return [str(said["text"]) for said in answer if "text" in said]

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()


class ShippedChat:
    """A contact of our help desk: a visit, and a joined socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.conversation = ""
        self._socket = socket

    @classmethod
    async def open(cls, base_url: str) -> "ShippedChat":
        """Return the joined socket of a new contact.

        Raises:
            LoadError: It was refused.
        """
        token = await begin_visit(base_url)
        chat = cls(await open_socket(base_url))
        await chat._send("join", {"token": token})
        joined = await chat._next("joined")
        chat.conversation = joined["conversation"]["id"]
        return chat

    async def ask(self, question: Question) -> list[str]:
        """Send a message and return the texts of the answer, when all have come."""
        data = {"client_id": str(uuid4()), "text": question.text}
        await self._send("message", data)
        said: list[str] = []
        while len(said) < question.replies:
            message = await self._next("message")
            if message["sender"] == "assistant":
                said.append(message["text"])
        return said

    async def press(self, button: str) -> None:
        """Press a button, and wait until that is accepted."""
        await self._send("message", {"client_id": str(uuid4()), "button": button})
        await self._next("ack")

    async def show_life(self) -> None:
        """Send a ping; the answer is passed over while something else is waited for."""
        await self._send("ping", {})

    async def ping(self) -> None:
        """Ask whether the help desk is there, and wait until it says so."""
        await self._send("ping", {})
        await self._next("pong")

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()

    async def _send(self, name: str, data: object) -> None:
        await self._socket.send(json.dumps({"type": name, "data": data}))

    async def _next(self, name: str) -> Any:
        while True:
            frame = json.loads(await self._socket.recv())
            if frame["type"] == name:
                return frame["data"]
            if frame["type"] == "error":
                raise LoadError(f"refused: {frame['data']['code']}")
