"""Rows on their way into a backup and out of it, the same from every kind of database.

What a column holds is read from the database, not from our models: a backup has the
tables of its moment, and is brought up to date after it was restored.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.sql.sqltypes import DateTime
from sqlalchemy.types import TypeEngine

from cli.backup.errors import DamagedError
from foundation.tables import UtcDateTime

LARGEST_PART = 1 << 20  # bytes, or one row
AT_ONCE = 500
FILES_AT_ONCE = 4  # rows with files in them
# Alembic's own; what triggers make of other tables; the assistant's working memory.
LEFT_OUT = ("alembic_version", "transcript_", "rasa_")
WRITTEN_AT = "created_at"
_UUID_DIGITS = 32


class Kind(StrEnum):
    """What a column holds."""

    UUID = "uuid"
    MOMENT = "moment"
    JSON = "json"
    BOOLEAN = "boolean"
    BYTES = "bytes"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"


TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.UUID: Uuid(as_uuid=False),
    Kind.MOMENT: UtcDateTime(),
    Kind.JSON: Text(),  # as it is written: not even its spaces change
    Kind.BOOLEAN: Boolean(),
    Kind.BYTES: LargeBinary(),
    Kind.INTEGER: BigInteger(),
    Kind.NUMBER: Float(53),
    Kind.TEXT: Text(),
}
READ_AS: dict[Kind, Any] = {
    Kind.UUID: str,
    Kind.MOMENT: datetime,
    Kind.JSON: str,
    Kind.BOOLEAN: bool,
    Kind.BYTES: bytes,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.TEXT: str,
}


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table: its columns and its key."""

    name: str
    columns: dict[str, Kind]
    key: list[str]

    def decoder(self) -> msgspec.json.Decoder[Any]:
        """Return what reads rows of it."""
        kinds = tuple(READ_AS[kind] | None for kind in self.columns.values())
        return msgspec.json.Decoder(tuple[kinds])  # type: ignore[valid-type]


def read_shapes(connection: Connection) -> list[Shape]:
    """Return the tables to be kept; those that others refer to come first."""
    inspector = inspect(connection)
    found = inspector.get_sorted_table_and_fkc_names()
    names = [name for name, _ in found if name and not name.startswith(LEFT_OUT)]
    return [
        Shape(
            name,
            {c["name"]: _kind_of(c["type"]) for c in inspector.get_columns(name)},
            list(inspector.get_pk_constraint(name)["constrained_columns"]),
        )
        for name in names
    ]


def read_parts(connection: Connection, shape: Shape) -> Iterator[tuple[int, bytes]]:
    """Yield a table's rows in portions: how many, and one line of JSON for each."""
    has_files = Kind.BYTES in shape.columns.values()
    how = {"yield_per": FILES_AT_ONCE if has_files else AT_ONCE, "stream_results": True}
    rows = connection.execute(_select(shape, has_files), execution_options=how)
    lines: list[bytes] = []
    size = 0
    for row in rows:
        line = msgspec.json.encode(tuple(row))
        if lines and size + len(line) > LARGEST_PART:
            yield len(lines), b"\n".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield len(lines), b"\n".join(lines)


def rows_in(shape: Shape, part: bytes) -> list[dict[str, Any]]:
    """Return the rows of a portion, by the names of their columns.

    Raises:
        DamagedError: They are not rows of this table.
    """
    try:
        rows = shape.decoder().decode_lines(part)
    except (msgspec.DecodeError, ValueError) as error:
        raise DamagedError(f"a row of {shape.name} cannot be read") from error
    return [dict(zip(shape.columns, row, strict=True)) for row in rows]


def write_rows(
    connection: Connection, shape: Shape, rows: Iterable[dict[str, Any]]
) -> None:
    """Insert rows."""
    connection.execute(_insert(connection, shape), list(rows))


def count_rows(connection: Connection, shape: Shape) -> int:
    """Return how many rows a table has."""
    counted = select(func.count()).select_from(_table(shape))
    return int(connection.execute(counted).scalar_one())


def go_on_counting(connection: Connection, shapes: Iterable[Shape]) -> None:
    """Have PostgreSQL number new rows after those that were inserted with a number."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    for shape in shapes:
        for column, kind in shape.columns.items():
            if kind is not Kind.INTEGER or column not in shape.key:
                continue
            table = quote(shape.name)
            found = connection.execute(
                select(func.pg_get_serial_sequence(table, column))
            ).scalar()
            if found is not None:
                last = select(func.max(_table(shape).c[column])).scalar_subquery()
                is_any = last.is_not(None)
                connection.execute(
                    select(func.setval(found, func.coalesce(last, 1), is_any))
                )


def _kind_of(found: TypeEngine[Any]) -> Kind:
    if isinstance(found, Uuid):
        return Kind.UUID
    if isinstance(found, String):  # SQLite has no type of its own for identifiers
        is_id = found.__visit_name__ == "CHAR" and found.length == _UUID_DIGITS
        return Kind.UUID if is_id else Kind.TEXT
    for base, kind in (
        (DateTime, Kind.MOMENT),
        (JSON, Kind.JSON),
        (Boolean, Kind.BOOLEAN),
        (LargeBinary, Kind.BYTES),
        (Integer, Kind.INTEGER),
        (Float, Kind.NUMBER),
    ):
        if isinstance(found, base):
            return kind
    raise TypeError(f"No backup can hold a column of the type {found!r}.")


def _table(shape: Shape) -> Table:
    columns = (Column(name, TYPES[kind]) for name, kind in shape.columns.items())
    return Table(shape.name, MetaData(), *columns)


def _select(shape: Shape, has_files: bool) -> Select[Any]:
    table = _table(shape)
    columns = [
        cast(table.c[name], Text) if kind is Kind.JSON else table.c[name]
        for name, kind in shape.columns.items()
    ]
    # The index of words shows what came last first. Files are too much to be sorted.
    is_dated = WRITTEN_AT in shape.columns and not has_files
    order = [WRITTEN_AT, *shape.key] if is_dated else shape.key
    return select(*columns).order_by(*(table.c[name] for name in order))


def _insert(connection: Connection, shape: Shape) -> Insert:
    is_typed = connection.dialect.name == "postgresql"
    values: dict[str, Any] = {}
    for name, kind in shape.columns.items():
        value = bindparam(name, type_=TYPES[kind])
        is_cast = is_typed and kind is Kind.JSON
        values[name] = cast(value, JSON) if is_cast else value
    return insert(_table(shape)).values(values)
