"""The record on both databases, and the people at a desk."""

from collections.abc import Iterator

import pytest

from foundation.database import Database
from helpdesk.store.models import Base
from tests.desk.desk_people import People
from tests.desk.floor import Floor
from tests.helpdesk.conftest import postgresql
from tests.helpdesk.desk_steps import Desk
from tests.new_record import new_record
from tests.tampering import allow_changes

__all__ = ["postgresql"]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One record of each kind for all tests here: making one takes longer than a test."""
    opened = new_record(request, tmp_path_factory.mktemp("desk"))
    allow_changes(opened)  # or the audit record could not be emptied
    yield opened
    opened.close()


@pytest.fixture
def database(migrated: Database) -> Database:
    """The record, emptied."""
    with migrated.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    return migrated


@pytest.fixture
def desk(database: Database) -> Desk:
    """A contact who has written nothing yet."""
    return Desk(database).enter()


@pytest.fixture
def people(desk: Desk) -> People:
    """Ana and Ben, the lead Lea, and the auditor Uma; all have just been seen."""
    return People(desk)


@pytest.fixture
def floor(people: People) -> Floor:
    """Two admins beside them."""
    return Floor(people)
