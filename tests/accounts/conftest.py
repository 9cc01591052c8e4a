"""One running service for most tests; each test uses people of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.database import open_database
from tests.accounts.browser import Browser
from tests.accounts.office import Office
from tests.accounts.service import AccountsRun, run_accounts
from tests.new_record import new_record
from tests.postgresql import new_database, run_postgresql


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountsRun]:
    """The shared service. Its clock only ever moves forward."""
    with run_accounts(tmp_path_factory.mktemp("accounts")) as run:
        yield run


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """One server for all tests; each makes a database of its own."""
    with run_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def accounts_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgresql: str
) -> Iterator[AccountsRun]:
    """A shared service like `accounts`, on the other kind of database."""
    folder, url = tmp_path_factory.mktemp("on-postgresql"), new_database(postgresql)
    with run_accounts(folder, LATCHKEY_ACCOUNTS_DATABASE_URL=url) as run:
        yield run


@pytest.fixture(params=["accounts", "accounts_on_postgresql"])
def backend(request: pytest.FixtureRequest) -> AccountsRun:
    """The shared services, one after the other."""
    run: AccountsRun = request.getfixturevalue(request.param)
    return run


@pytest.fixture(params=["sqlite", "postgresql"])
def each_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """The inner parts on each kind of database."""
    database = new_record(request, tmp_path, open_database)
    yield Office(database)
    database.close()


@pytest.fixture
def browser(accounts: AccountsRun) -> Browser:
    """A browser without cookies."""
    return Browser(accounts.base_url)
