"""Viewers: which agents look at a conversation just now, and who of them types.

Kept in memory, by tab: a process that ends takes its tabs with it.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

TYPING_LASTS = timedelta(seconds=5)


@dataclass
class _Tab:
    agent_id: UUID
    conversation_id: UUID
    types_until: datetime | None = None


@dataclass(frozen=True)
class Viewer:
    """An agent who looks at a conversation."""

    agent_id: UUID
    is_typing: bool


class Viewers:
    """Knows what each tab of each agent shows."""

    def __init__(self) -> None:
        self._tabs: dict[Hashable, _Tab] = {}

    def look(
        self, tab: Hashable, agent_id: UUID, conversation_id: UUID | None
    ) -> set[UUID]:
        """Note what a tab shows from now on; nothing, if that is None.

        Returns:
            The conversations whose company changed.
        """
        before = self._tabs.get(tab)
        if before is not None and before.conversation_id == conversation_id:
            return set()
        changed = {before.conversation_id} if before else set()
        self._tabs.pop(tab, None)
        if conversation_id is not None:
            self._tabs[tab] = _Tab(agent_id, conversation_id)
            changed.add(conversation_id)
        return changed

    def type(self, tab: Hashable, until: datetime | None) -> bool:
        """Note that somebody types until a moment, or no longer does.

        Returns:
            Whether that is news.
        """
        seen = self._tabs.get(tab)
        if seen is None:
            return False
        was_typing = seen.types_until is not None
        seen.types_until = until
        return was_typing != (until is not None)

    def expire(self, now: datetime) -> set[tuple[UUID, UUID]]:
        """Forget who types nothing more; return where, and who, it was."""
        changed = set()
        for tab in self._tabs.values():
            if tab.types_until is not None and tab.types_until <= now:
                tab.types_until = None
                changed.add((tab.conversation_id, tab.agent_id))
        return changed

    def of(self, conversation_id: UUID) -> list[Viewer]:
        """Return who looks at a conversation; an agent with two tabs is one."""
        typing: dict[UUID, bool] = {}
        for tab in self._tabs.values():
            if tab.conversation_id == conversation_id:
                is_typing = typing.get(tab.agent_id, False)
                typing[tab.agent_id] = is_typing or tab.types_until is not None
        return [Viewer(agent_id, is_typing) for agent_id, is_typing in typing.items()]
