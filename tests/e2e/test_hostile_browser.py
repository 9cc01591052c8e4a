"""Hostile words in a real browser, against the whole product: they stay words."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.conftest import PATIENCE_MS
from tests.e2e.full_stack import FullStack
from tests.widget.test_safety import FORBIDDEN

HOSTILE = (
    "<img src=/stolen onerror=alert(1)>",
    "<script>alert(document.cookie)</script>",
    "</script><script src=/stolen></script>",
    '"><svg onload=alert(1)>',
    '\'" autofocus onfocus=alert(1) x="',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<a href="javascript:alert(1)">press here</a>',
    "[press](javascript:alert(1)) ![x](/stolen)",
    "<style>@import '/stolen';</style><link rel=stylesheet href=/stolen>",
    "<meta http-equiv=refresh content='0;url=/stolen'>",
    "<form action=/stolen><button autofocus>x</button></form>",
    "<math><mtext></p><img src=/stolen onerror=alert(1)>",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)}",
    "<template shadowrootmode=open><img src=/stolen></template>",
)
# Where the pages themselves go; anything else was made by what was typed.
EXPECTED = ("/", "/chat", "/search", "/widget.js", "/favicon.svg", "/favicon.ico")
EXPECTED_BELOW = ("/static/", "/api/v1/")
SEE_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
ONLINE = "() => document.querySelector('latchkey-chat')?.dataset.state === 'online'"


class Watched:
    """A page, and everything that it did which it should not."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._site = site
        page.add_init_script(SEE_VIOLATIONS)
        page.on("console", lambda m: self._hear(m.type, m.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._see_dialog)
        page.on("request", lambda request: self._see_request(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def _see_dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _see_request(self, url: str) -> None:
        path = urlsplit(url).path
        is_ours = url.startswith((f"{self._site}/", "data:"))
        if not is_ours or not (path in EXPECTED or path.startswith(EXPECTED_BELOW)):
            self.complaints.append(f"request: {url}")


@pytest.fixture
def page(chromium: Chromium, product: FullStack) -> Iterator[Page]:
    """A page of the product. The test fails if anything happened that should not."""
    context = chromium.new_context(base_url=product.site, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    watched = Watched(context.new_page(), product.site)
    yield watched.page
    context.close()
    assert watched.complaints == []


def say(page: Page, text: str) -> None:
    field = page.get_by_role("textbox", name="Your message")
    field.fill(text)
    field.press("Enter")


def open_chat(page: Page) -> None:
    page.goto("/chat")
    page.wait_for_function(ONLINE)


def wait_until_kept(page: Page, said: int) -> None:
    """Wait until all is sent, whoever answers: after two misses it is an agent's turn."""
    expect(page.locator(".row.contact")).to_have_count(said)
    expect(page.locator(".is-waiting")).to_have_count(0)


def wait_for_answers(page: Page, said: int) -> None:
    """Wait until all is sent and the assistant has spoken as often as the contact."""
    wait_until_kept(page, said)
    bubbles = page.locator(".row.assistant .bubble:not(.dots)")
    expect(bubbles.nth(said - 1)).to_be_visible()


def test_hostile_messages_stay_words_also_after_a_reload(page: Page) -> None:
    open_chat(page)
    for count, text in enumerate(HOSTILE, start=1):
        say(page, text)
        expect(page.locator(".row.contact").last).to_contain_text(text)
        wait_until_kept(page, count)
        assert page.locator(f".root :is({FORBIDDEN})").count() == 0
    page.reload()
    page.wait_for_function(ONLINE)
    rows = page.locator(".row.contact")
    expect(rows).to_have_count(len(HOSTILE))
    for row, text in zip(rows.all(), HOSTILE):
        assert text in row.inner_text()
    assert page.locator(f".root :is({FORBIDDEN})").count() == 0
    assert page.locator(".root a[href^=javascript]").count() == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_search_is_only_text(page: Page, text: str) -> None:
    page.goto("/")
    elements = "document.querySelectorAll('main *, head *').length"
    page.locator("#q").press_sequentially("password")
    page.get_by_role("option").first.wait_for()
    page.locator("#q").fill(f"password {text}")
    page.locator("#q").press("Enter")
    page.wait_for_url("**/search?q=*")
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)
    with_words = page.evaluate(elements)
    assert page.locator(f"main :is({FORBIDDEN}, svg, form form, meta)").count() == 0
    page.reload()
    assert page.evaluate(elements) == with_words


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("how do I log in? \ud83d", "how do I log in?"),
        ("\x01" * 3_900 + "how do I log in?", "how do I log in?"),
        ("🔑" * 3_980 + " how do I log in?", "🔑" * 3_980 + " how do I log in?"),
        (
            "👨\u200d👩\u200d👧 \u202bשלום\u202c hello",
            "👨\u200d👩\u200d👧 \u202bשלום\u202c hello",
        ),
    ],
    ids=["half an emoji", "control characters", "as many emoji as fit", "invisible"],
)
def test_no_text_is_too_odd_to_be_sent(page: Page, typed: str, kept: str) -> None:
    open_chat(page)
    field = page.get_by_role("textbox", name="Your message")
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 65536 else c for c in typed)
    field.evaluate(
        """(field, text) => {
  field.value = JSON.parse(text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}""",
        f'"{escaped}"',
    )
    field.press("Enter")
    wait_for_answers(page, 1)
    expect(page.locator(".row.contact .bubble")).to_have_text(kept)
    say(page, "how long is an invitation valid?")
    wait_for_answers(page, 2)
