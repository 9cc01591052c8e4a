"""A contact of the load: keeps to docs/protocol.md as a browser does, with little work."""

import asyncio
import contextlib
import json
import time
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection

from cli.chat_clients import LoadError, begin_visit, open_socket
from cli.chat_load import FAILURES, PATIENCE_S

PING_EVERY_S = 20.0  # of silence, as the protocol asks of a browser
LATE = "longer than it should"  # what is said instead of an answer that does not come
NO_ANSWER, NO_BUTTON = "no answer", "no button"


class Contact:
    """One contact with one conversation.

    Args:
        site: The help site's address.
    """

    def __init__(self, site: str) -> None:
        self._site = site
        self._token = ""
        self._messages: dict[int, dict[str, Any]] = {}
        self._heard = asyncio.Event()
        self._acknowledged: dict[str, int] = {}
        self._trouble = ""
        self._line: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def arrive(self) -> None:
        """Begin a visit and join.

        Raises:
            LoadError: It was refused.
        """
        self._token = await begin_visit(self._site)
        await self.join()

    async def join(self) -> None:
        """Open the socket, and take in what was said meanwhile.

        Raises:
            LoadError: It was refused.
        """
        self._line = await open_socket(self._site)
        join = {"token": self._token, "after": max(self._messages, default=0)}
        await self._send("join", join)
        while (frame := json.loads(await self._line.recv()))["type"] != "joined":
            if frame["type"] == "error":
                raise LoadError(f"refused: {frame['data']['code']}")
        self._take_in(frame)
        self._trouble = ""
        self._reading = asyncio.create_task(self._read(self._line))

    async def say(self, text: str) -> float:
        """Send a message; return the milliseconds until the answer began to come.

        Raises:
            LoadError: It was refused, or no answer came.
        """
        return await self._ask({"text": text})

    async def confirm(self) -> float:
        """Press the first button of the newest answer; return the milliseconds likewise.

        Raises:
            LoadError: There is no button, it was refused, or no answer came.
        """
        return await self._ask({"button": await self._first_button()})

    async def leave(self) -> None:
        """Hang up."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        if self._line is not None:
            with contextlib.suppress(*FAILURES):
                await self._line.close()
            self._line = None

    @property
    def missed(self) -> int:
        """How many numbers below the highest never came."""
        return max(self._messages, default=0) - len(self._messages)

    async def _ask(self, content: dict[str, str]) -> float:
        client_id, started = str(uuid4()), time.perf_counter()
        await self._send("message", {"client_id": client_id, **content})
        await self._until(lambda: self._is_answered(client_id), PATIENCE_S, NO_ANSWER)
        return (time.perf_counter() - started) * 1e3

    async def _first_button(self) -> str:
        # The messages of an answer come one after the other, the buttons with the last.
        await self._until(lambda: self._buttons() is not None, 2.0, NO_BUTTON)
        button = self._buttons()
        assert button
        return button

    def _buttons(self) -> str | None:
        newest = self._messages[max(self._messages)] if self._messages else {}
        buttons = newest.get("buttons")
        return str(buttons[0]["id"]) if buttons else None

    def _is_answered(self, client_id: str) -> bool:
        mine = self._acknowledged.get(client_id)
        return mine is not None and any(
            number > mine and said["sender"] == "assistant" and LATE not in said["text"]
            for number, said in self._messages.items()
        )

    async def _until(self, is_so: Any, within_s: float, or_else: str) -> None:
        try:
            async with asyncio.timeout(within_s):
                while not is_so():
                    if self._trouble:
                        raise LoadError(self._trouble)
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            raise LoadError(or_else) from None

    async def _read(self, line: ClientConnection) -> None:
        while True:
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    frame = json.loads(await line.recv())
            except TimeoutError:
                with contextlib.suppress(*FAILURES):
                    await self._send("ping", {})
                continue
            except FAILURES as error:
                self._trouble = type(error).__name__
                self._heard.set()
                return
            self._take_in(frame)
            self._heard.set()

    def _take_in(self, frame: dict[str, Any]) -> None:
        kind, data = frame["type"], frame["data"]
        if kind == "message":
            self._messages[data["seq"]] = data
        elif kind == "joined":
            self._messages |= {each["seq"]: each for each in data["messages"]}
        elif kind == "ack":
            self._acknowledged[data["client_id"]] = data["seq"]
        elif kind == "error":
            self._trouble = f"refused: {data['code']}"

    async def _send(self, name: str, data: object) -> None:
        assert self._line is not None
        await self._line.send(json.dumps({"type": name, "data": data}))
