"""Viewers: which agents look at a conversation just now, and who of them types.

Kept in memory, by tab: a process that ends takes its tabs with it. What other processes
say of theirs is believed for a while, so those of a process that dies are soon gone.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

TYPING_LASTS = timedelta(seconds=5)
# How long another process is believed; while it lives it says so again every few seconds.
BELIEVED_FOR = timedelta(seconds=9)


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


@dataclass(frozen=True)
class _Elsewhere:
    """Who looks at a conversation in another process, and until when that is believed."""

    viewers: tuple[Viewer, ...]
    until: datetime


class Viewers:
    """Knows what each tab of each agent shows."""

    def __init__(self) -> None:
        self._tabs: dict[Hashable, _Tab] = {}
        self._elsewhere: dict[UUID, dict[str, _Elsewhere]] = {}

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

    def hear(
        self,
        process: str,
        conversation_id: UUID,
        viewers: tuple[Viewer, ...],
        now: datetime,
    ) -> bool:
        """Note who looks at a conversation in another process.

        Returns:
            Whether that is news.
        """
        there = self._elsewhere.setdefault(conversation_id, {})
        before = there.pop(process, None)
        if viewers:
            there[process] = _Elsewhere(viewers, now + BELIEVED_FOR)
        elif not there:
            del self._elsewhere[conversation_id]
        return (before.viewers if before else ()) != viewers

    def disbelieve(self, now: datetime) -> set[UUID]:
        """Forget what other processes have not repeated; return where that changes."""
        changed = set()
        for conversation_id, there in list(self._elsewhere.items()):
            for process, said in list(there.items()):
                if said.until <= now:
                    del there[process]
                    changed.add(conversation_id)
            if not there:
                del self._elsewhere[conversation_id]
        return changed

    def looked_at(self) -> set[UUID]:
        """Return the conversations that tabs of this process show."""
        return {tab.conversation_id for tab in self._tabs.values()}

    def of(self, conversation_id: UUID) -> list[Viewer]:
        """Return who looks at a conversation; an agent with two tabs is one."""
        elsewhere = self._elsewhere.get(conversation_id, {}).values()
        there = [viewer for said in elsewhere for viewer in said.viewers]
        return _one_each([*self.here(conversation_id), *there])

    def here(self, conversation_id: UUID) -> list[Viewer]:
        """Return those of this process."""
        return _one_each(
            Viewer(tab.agent_id, tab.types_until is not None)
            for tab in self._tabs.values()
            if tab.conversation_id == conversation_id
        )


def _one_each(viewers: Iterable[Viewer]) -> list[Viewer]:
    typing: dict[UUID, bool] = {}
    for viewer in viewers:
        is_typing = typing.get(viewer.agent_id, False)
        typing[viewer.agent_id] = is_typing or viewer.is_typing
    return [Viewer(agent_id, is_typing) for agent_id, is_typing in typing.items()]
