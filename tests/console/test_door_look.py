"""The door in a real browser: it works without JavaScript, on a phone and in the dark."""

from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from helpdesk.store.words import Role
from tests.axe import violations
from tests.conftest import PATIENCE_MS
from tests.console.agent_client import PASSWORD, add_person
from tests.helpdesk.running import HelpdeskRun, run_helpdesk

PHONE = {"viewport": {"width": 380, "height": 760}, "color_scheme": "dark"}
DESK = {"viewport": {"width": 1200, "height": 800}}
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    """A help desk where admins must use one-time codes."""
    folder = tmp_path_factory.mktemp("door")
    with run_helpdesk(folder, LATCHKEY_CODES_FOR="admin") as running:
        yield running


def check(page: Page) -> None:
    """Check what each page of the door must be, once it is shown."""
    assert violations(page) == []
    needs, has = page.evaluate(WIDTHS)
    assert needs <= has, "it scrolls sideways"


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone in the dark"])
def test_an_admin_goes_all_the_way_through_the_door(
    chromium: Browser, helpdesk: HelpdeskRun, look: dict[str, Any]
) -> None:
    sam = add_person(helpdesk.database_url, "Sam Okafor", Role.ADMIN)
    context = chromium.new_context(base_url=helpdesk.base_url, **look)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto("/console/account")  # asks to sign in, and leads back
    check(page)
    page.get_by_label("E-mail address").fill(sam.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    picture = page.get_by_role("img", name="Picture to scan.")
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") > 100
    page.get_by_text("It cannot be scanned").click()
    check(page)
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Six-digit code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    recovery = page.locator(".recovery code").first.inner_text()
    check(page)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="Your account").wait_for()
    for summary in page.locator("summary").all():
        summary.click()
    check(page)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("E-mail address").fill(sam.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(recovery)
    check(page)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/console")
    assert [said for said in complaints if "404" not in said] == []
    context.close()


def test_a_link_from_another_site_finds_the_agent_signed_in(
    chromium: Browser, helpdesk: HelpdeskRun
) -> None:
    ana = add_person(helpdesk.database_url)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{helpdesk.base_url}/console/sign-in?next=/console/account")
    page.get_by_label("E-mail address").fill(ana.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your account").wait_for()
    link = f'<a href="{helpdesk.base_url}/console/account">look</a>'
    context.route(
        "http://mail.example/",
        lambda route: route.fulfill(body=link, content_type="text/html"),
    )
    page.goto("http://mail.example/")
    page.get_by_text("look").click()
    page.get_by_role("heading", name="Your account").wait_for()
    context.close()
