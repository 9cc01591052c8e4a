"""Rasa's tracker store: one row a conversation, in a file or on PostgreSQL.

Rasa's own SQL store writes a row an event through SQLAlchemy and reads them all back, which
costs more than understanding the message does. Only the newest turns of the latest session
are kept (`bot.tracker_window`), and beside them what the newest turns came to: whichever
process gets a message again finds its result in the row that it reads anyway.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Optional, Sequence, Text

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot import tracker_window
from bot.postgresql_rows import PostgresqlRows, is_address
from bot.sqlite_rows import SqliteRows
from bot.tracker_rows import Row, TrackerRows

KEPT_RESULTS = 5  # whoever asks again means the newest turn, hardly ever an older one
IN_MEMORY = ":memory:"


@dataclass
class _OpenTurn:
    """The turn that is being taken in this task."""

    conversation_id: Text
    message_id: Text
    row: Row  # as it was read
    result: Callable[[], Dict[Text, Any]]


_open: ContextVar[Optional[_OpenTurn]] = ContextVar("open_turn", default=None)


class RowTrackerStore(TrackerStore):
    """A tracker store that knows which turn it reads and writes for."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        event_broker: Optional[EventBroker] = None,
        db: Text = ".latchkey/state/tracker.db",
        **more: Any,
    ) -> None:
        """Open the store.

        Args:
            domain: What the assistant knows.
            event_broker: Who is told of events.
            db: The path of a file, or the address of a PostgreSQL database.
            more: What Rasa gives its own stores.
        """
        super().__init__(domain or Domain.empty(), event_broker)
        self.rows: TrackerRows = (
            PostgresqlRows(db) if is_address(db) else SqliteRows(Path(db))
        )

    async def begin(
        self,
        conversation_id: Text,
        message_id: Text,
        result: Callable[[], Dict[Text, Any]],
    ) -> Optional[Dict[Text, Any]]:
        """Begin a turn in this task, or return what it came to when it was taken before.

        Args:
            conversation_id: Whose turn.
            message_id: Which message.
            result: Tells what the turn came to, once its tracker is saved.

        Raises:
            ForgottenError: the conversation was forgotten.
            StoreTroubleError: the store cannot be reached.
        """
        row = await self.rows.read(conversation_id)
        _open.set(_OpenTurn(conversation_id, message_id, row, result))
        return row.results.get(message_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the newest turns; an empty tracker, which Rasa saves too, is not kept.

        Within a turn its result is kept with it, and nothing if another process has
        written to the conversation since the turn began.
        """
        await self.stream_events(tracker)
        events = tracker_window.newest(list(tracker.events), self.domain)
        if not events:
            return
        kept = {"name": tracker.sender_id, "events": [e.as_dict() for e in events]}
        dialogue, turn = json.dumps(kept), _turn_of(tracker.sender_id)
        if turn is None:
            row = await self.rows.read(tracker.sender_id)
            await self.rows.write(tracker.sender_id, row, dialogue)
            return
        results = {**turn.row.results, turn.message_id: turn.result()}
        newest = dict(list(results.items())[-KEPT_RESULTS:])
        row = Row(turn.row.dialogue, newest, turn.row.version)
        turn.row = await self.rows.write(turn.conversation_id, row, dialogue)

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """Return a tracker, one session whichever is asked for."""
        turn = _turn_of(sender_id)
        row = turn.row if turn else await self.rows.read(sender_id)
        if not row.dialogue:
            return None
        return self.deserialise_tracker(sender_id, row.dialogue)

    async def keys(self) -> Iterable[Text]:
        """Return the conversations that there are."""
        return await self.rows.keys()

    async def forget(
        self, conversations: Sequence[Text], before: Optional[float] = None
    ) -> int:
        """Delete conversations for good, and those with nothing new since a moment.

        What is under way for the named ones, in whichever process, is not kept any more.

        Returns:
            How many there were.

        Raises:
            StoreTroubleError: they may still be there.
        """
        return await self.rows.forget(conversations, before)


def _turn_of(conversation_id: Text) -> Optional[_OpenTurn]:
    turn = _open.get()
    return turn if turn and turn.conversation_id == conversation_id else None


def own_store(store: TrackerStore) -> RowTrackerStore:
    """Return the store inside an agent's, which Rasa wraps into one that hides errors.

    Raises:
        TypeError: It is another one.
    """
    own = getattr(store, "_tracker_store", store)
    if not isinstance(own, RowTrackerStore):
        raise TypeError("Turns need the tracker store of bot.tracker_store.")
    return own
