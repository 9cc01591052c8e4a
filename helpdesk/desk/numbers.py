"""Numbers that people say and type: the first eight hexadecimal digits of an id."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam

DIGITS = 8


def number_of(row_id: UUID) -> str:
    """Return what people call something."""
    return row_id.hex[:DIGITS]


def is_numbered(column: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Return the condition that an id begins with a number; see `ids_of`."""
    lowest, highest = (bindparam(name, type_=column.type) for name in _NAMES)
    return column.between(lowest, highest)


def ids_of(number: str) -> dict[str, Any]:
    """Return the values that `is_numbered` needs for a number."""
    return {name: UUID(number.ljust(32, end)) for name, end in zip(_NAMES, "0f")}


_NAMES = ("lowest", "highest")
