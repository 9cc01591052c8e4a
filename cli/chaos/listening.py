"""A line to the help desk that comes back: joins, reads on, and notes what it hears.

Keeps to docs/protocol.md with the patience that our own chat has, so that what is counted
here is what a person would have seen.
"""

import asyncio
import contextlib
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from cli.chaos.story import Heard, Story
from cli.chat_clients import LoadError, begin_visit, open_socket

# As in static/chat.
OPEN_PATIENCE_S = 8.0
PING_S = 20.0
DEAD_S = 45.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
RESTARTING, RESTART_SPREAD_S = 1012, 1.0
GAP_PATIENCE_S = 0.4
HTTP_PATIENCE_S = 15.0
HTTP_PAUSE_S = 0.5

Frame = dict[str, Any]
TROUBLE = (OSError, WebSocketException, EOFError, TimeoutError, LoadError, ValueError)


@dataclass
class Listener:
    """Whoever listens to one conversation.

    Attributes:
        site: The help desk's address.
        chance: Where waiting times come from.
        story: What is noted.
        buttons: Those of each message that has some: title to id.
        drops: How often the line was lost.
    """

    site: str
    chance: random.Random
    story: Story = field(default_factory=Story)
    buttons: dict[int, dict[str, str]] = field(default_factory=dict)
    drops: int = 0
    _token: str = ""
    _line: ClientConnection | None = None
    _keeping: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _refused: dict[str, Frame] = field(default_factory=dict)
    _failures: int = 0
    _filling: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin a visit, and join as soon as that can be done."""
        self._token = await self._begin_visit()
        self._keeping = asyncio.create_task(self._keep_joined())

    async def hear_until(self, is_enough: Callable[[], bool], within_s: float) -> bool:
        """Listen until something is the case; tell whether it is in the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not is_enough():
                    await self._hear_more()
        return is_enough()

    async def close(self) -> None:
        """Leave."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self._hang_up()

    async def _hear_more(self) -> None:
        news = self._news
        await news.wait()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _keep_joined(self) -> None:
        while True:
            code = None
            try:
                await self._stay()
            except WebSocketException as error:
                code = getattr(getattr(error, "rcvd", None), "code", None)
            except TROUBLE:
                pass
            self.drops += 1
            self._hang_up()
            self._tell()
            longest_s = min(FIRST_WAIT_S * 2**self._failures, LONGEST_WAIT_S)
            self._failures += 1
            spread_s = RESTART_SPREAD_S * self.chance.random()
            again_s = longest_s * (0.5 + self.chance.random() / 2)
            await asyncio.sleep(spread_s if code == RESTARTING else again_s)

    async def _stay(self) -> None:
        """Join, and read until the line is lost."""
        line = await open_socket(self.site, OPEN_PATIENCE_S)
        try:
            await self._join(line)
            heard_at = time.monotonic()
            while True:
                try:
                    text = await asyncio.wait_for(line.recv(), PING_S)
                except TimeoutError:
                    if time.monotonic() - heard_at > DEAD_S:
                        raise
                    await line.send(json.dumps({"type": "ping", "data": {}}))
                    continue
                heard_at = time.monotonic()
                self._read(json.loads(text), line)
        finally:
            line.transport.abort()

    async def _join(self, line: ClientConnection) -> None:
        join = {"token": self._token, "after": self._known_up_to()}
        await line.send(json.dumps({"type": "join", "data": join}))

    def _read(self, frame: Frame, line: ClientConnection) -> None:
        data = frame["data"]
        if frame["type"] == "joined":
            self._failures = 0
            self._line = line
            for message in data["messages"]:
                self._take(message)
        elif frame["type"] == "message":
            self._take(data)
            self._expect_gap(line)
        elif frame["type"] == "ack":
            self._acknowledge(data["client_id"], data["seq"])
        elif frame["type"] == "error":
            self._refuse(data, line)
        self._tell()

    def _take(self, message: Frame) -> None:
        heard = heard_in(message)
        is_new = heard.seq not in self.story.heard
        self.story.heard.setdefault(heard.seq, heard)
        if heard.sender == "contact":
            self._acknowledge(heard.client_id, heard.seq)
            return
        if "buttons" in message:
            titles = {each["title"]: each["id"] for each in message["buttons"]}
            self.buttons[heard.seq] = titles
        if is_new:
            self._note_word(heard.seq)

    def _known_up_to(self) -> int:
        """Return the number before the first one that is missing."""
        return next(n for n in itertools.count(1) if n not in self.story.heard) - 1

    def _expect_gap(self, line: ClientConnection) -> None:
        """Ask for what was passed over, if it does not come by itself."""
        if self._filling is None and self._known_up_to() < max(self.story.heard):
            self._filling = asyncio.create_task(self._fill_gap(line))

    async def _fill_gap(self, line: ClientConnection) -> None:
        await asyncio.sleep(GAP_PATIENCE_S)
        if self._known_up_to() < max(self.story.heard):
            with contextlib.suppress(*TROUBLE):
                await self._join(line)
        self._filling = None

    def _acknowledge(self, client_id: str, seq: int) -> None:
        for asked in reversed(self.story.asked):
            if asked.client_id == client_id:
                asked.seq = seq
                return

    def _note_word(self, seq: int) -> None:
        now = time.monotonic()
        for asked in self.story.asked:
            is_before = asked.seq is not None and asked.seq < seq
            if is_before and asked.word_at is None:
                asked.word_at = now

    def _refuse(self, data: Frame, line: ClientConnection) -> None:
        client_id = data.get("client_id")
        if client_id is None:
            if self._line is None:  # the join was refused
                line.transport.abort()
            return
        self._refused[client_id] = data
        for asked in self.story.asked:
            if asked.client_id == client_id and asked.word_at is None:
                asked.word_at = time.monotonic()  # the chat says so at once

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.transport.abort()
            self._line = None

    async def _begin_visit(self) -> str:
        """Ask over HTTP until there is an answer."""
        while True:
            try:
                async with asyncio.timeout(HTTP_PATIENCE_S):
                    return await begin_visit(self.site)
            except (*TROUBLE, LookupError):
                await asyncio.sleep(HTTP_PAUSE_S)


def heard_in(message: Frame) -> Heard:
    """Return what is noted of a message."""
    client_id = message.get("client_id") or ""
    return Heard(message["seq"], message["sender"], message["text"], client_id)
