"""What the home page costs a phone: every byte that crosses the line, the chat included."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.helpdesk.running import HelpdeskRun, run_helpdesk

BUDGET_BYTES = 60_000
# What came over the line, headers included, as the browser counts it.
TRANSFERRED = """() => [
  ...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource"),
].map((it) => [it.name, it.transferSize])"""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    with run_helpdesk(tmp_path_factory.mktemp("weighed")) as run:
        yield run


def test_the_home_page_with_its_chat_weighs_less_than_the_budget(
    centre: HelpdeskRun, chromium: Browser
) -> None:
    context = chromium.new_context(base_url=centre.base_url)
    page = context.new_page()
    page.goto("/", wait_until="networkidle")
    page.locator("latchkey-chat .launcher").wait_for()
    sizes: list[list[Any]] = page.evaluate(TRANSFERRED)
    context.close()
    assert all(name.startswith(centre.base_url) for name, _ in sizes), "third parties"
    assert sum(size for _, size in sizes) < BUDGET_BYTES, sorted(sizes)


def test_the_page_is_there_before_any_script_is(
    centre: HelpdeskRun, chromium: Browser
) -> None:
    context = chromium.new_context(base_url=centre.base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.get_by_role("link", name="My invitation link has expired").is_visible()
    context.close()
