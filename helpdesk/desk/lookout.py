"""Looking again and again, in the background, whether there is something to do."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from helpdesk.store.outage import OutageError


class Lookout:
    """Repeats a look until it is stopped; whatever goes wrong, the next look comes.

    Args:
        look: What is done each time.
        every_s: The pause between two looks, in seconds; `wake` ends it.
        log: Where a look that failed is told.
        complaint: What is told then.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[object]],
        every_s: float,
        log: logging.Logger,
        complaint: str,
    ) -> None:
        self._look = look
        self._every_s = every_s
        self._log = log
        self._complaint = complaint
        self._wake = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._keep_looking())

    def wake(self) -> None:
        """Look at once, or again as soon as the look under way is over."""
        self._wake.set()

    async def stop(self) -> None:
        """Stop; a look under way is broken off."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def _keep_looking(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._look()
            except OutageError:
                pass  # the record tells the log; the next look may find it back
            except Exception:
                self._log.exception(self._complaint)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._every_s)
