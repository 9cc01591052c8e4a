"""One running service for most tests; each test uses people of its own."""

from collections.abc import Iterator

import pytest

from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun, run_accounts


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountsRun]:
    """The shared service. Its clock only ever moves forward."""
    with run_accounts(tmp_path_factory.mktemp("accounts")) as run:
        yield run


@pytest.fixture
def browser(accounts: AccountsRun) -> Browser:
    """A browser without cookies."""
    return Browser(accounts.base_url)
