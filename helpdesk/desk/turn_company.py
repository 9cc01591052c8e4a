"""Company for whoever waits for an answer: that the assistant types, and a kept lease."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from foundation.clock import Clock
from helpdesk.desk.events import Publisher, TypingChanged
from helpdesk.desk.turns import LEASE, OpenTurn, renew_lease
from helpdesk.store.outage import OutageError
from helpdesk.store.record import Record
from helpdesk.store.words import Sender

TYPING_AFTER_S = 0.3
TYPING_EVERY_S = 3.0


@dataclass(frozen=True)
class TurnCompany:
    """Shows that a turn is being answered, and keeps others from taking it."""

    record: Record
    publisher: Publisher
    clock: Clock

    def offer(self, turn: OpenTurn) -> Callable[[], None]:
        """Begin if the answer takes a moment, as few do; return how to end that."""
        tasks: list[asyncio.Task[None]] = []

        def begin() -> None:
            tasks.append(asyncio.create_task(self._keep(turn)))

        timer = asyncio.get_running_loop().call_later(TYPING_AFTER_S, begin)

        def end() -> None:
            timer.cancel()
            for task in tasks:
                task.cancel()

        return end

    async def _keep(self, turn: OpenTurn) -> None:
        lease_until = self.clock.now() + LEASE / 2
        try:
            while True:
                self._show(turn, is_on=True)
                await asyncio.sleep(min(TYPING_EVERY_S, LEASE.total_seconds() / 2))
                now = self.clock.now()
                if now >= lease_until:
                    with contextlib.suppress(OutageError):
                        await self.record.write(
                            lambda session: renew_lease(session, turn, now)  # noqa: B023 - awaited at once
                        )
                        lease_until = now + LEASE / 2
        finally:
            self._show(turn, is_on=False)

    def _show(self, turn: OpenTurn, *, is_on: bool) -> None:
        event = TypingChanged(turn.conversation_id, Sender.ASSISTANT, is_on=is_on)
        self.publisher.publish(event)
