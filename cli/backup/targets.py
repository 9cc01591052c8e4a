"""Where a backup is restored to: a database that is made anew beside what is there.

Nothing of the old one is touched before the new one is complete. A file is made beside
the old file and takes its place; on a server everything is one transaction.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, inspect, text

from cli.backup.errors import BackupError
from cli.backup.installation import Installation
from cli.backup.tables import count_rows, read_shapes
from foundation.database import READ_ONLY, Database

# Of a file that is SQLite's.
ENDINGS = ("", "-wal", "-shm", "-journal")
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"  # somebody, not the server
)
_TABLES = text(
    "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() "
    "AND tablename NOT LIKE 'rasa@_%' ESCAPE '@'"  # the assistant's, which stay
)
_FUNCTIONS = text(
    "SELECT p.oid::regprocedure::text FROM pg_proc p "
    "WHERE p.pronamespace = current_schema()::regnamespace "
    "AND p.prokind = 'f' AND NOT EXISTS "
    "(SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
)


class Target(Protocol):
    """A database that is being made."""

    database: Database
    connection: Connection  # where its rows go, in one transaction

    def complete(self) -> None:
        """Write the last of it; what was there before is still in its place."""

    def install(self) -> None:
        """Put it in the place of what was there, which is kept aside."""

    def drop(self) -> None:
        """Let go of it, unless it was installed."""


class FileTarget:
    """A SQLite file.

    Args:
        installation: Whose.
        name: Which of its databases.
        aside: The name of the folder that what was there goes to.
    """

    def __init__(self, installation: Installation, name: str, aside: str) -> None:
        self._place = installation.file_of(name) or Path()
        self._made = self._place.with_name(f"{self._place.name}.restoring")
        self._aside = self._place.parent / aside
        self._place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.drop_file()
        os.close(os.open(self._made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        give_to_owner(self._made)
        self.database = installation.open(name, f"sqlite:///{self._made}")
        self.connection = self.database.engine.connect()
        self._transaction = self.connection.begin()
        self.connection.execute(text("PRAGMA defer_foreign_keys = ON"))

    def complete(self) -> None:
        """Commit, and have all of it in the one file."""
        self._transaction.commit()
        self.connection.close()
        self.database.drop_log()
        self.database.close()

    def install(self) -> None:
        """Move the old file away and the new one there."""
        set_aside([self._place], self._aside)
        self._made.rename(self._place)
        flush(self._place.parent)

    def drop(self) -> None:
        """Delete the file, if it is not in its place yet."""
        self.connection.close()
        self.database.close()
        self.drop_file()

    def drop_file(self) -> None:
        """Delete what an earlier attempt has left."""
        for path in _files(self._made):
            path.unlink()


class ServerTarget:
    """A database of a PostgreSQL server.

    Args:
        installation: Whose.
        name: Which of its databases.
        aside: The name of the schema that what was there goes to.
    """

    def __init__(self, installation: Installation, name: str, aside: str) -> None:
        self.database = installation.open(name)
        self.connection = self.database.engine.connect()
        self._transaction = self.connection.begin()
        tables = self.connection.execute(_TABLES).scalars().all()
        if tables:
            self._move(tables, aside.replace("-", "_"))

    def complete(self) -> None:
        """Do nothing: it is committed when it is installed."""

    def install(self) -> None:
        """Commit; only now is anything changed."""
        self._transaction.commit()

    def drop(self) -> None:
        """Roll back, if it was not committed."""
        self.connection.close()
        self.database.close()

    def _move(self, tables: Iterable[str], schema: str) -> None:
        run = self.connection.exec_driver_sql
        run(f"CREATE SCHEMA {schema}")
        for table in tables:
            run(f"ALTER TABLE {table} SET SCHEMA {schema}")
        for function in self.connection.execute(_FUNCTIONS).scalars().all():
            run(f"ALTER FUNCTION {function} SET SCHEMA {schema}")


def target_for(installation: Installation, name: str, aside: str) -> Target:
    """Return what a database of a backup is restored to."""
    is_file = installation.file_of(name) is not None
    return (FileTarget if is_file else ServerTarget)(installation, name, aside)


@contextmanager
def looked_at(installation: Installation, name: str) -> Iterator[Connection | None]:
    """Yield what is there of a database; None if there is nothing."""
    if not installation.has(name):
        yield None
        return
    database = installation.open(name)
    try:
        with database.engine.connect() as connection:
            quiet = connection.execution_options(**{READ_ONLY: True})
            has_tables = bool(inspect(quiet).get_table_names())
            yield quiet if has_tables else None
    finally:
        database.close()


def has_rows(connection: Connection) -> bool:
    """Tell whether anything is kept in a database."""
    return any(count_rows(connection, shape) for shape in read_shapes(connection))


def refuse_in_use(installation: Installation, name: str) -> None:
    """Raise if anybody else uses a database at this moment.

    Raises:
        BackupError: Somebody does.
    """
    file = installation.file_of(name)
    if file is not None:
        if file.exists() and _is_open_elsewhere(file):
            raise BackupError(f"Another program has {file} open. Stop Latchkey first.")
        return
    with looked_at(installation, name) as connection:
        others = connection.execute(_OTHERS).scalar_one() if connection else 0
    if others:
        raise BackupError(
            f"There are {others} other connections to the database of the {name}. Stop "
            "every process of Latchkey first, on every machine."
        )


def set_aside(paths: Iterable[Path], folder: Path) -> None:
    """Move files of databases, and folders, to a folder where they stay."""
    for path in [file for each in paths for file in _files(each)]:
        folder.mkdir(exist_ok=True, mode=0o700)
        give_to_owner(folder)
        path.rename(folder / path.name)
        flush(folder)


def give_to_owner(path: Path) -> None:
    """Let what root has made be its who owns the folder around it."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def flush(folder: Path) -> None:
    """Have the disk know what is in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(path: Path) -> list[Path]:
    found = [path.with_name(path.name + ending) for ending in ENDINGS]
    return [file for file in found if file.exists()]


def _is_open_elsewhere(file: Path) -> bool:
    """Tell whether SQLite lets nobody have the file alone; empties its log if it does."""
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            answer = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:  # not SQLite's at all: whoever opens it finds out
            return False
    return bool(answer[0] != "delete")
