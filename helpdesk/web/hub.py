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

    def publish(self, event: Event) -> None:
        """Tell everybody who watches the event's conversation."""
        for watcher in tuple(self._watchers.get(event.conversation_id, ())):
            watcher(event)
