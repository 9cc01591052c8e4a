"""Transactions without a unit of work: statements go straight to the connection.

The rows are values (`helpdesk.store.rows`), so there is nothing that a session would have
to keep, to flush or to look for before each statement; that was a third of its cost.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from foundation.database import READ_ONLY, Database

# A message takes some ten transactions: to ask each time would be ten round trips more.
ASKED_AFTER_S = 1.0
IDLE_MOST_S = 6  # between two statements of a transaction, which take milliseconds


class PlainSession(Session):
    """A session of one transaction, which whoever opened the connection begins and ends.

    `driver` is SQLite's own connection, in the same transaction; None on PostgreSQL.

    Args:
        connection: Where the transaction has begun.
    """

    def __init__(self, connection: Connection) -> None:
        # Without this, whoever reads inside `begin_nested` gets a savepoint of their own,
        # which outlives the one around it.
        super().__init__(
            connection, autoflush=False, join_transaction_mode="rollback_only"
        )
        self._connection = connection
        own = connection.connection.dbapi_connection
        self.driver = own if isinstance(own, sqlite3.Connection) else None

    def execute(self, statement: Any, params: Any = None, **more: Any) -> Any:
        """Run a statement."""
        if more:  # the ways in which rows are loaded as objects
            return super().execute(statement, params, **more)
        return self._connection.execute(statement, params)

    def begin_nested(self) -> Any:
        """Begin a part that can be undone by itself."""
        return self._connection.begin_nested()

    def rollback(self) -> None:
        """Undo everything."""
        self._connection.rollback()


class PlainDatabase(Database):
    """A database whose transactions keep nothing but the connection.

    Where several processes use it, one that is held up in the middle of a transaction (a
    machine that sleeps, a line that is cut) does not hold up the others for long.
    """

    def __init__(
        self, url: str, migrations: Path, *, variable: str, pool_size: int
    ) -> None:
        super().__init__(
            url,
            migrations,
            variable=variable,
            pool_size=pool_size,
            asked_after_s=ASKED_AFTER_S,
        )
        if self.engine.dialect.name == "postgresql":
            event.listen(self.engine, "connect", _limit_idleness)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session whose changes are committed at the end, or undone."""
        with self.engine.begin() as connection, PlainSession(connection) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one state of the tables and writes nothing."""
        with self.engine.connect() as connection:
            quiet = connection.execution_options(**{READ_ONLY: True})
            with quiet.begin(), PlainSession(quiet) as session:
                yield session


def _limit_idleness(connection: Any, _record: object) -> None:
    timeout = f"{IDLE_MOST_S}s"
    connection.execute(f"SET idle_in_transaction_session_timeout = '{timeout}'")
    connection.commit()
