"""What is kept of a conversation, and what the tables that keep it have in common.

One row a conversation: the tracker, the results of its newest turns, and how often it was
written. A row is written only over the one that was read, so that of two processes that take
turns of the same conversation the later one is refused instead of undoing the other's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Text

FORGOTTEN = -1  # instead of a version
MARKS_LIFE_S = 86_400  # of what was forgotten; what is under way has long arrived

# Both databases understand these; PostgreSQL's driver writes `?` otherwise.
TABLES = """
CREATE TABLE IF NOT EXISTS rasa_trackers (
    conversation_id TEXT PRIMARY KEY,
    dialogue TEXT NOT NULL,
    results TEXT NOT NULL,
    version INTEGER NOT NULL,
    saved_at DOUBLE PRECISION NOT NULL
);
CREATE TABLE IF NOT EXISTS rasa_forgotten (
    mark TEXT PRIMARY KEY,
    forgotten_at DOUBLE PRECISION NOT NULL
)
"""
READ = """
SELECT dialogue, results, version FROM rasa_trackers WHERE conversation_id = ?
UNION ALL SELECT '', '{}', -1 FROM rasa_forgotten WHERE mark = ?
"""
# The first write of a conversation: not over another process's, not of a forgotten one.
BEGIN = """
INSERT INTO rasa_trackers (conversation_id, dialogue, results, version, saved_at)
SELECT ?, ?, ?, 1, ? WHERE NOT EXISTS (SELECT 1 FROM rasa_forgotten WHERE mark = ?)
ON CONFLICT (conversation_id) DO NOTHING
"""
GO_ON = """
UPDATE rasa_trackers SET dialogue = ?, results = ?, version = version + 1, saved_at = ?
WHERE conversation_id = ? AND version = ?
"""
MARK = "INSERT INTO rasa_forgotten VALUES (?, ?) ON CONFLICT (mark) DO NOTHING"
UNMARK = "DELETE FROM rasa_forgotten WHERE forgotten_at < ?"
DELETE = "DELETE FROM rasa_trackers WHERE conversation_id = ?"
DELETE_IDLE = "DELETE FROM rasa_trackers WHERE saved_at < ?"
KEYS = "SELECT conversation_id FROM rasa_trackers"


class StoreError(BaseException):
    """The turn cannot be kept.

    Not an `Exception`: Rasa catches those, and goes on with an empty tracker.
    """


class StoreTroubleError(StoreError):
    """The store is away, or another process wrote first: the turn may be taken again."""


class ForgottenError(StoreError):
    """The conversation was forgotten, and nothing of it is kept any more."""


@dataclass(frozen=True)
class Row:
    """What is kept of a conversation.

    `results` are those of the newest turns, by message id, the newest last; `version` says
    how often the row was written, 0 if it is not there yet.
    """

    dialogue: Text = ""
    results: Dict[Text, Any] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def of(cls, found: Sequence[Sequence[Any]]) -> Row:
        """Make a row of what `READ` finds.

        Raises:
            ForgottenError: the conversation was forgotten.
        """
        for dialogue, results, version in found:
            if version == FORGOTTEN:
                raise ForgottenError
            return cls(dialogue, json.loads(results), version)
        return cls()


class TrackerRows:
    """A table with one row a conversation."""

    async def read(self, conversation_id: Text) -> Row:
        """Return a conversation's row, an empty one if there is none.

        Raises:
            ForgottenError: the conversation was forgotten.
            StoreTroubleError: the table cannot be reached.
        """
        raise NotImplementedError

    async def write(self, conversation_id: Text, row: Row, dialogue: Text) -> Row:
        """Keep a dialogue, with the results of a row, over that row; return what is kept.

        Raises:
            ForgottenError: the conversation was forgotten.
            StoreTroubleError: the row was written meanwhile, or cannot be now.
        """
        raise NotImplementedError

    async def forget(
        self, conversations: Sequence[Text], before: Optional[float]
    ) -> int:
        """Delete conversations for good, and those not written since a moment.

        Returns:
            How many there were.

        Raises:
            StoreTroubleError: they may still be there.
        """
        raise NotImplementedError

    async def keys(self) -> List[Text]:
        """Return all conversations."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what is open."""
        raise NotImplementedError


def mark_of(conversation_id: Text) -> Text:
    """Return what is kept of a conversation that was forgotten: not even its id."""
    return hashlib.sha256(conversation_id.encode()).hexdigest()
