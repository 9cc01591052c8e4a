"""A contact on a bad line: sends, loses the connection, sends again, reads on.

Keeps to docs/protocol.md as a browser does, so what it has in the end is what a person
would have seen.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

PATIENCE_S = 240.0  # for an answer, while parts are killed
PAUSE_S = 0.2  # before the line is tried again
Frame = dict[str, Any]
LINE_TROUBLE = (OSError, WebSocketException, InvalidHandshake, TimeoutError, EOFError)


@dataclass
class LossyContact:
    """One contact in one conversation.

    Args:
        site: The help site's address.
        token: Of the contact's visit.
        chance: How likely the line breaks at each step.
        rng: Where chance comes from.
    """

    site: str
    token: str
    chance: float
    rng: random.Random
    messages: dict[int, Frame] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)
    drops: int = 0
    _line: ClientConnection | None = None

    async def ask(self, **content: str) -> list[Frame]:
        """Send a message until it is acknowledged; return what the assistant says.

        Returns:
            The answers up to the first that is not about the delay.
        """
        client_id = str(uuid4())
        async with asyncio.timeout(PATIENCE_S):
            seq = await self._send({"client_id": client_id, **content})
            self.acknowledged.append(client_id)
            return await self._answers_after(seq)

    async def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            await self._line.close()

    async def _send(self, data: Frame) -> int:
        while True:
            with contextlib.suppress(*LINE_TROUBLE):
                line = await self._connected()
                await line.send(json.dumps({"type": "message", "data": data}))
                self._perhaps_drop()
                async for frame in self._frames():
                    is_mine = frame["data"].get("client_id") == data["client_id"]
                    if frame["type"] == "ack" and is_mine:
                        return int(frame["data"]["seq"])
                    if frame["type"] == "error" and is_mine:
                        assert frame["data"]["code"] == "unavailable", frame
                        break
            await self._lose_line()

    async def _answers_after(self, seq: int) -> list[Frame]:
        while True:
            said = [
                message
                for number, message in sorted(self.messages.items())
                if number > seq and message["sender"] == "assistant"
            ]
            if any("longer than it should" not in message["text"] for message in said):
                return said
            with contextlib.suppress(*LINE_TROUBLE):
                await self._connected()
                self._perhaps_drop()
                async for frame in self._frames():
                    if frame["type"] == "message":
                        break
                continue
            await self._lose_line()

    async def _connected(self) -> ClientConnection:
        if self._line is None:
            url = self.site.replace("http", "ws", 1) + "/api/v1/socket"
            self._line = await connect(url, origin=self.site, open_timeout=5)  # type: ignore[arg-type]
            join = {"token": self.token, "after": max(self.messages, default=0)}
            await self._line.send(json.dumps({"type": "join", "data": join}))
            async for frame in self._frames():
                if frame["type"] == "joined":
                    break
        return self._line

    async def _frames(self) -> AsyncIterator[Frame]:
        while self._line is not None:
            frame = json.loads(await asyncio.wait_for(self._line.recv(), 5))
            if frame["type"] == "message":
                self.messages[frame["data"]["seq"]] = frame["data"]
            if frame["type"] == "joined":
                for message in frame["data"]["messages"]:
                    self.messages[message["seq"]] = message
            yield frame

    def _perhaps_drop(self) -> None:
        if self._line is not None and self.rng.random() < self.chance:
            self.drops += 1
            self._line.transport.abort()

    async def _lose_line(self) -> None:
        if self._line is not None:
            self._line.transport.abort()
            self._line = None
        await asyncio.sleep(PAUSE_S)
