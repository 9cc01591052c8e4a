"""A record with very many messages, filled with plain SQL before the help desk opens it.

The spread is that of a help desk which has run for years: each contact has a conversation
or some, each conversation some turns, each turn a question and two texts of an answer. Ids
are random, as real ones are, so that rows of one conversation do not lie in order.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from helpdesk.store import open_database

SEED = 20_260_301
TURNS_OF_A_CONVERSATION = (1, 1, 2, 2, 3, 3, 4, 5, 8, 30)  # each as often as the others
CONVERSATIONS_OF_A_CONTACT = (1, 1, 1, 2, 4)
MESSAGES_OF_A_TURN = 3
YEARS = timedelta(days=3 * 365)
BATCH = 2_000  # conversations
QUESTION = "My colleague has sent me an invitation last week and the link says no."
ANSWER = "An invitation link is valid for **72 hours** and expires then. " * 4
ASKED_BACK = "Did that help?"
NLU = '{"intent": "invite_expired", "confidence": 0.93, "ranking": []}'
ARTICLE = (
    '{"article": {"slug": "invite-expired", "title": "My invitation has expired"}}'
)
BUTTONS = '{"buttons": [{"title": "Yes, thanks", "payload": "/problem_solved"}]}'
Row = tuple[Any, ...]


@dataclass
class Rows:
    """Rows of some conversations, by table."""

    contacts: list[Row]
    visits: list[Row]
    conversations: list[Row]
    turns: list[Row]
    messages: list[Row]


INSERTS = {
    "contacts": "INSERT INTO contacts (id, created_at) VALUES (?, ?)",
    "visits": (
        "INSERT INTO visits (id, contact_id, created_at, expires_at) VALUES (?, ?, ?, ?)"
    ),
    "conversations": (
        "INSERT INTO conversations (id, contact_id, created_at, updated_at, status, owner,"
        " owner_epoch, is_returned, misses, assistant_turns, last_text, last_sender,"
        " agent_seen_seq, last_seq, contact_seen_seq, last_contact_seq)"
        " VALUES (?, ?, ?, ?, 'pending', 'assistant', 1, 0, 0, 0, '', 'assistant',"
        " 0, ?, ?, ?)"
    ),
    "turns": (
        "INSERT INTO turns (id, conversation_id, number, state, text, owner_epoch,"
        " created_at, due_at, attempts, is_trouble_told, done_at, nlu)"
        " VALUES (?, ?, ?, 'done', ?, 1, ?, ?, 1, 0, ?, ?)"
    ),
    "messages": (
        "INSERT INTO messages (conversation_id, seq, sender, kind, text, details,"
        " client_id, turn_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ),
}


def fill_store(path: Path, messages: int) -> None:
    """Make a record with at least so many messages."""
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        # Nobody else uses it yet, and after a power cut it is made again.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        for rows in _batches(messages):
            for table, statement in INSERTS.items():
                connection.executemany(statement, getattr(rows, table))
        connection.commit()
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode = WAL")


def _batches(messages: int) -> Iterator[Rows]:
    chance = random.Random(SEED)  # noqa: S311 - the same on every run
    written = 0
    while written < messages:
        rows = Rows([], [], [], [], [])
        while len(rows.conversations) < BATCH and written < messages:
            written += _add_contact(rows, chance)
        yield rows


def _add_contact(rows: Rows, chance: random.Random) -> int:
    """Add a contact with its conversations; return how many messages these have."""
    contact, before = _new_id(chance), len(rows.messages)
    began = datetime(2023, 1, 1, tzinfo=UTC) + chance.random() * YEARS
    rows.contacts.append((contact, _moment(began)))
    expires = _moment(began + timedelta(days=30))
    rows.visits.append((_new_id(chance), contact, _moment(began), expires))
    for number in range(chance.choice(CONVERSATIONS_OF_A_CONTACT)):
        _add_conversation(rows, chance, contact, began + number * timedelta(days=20))
    return len(rows.messages) - before


def _add_conversation(
    rows: Rows, chance: random.Random, contact: str, began: datetime
) -> None:
    conversation, turns = _new_id(chance), chance.choice(TURNS_OF_A_CONVERSATION)
    last = turns * MESSAGES_OF_A_TURN
    at = _moment(began)
    last_asked = last - MESSAGES_OF_A_TURN + 1
    stand = (conversation, contact, at, at, last, last, last_asked)
    rows.conversations.append(stand)
    for first in range(1, last, MESSAGES_OF_A_TURN):
        turn = _new_id(chance)
        rows.turns.append((turn, conversation, first, QUESTION, at, at, at, NLU))
        said = (
            ("contact", "incoming", QUESTION, "{}", _new_id(chance)),
            ("assistant", "outgoing", ANSWER, ARTICLE, None),
            ("assistant", "outgoing", ASKED_BACK, BUTTONS, None),
        )
        rows.messages.extend(
            (conversation, first + number, *columns, turn, at)
            for number, columns in enumerate(said)
        )


def _new_id(chance: random.Random) -> str:
    return UUID(int=chance.getrandbits(128), version=4).hex


def _moment(at: datetime) -> str:
    """Return a moment as SQLAlchemy keeps it in SQLite."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")
