"""The hub: carries events to the sockets and long polls of this process."""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from helpdesk.desk.events import Event

Watcher = Callable[[Event], None]


class Hub:
    """Knows who watches which conversation."""

    def __init__(self) -> None:
        self._watchers: dict[UUID, list[Watcher]] = defaultdict(list)
        self._overseers: list[Watcher] = []

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
        self._overseers.append(watcher)

        def leave() -> None:
            if watcher in self._overseers:
                self._overseers.remove(watcher)

        return leave

    def publish(self, event: Event) -> None:
        """Tell everybody who watches the event's conversation, and who watches all."""
        watchers = self._watchers.get(event.conversation_id, ())
        for watcher in (*watchers, *self._overseers):
            watcher(event)
