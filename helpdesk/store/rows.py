"""Reading and writing rows with plain statements.

The rows are values: changing one changes nothing in the tables. A chat message costs
a dozen statements, and a unit of work around them would cost several times as much. A
statement is put together once and then only gets other values: building it took twice as
long as running it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from helpdesk.store.models import Base

Row = TypeVar("Row", bound=Base)
Names = tuple[str, ...]


def table_of(kind: type[Base]) -> Table:
    """Return the table behind a class."""
    return cast(Table, kind.__table__)


def as_row(kind: type[Row], mapping: RowMapping) -> Row:
    """Return a value with the columns of one row."""
    return kind(**mapping)


def find(
    session: Session, kind: type[Row], *, lock: bool = False, **where: Any
) -> Row | None:
    """Return the row whose columns have these values, if there is one.

    Args:
        session: The transaction.
        kind: Which table.
        lock: Keep others from changing it until the end of the transaction.
        where: The columns.
    """
    statement = _select(kind, tuple(where), lock)
    mapping = session.execute(statement, _named("is", where)).mappings().first()
    return None if mapping is None else as_row(kind, mapping)


def get(session: Session, kind: type[Row], *, lock: bool = False, **where: Any) -> Row:
    """Return the row whose columns have these values.

    Raises:
        LookupError: There is none.
    """
    row = find(session, kind, lock=lock, **where)
    if row is None:
        raise LookupError(f"{kind.__tablename__} has no such row.")
    return row


def add(session: Session, *rows: Base) -> None:
    """Insert rows of one kind; what they leave out gets the column's default."""
    if rows:
        session.execute(_insert(type(rows[0])), [_values(row) for row in rows])


def change(
    session: Session, kind: type[Base], where: Mapping[str, Any], **values: Any
) -> bool:
    """Set columns of all rows whose columns have these values; tell whether any did.

    Args:
        session: The transaction.
        kind: Which table.
        where: The columns that choose the rows; a tuple allows each of its values.
        values: The columns to set.
    """
    several = tuple(name for name, value in where.items() if isinstance(value, tuple))
    statement = _update(kind, tuple(where), several, tuple(values))
    named = _named("is", where) | _named("new", values)
    return bool(cast(Any, session.execute(statement, named)).rowcount)


@cache
def _select(kind: type[Base], where: Names, lock: bool) -> Select[Any]:
    table = table_of(kind)
    wanted = select(table).where(*_conditions(table, where))
    return wanted.with_for_update() if lock else wanted


@cache
def _insert(kind: type[Base]) -> Insert:
    return insert(table_of(kind))


@cache
def _update(kind: type[Base], where: Names, several: Names, values: Names) -> Update:
    table = table_of(kind)
    chosen = update(table).where(*_conditions(table, where, several))
    return chosen.values({name: bindparam(f"new_{name}") for name in values})


def _conditions(
    table: Table, where: Names, several: Names = ()
) -> list[ColumnElement[bool]]:
    return [
        table.c[name].in_(bindparam(f"is_{name}", expanding=True))
        if name in several
        else table.c[name] == bindparam(f"is_{name}")
        for name in where
    ]


def _named(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values under names that columns do not have: those are SQLAlchemy's own."""
    return {f"{prefix}_{name}": value for name, value in values.items()}


def _values(row: Base) -> dict[str, Any]:
    return {key: value for key, value in vars(row).items() if not key.startswith("_")}
