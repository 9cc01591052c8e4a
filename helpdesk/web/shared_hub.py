"""The hub of one of several processes: what happens in one is told in all of them."""

import logging
from collections.abc import Callable

from foundation.clock import Clock
from helpdesk.desk.catching_up import CatchingUp
from helpdesk.desk.event_codec import decode_event, encode_event
from helpdesk.desk.events import Event
from helpdesk.fanout import Fanout
from helpdesk.store.record import Record
from helpdesk.web.hub import Hub, Watcher, join_watchers

log = logging.getLogger(__name__)


class SharedHub(Hub):
    """Passes events on to the other processes, and theirs to whoever watches here.

    Args:
        fanout: Carries them.
        record: Where what was not heard is found.
        clock: The time.
    """

    def __init__(self, fanout: Fanout, record: Record, clock: Clock) -> None:
        super().__init__()
        self._fanout = fanout
        self._own: list[Watcher] = []
        self._catching_up = CatchingUp(
            record, clock, self._deliver, lambda: fanout.is_away
        )

    def start(self) -> None:
        """Begin to hear the other processes."""
        self.watch_all(self._catching_up.note)
        self._catching_up.start()
        self._fanout.start(self._hear, self._catching_up.look_soon)

    async def stop(self) -> None:
        """End that; what was published is sent before."""
        await self._catching_up.stop()
        await self._fanout.stop()

    def watch_own(self, watcher: Watcher) -> Callable[[], None]:
        """Have a watcher called for each event that is published here."""
        return join_watchers(self._own, watcher)

    def publish(self, event: Event) -> None:
        """Tell everybody who watches, in all processes."""
        super().publish(event)
        for watcher in tuple(self._own):
            watcher(event)
        self.tell_others(event)

    @property
    def process(self) -> str:
        """What other processes know this one by."""
        return self._fanout.process

    def tell_others(self, event: Event) -> None:
        """Tell an event to the other processes, and to nobody here."""
        if not self._fanout.is_away:
            self._fanout.send(encode_event(event))

    def _hear(self, text: bytes) -> None:
        event = decode_event(text)
        if event is not None:
            self._deliver(event)

    def _deliver(self, event: Event) -> None:
        """Tell who watches here; what goes wrong there keeps no further event away."""
        try:
            super().publish(event)
        except Exception:
            log.exception("an event of another process could not be told")
