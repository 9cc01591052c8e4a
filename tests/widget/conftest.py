"""A real Chromium and a scripted help desk for the tests of the chat's browser side."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.conftest import PATIENCE_MS
from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer, run_chat_server


@pytest.fixture
def help_desk() -> Iterator[ChatServer]:
    """A scripted help desk without any conversation."""
    with run_chat_server() as server:
        yield server


@pytest.fixture
def profile(
    chromium: Browser, help_desk: ChatServer, request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    """A browser's profile; a test may ask for options by parametrizing it."""
    options = getattr(request, "param", {})
    context = chromium.new_context(base_url=help_desk.origin, **options)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def chat(profile: BrowserContext, help_desk: ChatServer) -> Iterator[Chat]:
    """A page with the widget. The test fails if the browser complains about anything."""
    chat = Chat(profile.new_page(), help_desk)
    yield chat
    assert chat.complaints == []
