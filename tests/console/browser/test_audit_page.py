"""The page of the audit record, served by the real help desk."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk.web.agents import COOKIE
from tests.axe import violations
from tests.conftest import PATIENCE_MS
from tests.console.agent_client import AgentClient
from tests.console.browser.test_console_access import DARK, PHONE, SMALL
from tests.helpdesk.running import HelpdeskRun

Open = Callable[..., Page]
SEARCH = re.compile(r"/api/console/audit(\?|$)")


@pytest.fixture
def open_audit(chromium: Browser, helpdesk: HelpdeskRun) -> Iterator[Open]:
    """Opens the page for an agent. The test fails if the browser complains."""
    complaints: list[str] = []

    with ExitStack() as closing:

        def open_for(agent: AgentClient, **options: object) -> Page:
            url = helpdesk.base_url
            context = chromium.new_context(base_url=url, **options)  # type: ignore[arg-type]
            closing.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            cookie = {"name": COOKIE, "value": agent.token, "url": url}
            context.add_cookies([cookie])  # type: ignore[list-item]
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto("/console/audit")
            return page

        yield open_for
    assert complaints == []


def count_of(page: Page) -> int:
    """Wait until entries are shown and return how many."""
    status = page.get_by_role("status")
    expect(status).to_have_text(re.compile(r"^\d+ entr|^No entry"))
    return int(re.sub(r"\D", "", status.inner_text()) or 0)


def ask(page: Page, **fields: str) -> int:
    """Fill filters in and return how many entries they leave."""
    with page.expect_response(SEARCH):
        page.get_by_role("button", name="Clear").click()
    for name, value in fields.items():
        page.locator(f"input[name={name}]").fill(value)
    with page.expect_response(SEARCH):
        page.get_by_role("button", name="Show", exact=True).click()
    return count_of(page)


def test_only_auditors_and_admins_see_it(
    open_audit: Open, agent: AgentClient, lead: AgentClient
) -> None:
    for somebody in (agent, lead):
        answer = somebody.get("/console/audit")
        assert answer.status_code == 403
        assert "audit.js" not in answer.text
    page = open_audit(agent)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not for your role")
    expect(page.get_by_role("link", name="Back to the console").last).to_be_visible()


def test_an_auditor_filters_reads_and_exports(
    open_audit: Open, admin: AgentClient, auditor: AgentClient
) -> None:
    page = open_audit(auditor)
    assert count_of(page) > 2
    assert ask(page, action="agent", actor=str(admin.person.id)) > 0
    row = page.locator("tr.entry").first
    expect(row).to_contain_text("Sam Okafor")
    button = row.get_by_role("button")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(page.locator("tr.entry-detail").first).to_contain_text("Digest")
    assert ask(page, action="agent.signed_in", actor="Sam Okafor") > 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    written = download.value.path().read_text(encoding="utf-8")
    actions = {each["action"] for each in csv.DictReader(io.StringIO(written))}
    assert actions == {"agent.signed_in"}
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSON lines").click()
    assert json.loads(download.value.path().read_text().splitlines()[0])["digest"]
    page.route("**/api/console/audit?*", lambda route: route.abort())
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("could not be fetched")
    page.unroute("**/api/console/audit?*")
    page.get_by_role("button", name="Try again").click()
    assert count_of(page) > 0
    # Looks and exports are in the record themselves.
    assert ask(page, actor=str(auditor.person.id), action="audit") > 0
    assert ask(page, to="2020-01-01") == 0
    expect(page.get_by_role("status")).to_have_text("No entry fits.")
    page.locator("input[name=from]").fill("2020-01-01")
    assert ask(page, address="nobody@example.com") == 0


@pytest.mark.parametrize("look", [{}, PHONE | DARK])
def test_the_page_breaks_no_rule_and_goes_on_where_a_page_ends(
    open_audit: Open, admin: AgentClient, look: dict[str, object]
) -> None:
    page = open_audit(admin, **look)
    page.route(
        re.compile(r"/api/console/audit\?(?!.*after)"),
        lambda route: route.continue_(url=f"{route.request.url}&limit=2"),
    )
    page.reload()
    assert count_of(page) == 2
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("tr.entry").nth(2).get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if look:
        assert page.evaluate(SMALL) == []
