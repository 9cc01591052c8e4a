"""The database: engine, transactions and bringing the tables up to date."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from foundation.environment import SettingsError

log = logging.getLogger(__name__)

BUSY_MILLISECONDS = 5000
READ_ONLY = "latchkey_read_only"
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
NEWEST = "head"
MOST_CONNECTIONS = 15
RESTS_SINCE = "latchkey_rests_since"
# How long a server that is away may stay unnoticed; a URL may say otherwise.
PATIENCE = {"connect_timeout": "5", "tcp_user_timeout": "10000"}


class Database:
    """Opens transactions; SQLite by default, PostgreSQL by URL.

    Args:
        url: Where the database is, as SQLAlchemy writes it.
        migrations: The folder with the Alembic scripts of its tables.
        variable: The setting that the URL came from, for errors.
        pool_size: Connections that are kept open.
        asked_after_s: A connection that has rested so long is asked whether the server is
            still there before it is used.

    Raises:
        SettingsError: The URL cannot be used.
    """

    def __init__(
        self,
        url: str,
        migrations: Path,
        *,
        variable: str,
        pool_size: int = 5,
        asked_after_s: float = 0,
    ) -> None:
        self._migrations = migrations
        self.engine = _open(url, variable, pool_size)
        if not self.is_embedded:
            _ask_after(asked_after_s, self.engine)

    @property
    def is_embedded(self) -> bool:
        """Whether this process is the only one that uses it."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session that commits at the end, or rolls back on an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one state of the tables and writes nothing."""
        with self.engine.connect() as connection:
            quiet = connection.execution_options(**{READ_ONLY: True})
            with Session(quiet, expire_on_commit=False) as session:
                yield session

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the tables however long it looks.

        Writers go on meanwhile.
        """
        options = {READ_ONLY: True} if self.is_embedded else SNAPSHOT
        with self.engine.connect() as connection:
            quiet = connection.execution_options(**options)
            with quiet.begin():
                version_of(quiet)  # the state is that of the first look
                yield quiet

    def migrate(self) -> None:
        """Bring the tables to the newest version.

        Tables that a newer version has made stay as they are: it leaves everything there
        that the version before it uses, so both can run while one replaces the other.
        """
        with self.engine.begin() as connection:
            version = version_of(connection)
            if version is None or self.knows(version):
                self.migrate_in(connection)
            else:
                log.warning(
                    "the tables are those of a newer version, %s; this one uses them"
                    " as they are",
                    version,
                )

    def migrate_in(self, connection: Connection, version: str = NEWEST) -> None:
        """Bring the tables to a version, in a transaction that has begun.

        Args:
            connection: Where it has begun.
            version: Which; `knows` tells whether there is one.
        """
        config = self._scripts()
        config.attributes["connection"] = connection
        command.upgrade(config, version)

    def knows(self, version: str) -> bool:
        """Tell whether the tables can be brought to a version."""
        scripts = ScriptDirectory.from_config(self._scripts())
        return version in {each.revision for each in scripts.walk_revisions()}

    @property
    def newest(self) -> str:
        """The version that the tables are brought to at a start."""
        head = ScriptDirectory.from_config(self._scripts()).get_current_head()
        assert head is not None  # there are migrations
        return head

    def drop_log(self) -> bool:
        """Empty SQLite's write-ahead log, which still has what was deleted meanwhile.

        Whoever reads at that moment keeps it from being emptied; it waits for them a little.

        Returns:
            Whether nothing is left in it. PostgreSQL sees to its own.
        """
        if not self.is_embedded:
            return True
        with closing(self.engine.raw_connection()) as connection:
            answer = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, _, _ = answer.fetchone()
        return not is_busy

    def rewrite(self) -> None:
        """Write SQLite's file anew, without what was let go in it; writers wait meanwhile."""
        if self.is_embedded:
            with closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("VACUUM")

    def check(self) -> None:
        """Raise if the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _scripts(self) -> Config:
        config = Config()
        place = str(self._migrations).replace("%", "%%")
        config.set_main_option("script_location", place)
        return config


def version_of(connection: Connection) -> str | None:
    """Return the version of the tables; None if there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def _open(url: str, variable: str, pool_size: int) -> Engine:
    try:
        place = make_url(url)
        if place.get_backend_name() != "sqlite":
            return create_engine(
                place.update_query_dict({**PATIENCE, **place.query}),
                hide_parameters=True,
                pool_size=pool_size,
                max_overflow=MOST_CONNECTIONS - pool_size,
            )
        if place.database and place.database != ":memory:":
            Path(place.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(place, hide_parameters=True, pool_size=pool_size)
    except (ArgumentError, ImportError, OSError) as error:
        raise SettingsError(f"{variable} cannot be used: {error}") from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _ask_after(rest_s: float, engine: Engine) -> None:
    """Ask connections that have rested so long whether the server is still there."""

    def note_rest(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[RESTS_SINCE] = time.monotonic()

    def ask(connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        rests_since = entry.info.get(RESTS_SINCE)
        if rests_since is None or time.monotonic() < rests_since + rest_s:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", note_rest)
    event.listen(engine, "checkout", ask)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction control begins too late; ours is in _begin_sqlite.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "foreign_keys = ON",
        "synchronous = FULL",
        "secure_delete = ON",  # what is deleted is overwritten, not only let go
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would otherwise fail with
    # "database is locked" instead of waiting its turn.
    is_reading = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")
