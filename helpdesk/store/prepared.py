"""Statements that are compiled once and then only get other values.

On SQLite the statements of a message take ten microseconds each, and SQLAlchemy's way
there and back a hundred. So what is run again and again goes to the driver as it was
compiled, with the same conversions of values; PostgreSQL gets it by the usual way.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from sqlalchemy import Dialect, Executable, Insert, Select, exc
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from helpdesk.store.plain_session import PlainSession

Values = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Compiled:
    """A statement as the driver takes it: where each value comes from, what comes back.

    A place is the name of a value and how it is converted; one without a name always
    has the value that stands there instead of the conversion.
    """

    text: str
    places: Sequence[tuple[str | None, Any]]
    columns: Sequence[tuple[str, Convert]]

    def fill(self, values: Values) -> list[Any]:
        return [
            convert
            if name is None
            else values[name]
            if convert is None
            else convert(values[name])
            for name, convert in self.places
        ]

    def read(self, row: Sequence[Any]) -> dict[str, Any]:
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self.columns, row, strict=True)
        }


class Prepared:
    """A statement that is run often, each time with values of the same names.

    Args:
        statement: What is run; lists in it are part of it.
    """

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: _Compiled | None = None

    def first(self, session: Session, values: Values) -> Values | None:
        """Return the first row by the names of its columns, if there is one."""
        driver = _driver_of(session)
        if driver is None:
            found = session.execute(self.statement, values).mappings().first()
            return cast(Values | None, found)
        compiled = self._compile(session, values)
        try:
            cursor = driver.execute(compiled.text, compiled.fill(values))
            row = cursor.fetchone()
            cursor.close()
        except sqlite3.Error as error:
            _raise(error, compiled)
        return None if row is None else compiled.read(row)

    def run(self, session: Session, *rows: Values) -> int:
        """Run it once for each of these values; return how many rows it changed."""
        driver = _driver_of(session)
        if driver is None:
            values: Any = list(rows) if isinstance(self.statement, Insert) else rows[0]
            return int(cast(Any, session.execute(self.statement, values)).rowcount)
        compiled, changed = self._compile(session, rows[0]), 0
        try:
            for values in rows:
                cursor = driver.execute(compiled.text, compiled.fill(values))
                changed += cursor.rowcount
        except sqlite3.Error as error:
            _raise(error, compiled)
        return changed

    def _compile(self, session: Session, values: Values) -> _Compiled:
        if self._compiled is None:
            dialect = session.get_bind().dialect
            self._compiled = _compile(self.statement, dialect, values)
        return self._compiled


def _driver_of(session: Session) -> sqlite3.Connection | None:
    return session.driver if isinstance(session, PlainSession) else None


def _compile(statement: Executable, dialect: Dialect, values: Values) -> _Compiled:
    keys = list(values)
    options: Any = (
        {"column_keys": keys, "for_executemany": True}
        if isinstance(statement, Insert)
        else {}
    )
    compiled = cast(
        SQLCompiler, cast(Any, statement).compile(dialect=dialect, **options)
    )
    expanded = compiled.construct_expanded_state(dict(values))
    places: list[tuple[str | None, Any]] = []
    for name in expanded.positiontup or ():
        bind = compiled.binds.get(name)  # the members of a list have none of their own
        convert: Any = (
            expanded.processors.get(name)
            if bind is None
            else bind.type.dialect_impl(dialect).bind_processor(dialect)
        )
        if name not in values:
            fixed = expanded.parameters[name]
            places.append((None, fixed if convert is None else convert(fixed)))
        else:
            places.append((name, convert))
    columns = (
        [
            (
                str(column.key),
                column.type.dialect_impl(dialect).result_processor(dialect, None),
            )
            for column in statement.selected_columns
        ]
        if isinstance(statement, Select)
        else []
    )
    return _Compiled(expanded.statement, places, columns)


def _raise(error: sqlite3.Error, compiled: _Compiled) -> NoReturn:
    """Raise what SQLAlchemy makes of an error of the driver; values stay out of it."""
    kind = getattr(exc, type(error).__name__, exc.DatabaseError)
    raise kind(compiled.text, None, error, hide_parameters=True) from error
