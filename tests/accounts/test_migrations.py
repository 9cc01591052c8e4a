"""Rows that older versions left behind, brought to the newest tables and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from accounts.database import MIGRATIONS, open_database
from foundation.database import Database
from tests.accounts.office import ANA, Office
from tests.postgresql import new_database

JOB = """
INSERT INTO jobs (id, kind, email, details, idempotency_key, created_at, attempts)
VALUES ('00000000000040008000000000000001', 'auto', 'ana@example.com', '{}', 'old',
        '2026-03-01 09:00:00.000000+00:00', 0)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgresql"))
    opened = open_database(url)
    yield opened
    opened.close()


def migrate(database: Database, version: str, *, is_up: bool = True) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if is_up else command.downgrade)(config, version)


def test_what_was_asked_for_before_is_still_known(database: Database) -> None:
    migrate(database, "0001")
    with database.engine.begin() as connection:
        connection.execute(text(JOB))
    office = Office(database)
    assert office.job().email == ANA
    office.ask(key="old")  # once more, without an effect
    office.ask(email=None, reference="forged", key="new")
    office.settle()
    assert office.mails() == []

    migrate(database, "0001", is_up=False)
    with database.engine.connect() as connection:
        keys = connection.execute(text("SELECT idempotency_key FROM jobs")).scalars()
        assert list(keys) == ["old"]  # the other one had no address
    migrate(database, "head")
    assert office.job().email == ANA
