"""Trackers in a file, for one machine.

A statement takes some ten microseconds, so they run in the event loop. The tracker is
Rasa's working memory and not the record: it must survive a crash of the process, not a
power cut.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Text

from bot import tracker_rows as sql
from bot.tracker_rows import Row, StoreTroubleError, TrackerRows, mark_of

# Files of before had one row a conversation too, without results.
IS_OLD = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'trackers'"
MOVE = """
INSERT OR IGNORE INTO rasa_trackers
SELECT conversation_id, dialogue, '{}', 1, saved_at FROM trackers
"""


class SqliteRows(TrackerRows):
    """Rows in a file; it and its folder are made if they are missing."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Each statement commits; write-ahead logging without a wait for the disk.
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=3
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA secure_delete = ON")  # overwrite what is deleted
        self._database.executescript(sql.TABLES)
        self._take_over()

    def _take_over(self) -> None:
        with self._transaction():
            if self._database.execute(IS_OLD).fetchone():
                self._database.execute(MOVE)
                self._database.execute("DROP TABLE trackers")

    async def read(self, conversation_id: Text) -> Row:
        """Return a conversation's row; see `TrackerRows`."""
        with _trouble():
            asked = (conversation_id, mark_of(conversation_id))
            return Row.of(self._database.execute(sql.READ, asked).fetchall())

    async def write(self, conversation_id: Text, row: Row, dialogue: Text) -> Row:
        """Keep a dialogue over a row; see `TrackerRows`."""
        results, now = json.dumps(row.results), time.time()
        with _trouble():
            if row.version:
                values = (dialogue, results, now, conversation_id, row.version)
                written = self._database.execute(sql.GO_ON, values).rowcount
            else:
                mark = mark_of(conversation_id)
                first = (conversation_id, dialogue, results, now, mark)
                written = self._database.execute(sql.BEGIN, first).rowcount
        if not written:
            await self.read(conversation_id)  # tells if it was forgotten
            raise StoreTroubleError("Another process wrote first.")
        return Row(dialogue, row.results, row.version + 1)

    async def forget(
        self, conversations: Sequence[Text], before: Optional[float]
    ) -> int:
        """Delete conversations, also from the log of the file; see `TrackerRows`."""
        now, run = time.time(), self._database.execute
        with _trouble(), self._transaction():
            run(sql.UNMARK, (now - sql.MARKS_LIFE_S,))
            for each in conversations:
                run(sql.MARK, (mark_of(each), now))
            known = sum(run(sql.DELETE, (each,)).rowcount for each in conversations)
            if before is not None:
                known += run(sql.DELETE_IDLE, (before,)).rowcount
        if not self.drop_log():
            raise StoreTroubleError("Somebody else reads the tracker store.")
        return known

    async def keys(self) -> List[Text]:
        """Return all conversations."""
        with _trouble():
            return [row[0] for row in self._database.execute(sql.KEYS)]

    def drop_log(self) -> bool:
        """Empty the write-ahead log, which has what was deleted; tell whether it is."""
        query = "PRAGMA wal_checkpoint(TRUNCATE)"
        is_busy, _, _ = self._database.execute(query).fetchone()
        return not is_busy

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._database:  # commits, or takes back
            self._database.execute("BEGIN IMMEDIATE")
            yield


@contextmanager
def _trouble() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreTroubleError("The tracker store cannot be used now.") from error
