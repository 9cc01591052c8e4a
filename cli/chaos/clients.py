"""One contact on the real socket: sends until acknowledged, and listens.

Keeps to docs/protocol.md with the patience that our own chat has, so that what is counted
here is what a person would have seen.
"""

import asyncio
import contextlib
import json
import time
from typing import Any
from uuid import uuid4

import requests
from websockets.asyncio.client import ClientConnection

from cli.chaos.listening import (
    HTTP_PATIENCE_S,
    HTTP_PAUSE_S,
    TROUBLE,
    Listener,
    heard_in,
)
from cli.chaos.story import Asked

# As in static/chat.
ACK_PATIENCE_S = 10.0
PASSING_S = {"too_fast": 2.0, "unavailable": 2.0, "not_joined": 0.5}
LOST_S = 0.05


class RefusedError(Exception):
    """The help desk will never take this message; the code says why."""


class Contact(Listener):
    """One person in one conversation."""

    async def send(self, asked: Asked, content: dict[str, str]) -> None:
        """Send a message, again and again until it is acknowledged.

        Raises:
            RefusedError: It never will be.
        """
        self.story.asked.append(asked)
        refusals = 0
        while asked.seq is None:
            line = self._line
            if line is None:
                await self._hear_more()
                continue
            frame = {
                "type": "message",
                "data": {"client_id": asked.client_id, **content},
            }
            try:
                await line.send(json.dumps(frame))
                await self._wait_for_ack(asked, line)
            except TROUBLE:
                await asyncio.sleep(LOST_S)  # the listener notices too
            refusal = self._refused.pop(asked.client_id, None)
            if refusal is None:
                continue
            if refusal["code"] not in PASSING_S:
                raise RefusedError(refusal["code"])
            refusals += 1
            pause_s = PASSING_S[refusal["code"]] * min(2**refusals, 16)
            await asyncio.sleep(refusal.get("retry_in_ms", pause_s * 1e3) / 1e3)

    async def read_record(self) -> None:
        """Note what the help desk has of the conversation."""
        while self.story.record is None:
            with contextlib.suppress(requests.RequestException, ValueError, KeyError):
                answer = await asyncio.to_thread(self._get_record)
                self.story.record = [heard_in(each) for each in answer["messages"]]
                return
            await asyncio.sleep(HTTP_PAUSE_S)

    def _get_record(self) -> Any:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between neighbours
            return session.get(
                f"{self.site}/api/v1/conversation",
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=HTTP_PATIENCE_S,
            ).json()

    async def _wait_for_ack(self, asked: Asked, line: ClientConnection) -> None:
        def is_settled() -> bool:
            is_lost = self._line is not line
            return asked.seq is not None or asked.client_id in self._refused or is_lost

        if not await self.hear_until(is_settled, ACK_PATIENCE_S):
            line.transport.abort()


def new_message(
    name: str, group: int, expected: tuple[str, ...] | None, instead: str
) -> Asked:
    """Return a message that is about to be sent."""
    return Asked(str(uuid4()), name, expected, instead, group, time.monotonic())
