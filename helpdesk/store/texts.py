"""Where the record keeps texts about people: read from the tables themselves.

A table that is added later is searched and cleaned without being named here. What is not
about contacts, or must not change, is named.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Enum,
    String,
    Table,
    Text,
    Uuid,
    cast,
    false,
    or_,
    select,
)
from sqlalchemy.orm import Session

from helpdesk.store.models import Base
from helpdesk.store.rows import table_of

# Agents and what is theirs, what the product came with, and the audit record, which has
# pseudonyms instead of people and never changes.
NOT_OF_CONTACTS = frozenset(
    {
        *("agents", "agent_sessions", "recovery_codes", "teams"),
        *("canned_responses", "seedings"),
        *("audit_entries", "erasures"),
    }
)


@dataclass(frozen=True)
class TextRow:
    """A row with texts in it: its key, and each text or JSON value by its column."""

    table: Table
    key: dict[str, Any]
    values: dict[str, Any]


def tables_of_contacts() -> list[Table]:
    """Return the tables that may say something about contacts; referred to comes first."""
    tables = Base.metadata.sorted_tables
    return [table for table in tables if table.name not in NOT_OF_CONTACTS]


def text_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that may hold what people say or are called."""
    return [column for column in table.columns if _holds_text(column)]


def rows_with(session: Session, parts: Sequence[str]) -> Iterator[TextRow]:
    """Yield every row with one of the parts somewhere in its texts, in any case."""
    for table in tables_of_contacts() if parts else ():
        columns = text_columns(table)
        if not columns:
            continue
        has_part = or_(*(_has(column, part) for column in columns for part in parts))
        keys = list(table.primary_key.columns)
        rows = session.execute(select(*{*keys, *columns}).where(has_part)).mappings()
        for row in rows.all():
            yield TextRow(
                table,
                {column.name: row[column] for column in keys},
                {column.name: row[column] for column in columns},
            )


def belongs(
    table: Table, ids: Mapping[type[Base], Collection[UUID]]
) -> ColumnElement[bool]:
    """Return what makes a row one of those: its own id, or what it refers to."""
    chosen = {table_of(kind): wanted for kind, wanted in ids.items() if wanted}
    conditions: list[ColumnElement[bool]] = [false()]
    if table in chosen:
        conditions.append(table.c.id.in_(chosen[table]))
    for key in table.foreign_keys:
        if key.column.table in chosen:
            conditions.append(key.parent.in_(chosen[key.column.table]))
    return or_(*conditions)


def _holds_text(column: Column[Any]) -> bool:
    kind = column.type
    if isinstance(kind, JSON):
        return True
    is_text = isinstance(kind, String) and not isinstance(kind, Enum | Uuid)
    return is_text and not column.primary_key


def _has(column: Column[Any], part: str) -> ColumnElement[bool]:
    text = cast(column, Text) if isinstance(column.type, JSON) else column
    return text.icontains(part, autoescape=True)
