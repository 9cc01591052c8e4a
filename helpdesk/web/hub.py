"""The hub: carries events to the sockets and long polls of this process."""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from helpdesk.desk.events import Event

Watcher = Callable[[Event], None]


class Hub:
    """Knows who watches which conversation, where one process serves everybody."""

    def __init__(self) -> None:
        self._watchers: dict[UUID | None, list[Watcher]] = defaultdict(list)
        self._overseers: list[Watcher] = []

    def start(self) -> None:
        """Begin to hear other processes, of which there are none."""

    async def stop(self) -> None:
        """End that."""

    def watch(self, conversation_id: UUID, watcher: Watcher) -> Callable[[], None]:
        """Have a watcher called for each event; return how to end that."""
        self._watchers[conversation_id].append(watcher)

        def leave() -> None:
            watchers = self._watchers.get(conversation_id, [])
            if watcher in watchers:
                watchers.remove(watcher)
            if not watchers:
                self._watchers.pop(conversation_id, None)

        return leave

    def watch_all(self, watcher: Watcher) -> Callable[[], None]:
        """Have a watcher called for each event of any conversation, as consoles do."""
        return join_watchers(self._overseers, watcher)

    def watch_own(self, watcher: Watcher) -> Callable[[], None]:
        """Do the same for what happens in this process: of all processes, one hears it."""
        return self.watch_all(watcher)

    def publish(self, event: Event) -> None:
        """Tell everybody who watches the event's conversation, and who watches all."""
        watchers = self._watchers.get(event.conversation_id, ())
        for watcher in (*watchers, *self._overseers):
            watcher(event)

    @property
    def process(self) -> str:
        """What other processes know this one by; nothing if there are none."""
        return ""

    def tell_others(self, event: Event) -> None:
        """Tell an event to the other processes, and to nobody here."""


def join_watchers(watchers: list[Watcher], watcher: Watcher) -> Callable[[], None]:
    """Add a watcher; return how to end that."""
    watchers.append(watcher)

    def leave() -> None:
        if watcher in watchers:
            watchers.remove(watcher)

    return leave
