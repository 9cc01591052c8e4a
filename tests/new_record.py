"""An empty record for a test, on the kind of database that its parameter names."""

from pathlib import Path

import pytest

from foundation.database import Database
from helpdesk.store import open_database
from tests.postgresql import new_database


def new_record(request: pytest.FixtureRequest, folder: Path) -> Database:
    """Return a record with all tables; `request.param` is `sqlite` or `postgresql`.

    Args:
        request: Of the fixture that is parametrized.
        folder: Where the file goes, if there is one.
    """
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'record.db'}"
    else:
        url = new_database(request.getfixturevalue("postgresql"))
    opened = open_database(url)
    opened.migrate()
    return opened
