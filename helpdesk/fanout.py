"""The fan-out: carries short texts between the processes of one help desk, through Redis.

Best effort, and honest about it: what is sent while Redis is away is lost, and `is_away`
says so. Each process hears its own heartbeat by the way that everything else takes, so a
Redis that hangs is noticed like one that is gone.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any
from uuid import uuid4

import redis.asyncio as redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from foundation.environment import SettingsError

log = logging.getLogger(__name__)

BEAT_EVERY_S = 1.0
SILENCE_S = 4.0  # so long without a heartbeat, and Redis is away
RETRY_S = 0.5
CANCEL_AGAIN_S = 0.1
MOST_WAITING = 10_000  # texts; more, and the connection is as good as lost
AT_ONCE = 100
AWAY = (RedisError, OSError, TimeoutError)
Hear = Callable[[bytes], None]


def channel_of(key: str) -> str:
    """Return the channel that the processes with a key have in common, and nobody else."""
    digest = hmac.new(key.encode(), b"fan-out", hashlib.sha256).hexdigest()
    return f"latchkey:{digest[:32]}:events"


class _SilentError(Exception):
    """Nothing was heard for too long, or too much waits to be sent."""


class Fanout:
    """One process's place in the round.

    Args:
        url: Where Redis is.
        channel: What the processes of this help desk have in common.

    Raises:
        SettingsError: The address cannot be used.
    """

    def __init__(self, url: str, channel: str) -> None:
        self.process = uuid4().hex
        self.is_away = True
        self._channel = channel
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._is_ending = False
        try:
            self._redis = redis.Redis.from_url(
                url,
                socket_timeout=SILENCE_S,
                socket_connect_timeout=SILENCE_S / 2,
                retry=Retry(NoBackoff(), 0),  # the loop below tries again
            )
        except ValueError as error:
            raise SettingsError(
                f"LATCHKEY_REDIS_URL cannot be used: {error}"
            ) from error

    def start(self, hear: Hear, on_return: Callable[[], None]) -> None:
        """Begin.

        Args:
            hear: Gets what the other processes send.
            on_return: Called when Redis can be used, at first and again after it was away.
        """
        self._keeping = asyncio.create_task(self._keep_connected(hear, on_return))

    async def stop(self) -> None:
        """Send what waits, and end."""
        if self._keeping is None:
            return
        if not self.is_away:
            with contextlib.suppress(*AWAY):
                await self._send_waiting()
        self._is_ending = True
        self._keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeping
        await self._redis.aclose()

    def send(self, text: bytes) -> None:
        """Send a text to the other processes, soon; nothing while Redis is away."""
        if not self.is_away:
            self._waiting.append(text)
            self._wake.set()

    async def _keep_connected(self, hear: Hear, on_return: Callable[[], None]) -> None:
        while not self._is_ending:
            try:
                async with self._subscribed() as line:
                    if self._is_ending:  # and that was overheard, see _cancel
                        return
                    self._note_back()
                    on_return()
                    await _until_one_ends(self._listen(line, hear), self._speak())
            except (_SilentError, *AWAY) as error:
                self._note_away(error)
            except Exception:
                self._note_away(None)
                log.exception("the fan-out stumbled")
            await asyncio.sleep(RETRY_S)

    @contextlib.asynccontextmanager
    async def _subscribed(self) -> AsyncIterator[PubSub]:
        line = self._redis.pubsub(ignore_subscribe_messages=True)
        try:
            await line.subscribe(self._channel)
            yield line
        finally:
            with contextlib.suppress(*AWAY):
                await line.aclose()  # type: ignore[no-untyped-call]
            with contextlib.suppress(*AWAY):  # what is left is as broken as this one
                await self._redis.connection_pool.disconnect()

    async def _listen(self, line: PubSub, hear: Hear) -> None:
        own = self.process.encode()
        loop = asyncio.get_running_loop()
        heard_at = loop.time()
        while True:
            got = await line.get_message(timeout=SILENCE_S)
            if got is not None and got["type"] == "message":
                sender, _, text = got["data"].partition(b" ")
                if sender == own:
                    heard_at = loop.time()  # the way there and back is open
                elif text:
                    hear(text)
            if loop.time() > heard_at + SILENCE_S:
                raise _SilentError("it does not answer")

    async def _speak(self) -> None:
        while True:
            if not self._waiting:
                self._waiting.append(b"")  # a heartbeat
            await self._send_waiting()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_EVERY_S):
                    await self._wake.wait()

    async def _send_waiting(self) -> None:
        self._wake.clear()
        if len(self._waiting) > MOST_WAITING:
            raise _SilentError("it takes too little")
        own = self.process.encode()
        while self._waiting:
            few = min(AT_ONCE, len(self._waiting))
            async with self._redis.pipeline(transaction=False) as pipe:
                for _ in range(few):
                    text = self._waiting.popleft()
                    pipe.publish(self._channel, own + b" " + text)
                await pipe.execute()

    def _note_back(self) -> None:
        self.is_away = False
        log.info("the processes of this help desk hear each other")

    def _note_away(self, error: Exception | None) -> None:
        self._waiting.clear()
        if not self.is_away:
            log.warning("the other processes are not heard: %s", error)
        self.is_away = True


async def _until_one_ends(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends or fails; end the others, and raise what it raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel(tasks)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for each in ended:
        if isinstance(each, Exception):
            raise each


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """End tasks, also one that overhears it once.

    The Redis library waits for its sockets with `asyncio.wait_for`, which before Python
    3.12 takes a cancellation that comes with the result for the result.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
