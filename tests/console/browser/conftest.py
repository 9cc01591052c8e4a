"""A real Chromium and a scripted help desk for the tests of the console's browser side."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.conftest import PATIENCE_MS
from tests.console.browser.console_page import Console, sign_in
from tests.console.browser.console_record import ANA, BEN
from tests.console.browser.console_server import ConsoleServer, run_console_server

DESKTOP = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def desk() -> Iterator[ConsoleServer]:
    """A scripted help desk without any conversation."""
    with run_console_server() as server:
        yield server


@pytest.fixture
def profile(
    chromium: Browser, desk: ConsoleServer, request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    """Ana's browser; a test may ask for options by parametrizing it."""
    options = {**DESKTOP, **getattr(request, "param", {})}
    context = chromium.new_context(base_url=desk.origin, **options)
    context.set_default_timeout(PATIENCE_MS)
    sign_in(context, desk, ANA)
    yield context
    context.close()


@pytest.fixture
def console(profile: BrowserContext, desk: ConsoleServer) -> Iterator[Console]:
    """Ana's console. The test fails if the browser complains about anything."""
    console = Console(profile.new_page(), desk)
    yield console
    assert console.complaints == []


@pytest.fixture
def bens(chromium: Browser, desk: ConsoleServer, console: Console) -> Iterator[Console]:
    """Ben's console, beside Ana's."""
    context = chromium.new_context(base_url=desk.origin, **DESKTOP)
    context.set_default_timeout(PATIENCE_MS)
    sign_in(context, desk, BEN)
    bens = Console(context.new_page(), desk)
    yield bens
    context.close()
    assert bens.complaints == []
