"""The database: engine, transactions and bringing the tables up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from accounts.environment import SettingsError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 5000


class Database:
    """Opens transactions; SQLite by default, PostgreSQL by URL."""

    def __init__(self, url: str) -> None:
        self.engine = _open(url)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session that commits at the end, or rolls back on an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Bring the tables to the newest version."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def check(self) -> None:
        """Raise if the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _open(url: str) -> Engine:
    try:
        place = make_url(url)
        if place.get_backend_name() != "sqlite":
            return create_engine(place, pool_pre_ping=True, hide_parameters=True)
        if place.database and place.database != ":memory:":
            Path(place.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(place, hide_parameters=True)
    except (ArgumentError, ImportError, OSError) as error:
        name = "LATCHKEY_ACCOUNTS_DATABASE_URL"
        raise SettingsError(f"{name} cannot be used: {error}") from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction control begins too late; ours is in _begin_sqlite.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "foreign_keys = ON",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would otherwise fail with
    # "database is locked" instead of waiting its turn.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
