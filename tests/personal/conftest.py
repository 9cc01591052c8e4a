"""An installation on each kind of database, copied from one: making it takes a while."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpdesk.store import open_database
from tests.personal.stand_ins import Installation
from tests.postgresql import copy_database, new_database, run_postgresql

NewUrl = Callable[[Path], str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """One server for all tests; each makes a database of its own."""
    with run_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def empty_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> NewUrl:
    """Copies a record without a row."""
    first = tmp_path_factory.mktemp("empty") / "record.db"
    _migrate(f"sqlite:///{first}")

    def copy(folder: Path) -> str:
        shutil.copy(first, folder / "record.db")
        return f"sqlite:///{folder / 'record.db'}"

    return copy


@pytest.fixture(scope="session")
def empty_on_postgresql(postgresql: str) -> NewUrl:
    """Does the same."""
    first = new_database(postgresql)
    _migrate(first)
    return lambda _folder: copy_database(first)


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Installation]:
    """An empty record, on SQLite and on PostgreSQL, and an empty state folder."""
    new_url: NewUrl = request.getfixturevalue(f"empty_on_{request.param}")
    opened = open_database(new_url(tmp_path))
    (tmp_path / "logs").mkdir()
    yield Installation(opened, tmp_path)
    opened.close()


def _migrate(url: str) -> None:
    database = open_database(url)
    database.migrate()
    database.drop_log()
    database.close()
