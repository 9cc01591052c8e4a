"""One action server and one real account backend for all tests of the actions."""

from collections.abc import Iterator

import pytest

from actions import backend as actions_backend
from actions.actor import KEY_VARIABLE
from tests.accounts.service import AccountsRun, run_accounts
from tests.actions.action_server import ActionServer
from tests.actions.backend import BadBackend
from tests.actions.calls import ACTOR_KEY
from tests.actions.staff_backend import StaffBackend


def pytest_configure(config: pytest.Config) -> None:
    # rasa-sdk 3.21 against Rasa 3.6.21 was tried and works, see actions/__main__.py.
    ignored = "ignore:Your versions of rasa and rasa_sdk:UserWarning"
    config.addinivalue_line("filterwarnings", ignored)


@pytest.fixture(scope="session")
def server() -> Iterator[ActionServer]:
    """The real webhook app, on a free port."""
    with ActionServer() as running:
        yield running


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountsRun]:
    """The real account backend with its mailbox."""
    with run_accounts(tmp_path_factory.mktemp("accounts")) as run:
        yield run


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No backend unless a test names one, and no client left over."""
    monkeypatch.setenv(KEY_VARIABLE, ACTOR_KEY)
    monkeypatch.setenv("LATCHKEY_ACCOUNTS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LATCHKEY_ACCOUNTS_TOKEN", "none")
    monkeypatch.setenv("LATCHKEY_ACCOUNTS_STAFF_TOKEN", "none")
    clients = (actions_backend.accounts_client, actions_backend.staff_client)
    for client in clients:
        client.cache_clear()
    yield
    for client in clients:
        client.cache_clear()


@pytest.fixture
def real_backend(accounts: AccountsRun, monkeypatch: pytest.MonkeyPatch) -> AccountsRun:
    """The account backend, with the action server pointed at it."""
    monkeypatch.setenv("LATCHKEY_ACCOUNTS_URL", accounts.base_url)
    monkeypatch.setenv("LATCHKEY_ACCOUNTS_TOKEN", accounts.token)
    monkeypatch.setenv("LATCHKEY_ACCOUNTS_STAFF_TOKEN", accounts.staff_token)
    return accounts


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[BadBackend]:
    """A backend that does what a test wants, good or bad; it counts what it gets."""
    with BadBackend() as running:
        monkeypatch.setenv("LATCHKEY_ACCOUNTS_URL", running.url)
        yield running


@pytest.fixture
def staff(monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffBackend]:
    """A backend with what staff may see, as the test writes it down."""
    with StaffBackend() as running:
        monkeypatch.setenv("LATCHKEY_ACCOUNTS_URL", running.url)
        yield running
