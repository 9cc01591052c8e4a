"""Reading and writing rows with plain statements.

The rows are values: changing one changes nothing in the tables. A chat message costs
a dozen statements, and a unit of work around them would cost several times as much. A
statement is put together once and then only gets other values: building it took twice as
long as running it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Table,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from helpdesk.store.models import Base
from helpdesk.store.prepared import Prepared

Row = TypeVar("Row", bound=Base)
Names = tuple[str, ...]


def table_of(kind: type[Base]) -> Table:
    """Return the table behind a class."""
    return cast(Table, kind.__table__)


def as_row(kind: type[Row], mapping: Mapping[Any, Any]) -> Row:
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
    mapping = statement.first(session, _named("is", where))
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
    if not rows:
        return
    values = [_values(row) for row in rows]
    if _is_whole(type(rows[0]), values):
        _insert(type(rows[0]), tuple(values[0])).run(session, *values)
    else:
        session.execute(insert(table_of(type(rows[0]))), values)


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
    named = _named("is", where) | _named("new", values)
    if several:
        statement = _update(kind, tuple(where), several, tuple(values))
        return bool(cast(Any, session.execute(statement, named)).rowcount)
    return bool(_changing(kind, tuple(where), tuple(values)).run(session, named))


@cache
def _select(kind: type[Base], where: Names, lock: bool) -> Prepared:
    table = table_of(kind)
    wanted = select(table).where(*_conditions(table, where))
    return Prepared(wanted.with_for_update() if lock else wanted)


@cache
def _insert(kind: type[Base], names: Names) -> Prepared:
    """Return what inserts these columns; the others have no default."""
    table = table_of(kind)
    return Prepared(insert(table).values({name: bindparam(name) for name in names}))


@cache
def _changing(kind: type[Base], where: Names, values: Names) -> Prepared:
    return Prepared(_update(kind, where, (), values))


@cache
def _defaults_of(kind: type[Base]) -> frozenset[str]:
    return frozenset(column.name for column in table_of(kind).c if column.default)


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


def _is_whole(kind: type[Base], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether rows name the same columns, and all that would get a default."""
    names = rows[0].keys()
    return _defaults_of(kind) <= names and all(row.keys() == names for row in rows)


def _values(row: Base) -> dict[str, Any]:
    return {key: value for key, value in vars(row).items() if not key.startswith("_")}
