"""Empty databases for tests, on the kind of database that a parameter names."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from foundation.database import Database
from helpdesk.store import open_database
from tests.postgresql import copy_database, new_database

Open = Callable[[str], Any]


def new_record(
    request: pytest.FixtureRequest, folder: Path, opened_by: Open = open_database
) -> Database:
    """Return a database with all tables; `request.param` is `sqlite` or `postgresql`.

    Args:
        request: Of the fixture that is parametrized.
        folder: Where the file goes, if there is one.
        opened_by: Whose database it is; the help desk's if nothing else is said.
    """
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        url = copy_database(empty_database(server, opened_by))
    else:
        file = folder / "record.db"
        file.write_bytes(empty_file(opened_by))
        url = f"sqlite:///{file}"
    database: Database = opened_by(url)
    return database


@cache
def empty_file(opened_by: Open = open_database) -> bytes:
    """Return an empty SQLite file; making its tables takes longer than a copy."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "record.db"
        made = opened_by(f"sqlite:///{file}")
        made.migrate()
        made.drop_log()
        made.close()
        return file.read_bytes()


@cache
def empty_database(server: str, opened_by: Open) -> str:
    """Return the address of a database on a server that is there to be copied."""
    url = new_database(server)
    made = opened_by(url)
    made.migrate()
    made.close()
    return url
