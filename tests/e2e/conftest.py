"""One running product for all end-to-end tests; each test uses people of its own."""

from collections.abc import Iterator

import pytest

from tests.accounts.browser import Browser
from tests.e2e.chat import Chat
from tests.e2e.full_stack import FullStack, run_full_stack


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullStack]:
    """The shared product. Its backend's clock only ever moves forward."""
    with run_full_stack(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture
def chat(product: FullStack) -> Chat:
    """A new conversation."""
    return product.chat()


@pytest.fixture
def browser(product: FullStack) -> Browser:
    """A browser without cookies on the account pages."""
    return Browser(product.accounts.base_url)
