"""Deleting a person from the record: whole conversations, and the address elsewhere.

Nothing is kept of an erased conversation, not even its row: who wrote what in it, agents
and the assistant included, was written about this person.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from helpdesk.desk.personal_data import Person, Spelling, find_mentions
from helpdesk.desk.turns import UNFINISHED
from helpdesk.store.action_models import Approval
from helpdesk.store.models import Contact, Conversation, Turn
from helpdesk.store.rows import change, table_of
from helpdesk.store.texts import TextRow, belongs, tables_of_contacts
from helpdesk.store.words import ApprovalState, TurnState

INSTEAD = "[address removed]"


@dataclass
class Removed:
    """How many rows went, by table, and in how many others an address was cut out."""

    rows: Counter[str] = field(default_factory=Counter)
    cut_out: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.rows.total() or self.cut_out.total())

    def as_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {"removed": dict(self.rows), "cut_out": dict(self.cut_out)}


def erase_person(session: Session, person: Person, now: datetime) -> Removed:
    """Delete what is a person's, and cut their address out of what is others'."""
    removed = Removed()
    erase_conversations(session, person.conversations, removed, person.contacts)
    for row in find_mentions(session, person):
        _cut_out(session, row, person.spellings)
        _end(session, row, now)
        removed.cut_out[row.table.name] += 1
    return removed


def erase_conversations(
    session: Session,
    conversations: Collection[UUID],
    removed: Removed,
    contacts: Collection[UUID] = (),
) -> None:
    """Delete conversations and contacts with all that refers to them.

    The caller sees to it that all conversations of the contacts are among these.
    """
    _lock(session, Contact, contacts)
    _lock(session, Conversation, conversations)
    ids = {Conversation: conversations, Contact: contacts}
    for table in reversed(tables_of_contacts()):
        gone = session.execute(delete(table).where(belongs(table, ids)))
        removed.rows[table.name] += int(cast(Any, gone).rowcount)
    removed.rows = +removed.rows  # without those of which none went


def _lock(
    session: Session, kind: type[Contact] | type[Conversation], ids: Collection[UUID]
) -> None:
    """Wait for whoever writes there; whoever comes later finds nothing."""
    column = table_of(kind).c.id
    rows = select(column).where(column.in_(ids)).order_by(column).with_for_update()
    session.execute(rows).all()


def _cut_out(session: Session, row: TextRow, spellings: tuple[Spelling, ...]) -> None:
    changed = {}
    for name, value in row.values.items():
        kept = _without(value, spellings)
        if kept != value:
            is_all = kept == INSTEAD and row.table.c[name].nullable
            changed[name] = None if is_all else kept
    is_it = [row.table.c[name] == value for name, value in row.key.items()]
    session.execute(update(row.table).where(*is_it).values(changed))


def _without(value: Any, spellings: tuple[Spelling, ...]) -> Any:
    """Return a text, or a JSON value, without the addresses."""
    if isinstance(value, str):
        for spelling in spellings:
            value = spelling.cut_out(value, INSTEAD)
    elif isinstance(value, dict):
        # An address may be a key as well.
        return {
            _without(key, spellings): _without(each, spellings)
            for key, each in value.items()
        }
    elif isinstance(value, list):
        # Who is but a line of a list is no longer on it.
        cut = [(each, _without(each, spellings)) for each in value]
        return [kept for each, kept in cut if kept == each or kept != INSTEAD]
    return value


def _end(session: Session, row: TextRow, now: datetime) -> None:
    """Keep what was still to be done for the person from being done."""
    if row.table is table_of(Turn):
        is_open = {**row.key, "state": UNFINISHED}
        change(session, Turn, is_open, state=TurnState.DROPPED, done_at=now)
    elif row.table is table_of(Approval):
        is_open = {**row.key, "state": ApprovalState.WAITING}
        change(session, Approval, is_open, state=ApprovalState.EXPIRED, decided_at=now)
