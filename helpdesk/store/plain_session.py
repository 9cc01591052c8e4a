"""Transactions without a unit of work: statements go straight to the connection.

The rows are values (`helpdesk.store.rows`), so there is nothing that a session would have
to keep, to flush or to look for before each statement; that was a third of its cost.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from foundation.database import READ_ONLY, Database


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
    """A database whose transactions keep nothing but the connection."""

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
