"""Rasa's tracker store in one SQLite table: one row a conversation.

Rasa's own SQL store writes a row an event through SQLAlchemy and reads them all back, which
costs more than understanding the message does. The tracker is Rasa's working memory and
not the record: it must survive a crash of the process, not a power cut, and only the
newest turns of its latest session are kept (`bot.tracker_window`).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Optional, Text

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot import tracker_window

SCHEMA = """
CREATE TABLE IF NOT EXISTS trackers (
    conversation_id TEXT PRIMARY KEY,
    dialogue TEXT NOT NULL,
    saved_at REAL NOT NULL
) WITHOUT ROWID
"""
SAVE = """
INSERT INTO trackers VALUES (?, ?, ?) ON CONFLICT (conversation_id)
DO UPDATE SET dialogue = excluded.dialogue, saved_at = excluded.saved_at
"""


class StoreBusyError(Exception):
    """The store is in use by another process; trying again makes sense."""


class _Dialogues(MutableMapping):
    """Conversation id to serialised dialogue, on disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Each statement commits; write-ahead logging without a wait for the disk.
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=3
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA secure_delete = ON")  # overwrite what is deleted
        self._database.execute(SCHEMA)

    def __getitem__(self, conversation_id: Text) -> Text:
        query = "SELECT dialogue FROM trackers WHERE conversation_id = ?"
        row = self._database.execute(query, (conversation_id,)).fetchone()
        if row is None:
            raise KeyError(conversation_id)
        return row[0]

    def __setitem__(self, conversation_id: Text, dialogue: Text) -> None:
        self._database.execute(SAVE, (conversation_id, dialogue, time.time()))

    def __delitem__(self, conversation_id: Text) -> None:
        query = "DELETE FROM trackers WHERE conversation_id = ?"
        if self._database.execute(query, (conversation_id,)).rowcount == 0:
            raise KeyError(conversation_id)

    def idle_since(self, moment: float) -> List[Text]:
        """Return the conversations that were last saved before a moment."""
        query = "SELECT conversation_id FROM trackers WHERE saved_at < ?"
        return [row[0] for row in self._database.execute(query, (moment,))]

    def drop_log(self) -> bool:
        """Empty the write-ahead log, which has what was deleted; tell whether it is."""
        query = "PRAGMA wal_checkpoint(TRUNCATE)"
        is_busy, _, _ = self._database.execute(query).fetchone()
        return not is_busy

    def __iter__(self) -> Iterator[Text]:
        rows = self._database.execute("SELECT conversation_id FROM trackers")
        return (row[0] for row in rows.fetchall())

    def __len__(self) -> int:
        return self._database.execute("SELECT count(*) FROM trackers").fetchone()[0]


def may_hold(store: TrackerStore, conversation_id: Text, message_id: Text) -> bool:
    """Tell whether a tracker may hold a message; reading it is ten times as much work.

    Args:
        store: An agent's, which Rasa wraps into one that survives errors.
        conversation_id: Whose tracker.
        message_id: Which message.
    """
    own = getattr(store, "_tracker_store", store)
    if not isinstance(own, SqliteTrackerStore):
        return True
    try:
        dialogue = own.store.get(conversation_id)
    except sqlite3.Error:  # whoever reads the tracker finds out
        return True
    return dialogue is not None and json.dumps(message_id) in dialogue


class SqliteTrackerStore(InMemoryTrackerStore):
    """Rasa's in-memory store, with its memory on disk."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        event_broker: Optional[EventBroker] = None,
        db: Text = ".latchkey/state/tracker.db",
        **more: Any,
    ) -> None:
        """Open the store; the file and its folder are made if they are missing."""
        super().__init__(domain or Domain.empty(), event_broker)
        self._dialogues = _Dialogues(Path(db))
        self.store = self._dialogues  # type: ignore[assignment]

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the newest turns; an empty tracker, which Rasa saves too, is not kept."""
        await self.stream_events(tracker)
        events = tracker_window.newest(list(tracker.events), self.domain)
        if events:
            kept = {"name": tracker.sender_id, "events": [e.as_dict() for e in events]}
            self.store[tracker.sender_id] = json.dumps(kept)

    async def _retrieve(
        self, sender_id: Text, fetch_all_sessions: bool
    ) -> Optional[DialogueStateTracker]:
        kept = self.store.get(sender_id)  # one session, whichever is asked for
        return None if kept is None else self.deserialise_tracker(sender_id, kept)

    def idle_since(self, moment: float) -> List[Text]:
        """Return the conversations in which nothing happened since a moment."""
        return self._dialogues.idle_since(moment)

    def forget(self, conversations: Iterable[Text]) -> int:
        """Delete conversations, also from the log of the file; return how many there were.

        Raises:
            StoreBusyError: they may still be in the log.
        """
        known = [each for each in conversations if each in self._dialogues]
        for conversation_id in known:
            del self._dialogues[conversation_id]
        if not self._dialogues.drop_log():
            raise StoreBusyError("Somebody else reads the tracker store.")
        return len(known)
