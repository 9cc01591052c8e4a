"""The help centre in a real Chromium: accessible, by keyboard, small, dark, hostile."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route, expect

from tests.axe import violations
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.writing_articles import write_article

SMALL_PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 800}
PAGES = {
    "home": "/",
    "article": "/articles/invite-expired",
    "rated": "/articles/no-account?rated=no",
    "found": "/search?q=forgoten+pasword",
    "not found": "/search?q=zzzz",
    "chat": "/chat",
    "unknown": "/articles/invit-expird",
}
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "</script><script>alert(1)</script>",
    "javascript:alert(1)//",
)


class Watched:
    """A page, and everything that it did which it should not."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._base_url = base_url
        page.on("console", lambda m: self._hear(m.type, m.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self._see_dialog(dialog))
        page.on("request", lambda request: self.requests.append(request.url))

    @property
    def foreign_requests(self) -> list[str]:
        """Requests to anybody but us."""
        own = (self._base_url, "data:")
        return [url for url in self.requests if not url.startswith(own)]

    def _hear(self, kind: str, text: str) -> None:
        # Chromium mentions the status of a page that is a 404 on purpose.
        if kind in {"error", "warning"} and "status of 4" not in text:
            self.complaints.append(text)

    def _see_dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    with run_helpdesk(tmp_path_factory.mktemp("centre")) as run:
        yield run


def watch(chromium: Chromium, run: HelpdeskRun, **options: Any) -> Watched:
    options.setdefault("viewport", DESKTOP)
    context = chromium.new_context(
        base_url=run.base_url, reduced_motion="reduce", **options
    )
    # The chat is a part of its own with its own tests.
    context.route(re.compile(r"/widget\.js"), send_nothing)
    return Watched(context.new_page(), run.base_url)


def send_nothing(route: Route) -> None:
    route.fulfill(body="", content_type="text/javascript")


@pytest.fixture
def watched(chromium: Chromium, centre: HelpdeskRun) -> Iterator[Watched]:
    watched = watch(chromium, centre)
    yield watched
    watched.page.context.close()
    assert watched.complaints == []
    assert watched.foreign_requests == []


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def suggestions(page: Page, text: str) -> list[str]:
    """Type a query and return the titles that are suggested."""
    page.locator("#q").press_sequentially(text)
    page.get_by_role("option").first.wait_for()
    return page.locator(".suggestions strong").all_inner_texts()


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(SMALL_PHONE, "dark"), (DESKTOP, "light")],
    ids=["phone-dark", "desktop-light"],
)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_has_no_barrier_and_fits(
    chromium: Chromium,
    centre: HelpdeskRun,
    path: str,
    size: Any,
    scheme: Any,
) -> None:
    watched = watch(chromium, centre, viewport=size, color_scheme=scheme)
    page = watched.page
    page.goto(path)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("h1").count() == 1
    small = "e => e.getBoundingClientRect().height < 43.9"
    for target in page.locator("button:visible, .button:visible, .tag:visible").all():
        assert not target.evaluate(small), target.inner_text()
    page.context.close()
    assert watched.complaints == []
    assert watched.foreign_requests == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_suggestions_have_no_barrier(
    chromium: Chromium, centre: HelpdeskRun, scheme: Any
) -> None:
    watched = watch(chromium, centre, color_scheme=scheme)
    watched.page.goto("/")
    assert suggestions(watched.page, "invit expi")
    watched.page.keyboard.press("ArrowDown")
    assert violations(watched.page) == []
    watched.page.context.close()
    assert watched.complaints == []


def test_an_answer_is_found_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "false")
    titles = suggestions(page, "invitaton expi")
    assert titles[0] == "My invitation link has expired"
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text(titles[0])
    option_id = chosen.get_attribute("id")
    expect(field).to_have_attribute("aria-activedescendant", str(option_id))
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/invite-expired")
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[0])


def test_arrows_go_round_and_escape_closes(page: Page) -> None:
    page.goto("/")
    count = len(suggestions(page, "password")) + 1  # and “Show all answers”
    field = page.get_by_role("combobox")
    chosen = page.get_by_role("option", selected=True)
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_text("Show all answers")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(chosen).to_have_attribute("id", "suggestion-0")
    for _ in range(count):
        page.keyboard.press("ArrowDown")
    expect(chosen).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("password")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()


def test_enter_without_a_choice_shows_all_answers(page: Page) -> None:
    page.goto("/")
    suggestions(page, "password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=password")
    assert page.locator(".results mark").count() > 0


def test_the_number_of_answers_is_announced(page: Page) -> None:
    page.goto("/")
    suggestions(page, "spam")
    expect(page.locator(".search [role=status]")).to_have_text(
        re.compile(r"^\d answers?$")
    )
    page.locator("#q").fill("zzzz")
    expect(page.locator(".search [role=status]")).to_have_text("0 answers")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.locator("#q").fill("")
    expect(page.locator(".search [role=status]")).to_have_text("")


def test_a_suggestion_is_opened_with_a_press(page: Page) -> None:
    page.goto("/search?q=zzzz")
    page.locator("#q").fill("")
    suggestions(page, "forgot pass")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/articles/forgot-password")


def test_leaving_the_field_closes_the_suggestions(page: Page) -> None:
    page.goto("/")
    suggestions(page, "password")
    page.locator("h1").click()
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_a_search_that_fails_leaves_the_form_working(
    chromium: Chromium, centre: HelpdeskRun
) -> None:
    watched = watch(chromium, centre)
    watched.page.context.route("**/api/v1/search*", lambda route: route.abort())
    watched.page.goto("/")
    with watched.page.expect_event("requestfailed"):
        watched.page.locator("#q").press_sequentially("p")
    watched.page.locator("#q").fill("password")
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_url("**/search?q=password")
    assert all("ERR_FAILED" in complaint for complaint in watched.complaints)
    watched.page.context.close()


def test_everything_works_without_javascript(
    chromium: Chromium, centre: HelpdeskRun
) -> None:
    watched = watch(chromium, centre, java_script_enabled=False)
    page = watched.page
    page.goto("/")
    page.get_by_label("Search the help articles").fill("forgoten pasword")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="I forgot my password").click()
    page.get_by_role("button", name="No").click()
    page.get_by_label("What was missing").fill("A picture.")
    page.get_by_role("button", name="Send the comment").click()
    expect(page.locator("#rating-title")).to_contain_text("We read every comment")
    page.get_by_role("link", name="Open the chat").click()
    page.wait_for_url("**/chat")
    assert watched.foreign_requests == []
    page.context.close()


def test_a_rating_is_announced_where_the_person_is(page: Page) -> None:
    page.goto("/articles/how-to-log-in")
    page.get_by_role("button", name="Yes").click()
    # The focus moves to the region, so its name is what a screen reader says next.
    region = page.get_by_role("region", name="Thank you. Good to hear!")
    expect(region).to_be_focused()
    expect(region).to_be_in_viewport()


def test_structured_data_is_read_but_never_run(page: Page) -> None:
    page.goto("/articles/invite-expired")
    data = page.locator("script[type='application/ld+json']")
    graph = page.evaluate("e => JSON.parse(e.textContent)", data.element_handle())
    assert graph["@graph"][0]["@type"] == "FAQPage"


def test_paper_shows_the_article_and_nothing_else(page: Page) -> None:
    page.goto("/articles/invite-expired")
    page.emulate_media(media="print")
    expect(page.locator(".answer-text")).to_be_visible()
    expect(page.locator(".prose")).to_be_visible()
    for part in (".door", ".rating", ".aside", ".foot", ".answer .tags"):
        expect(page.locator(part)).to_be_hidden()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_query_is_only_text(page: Page, text: str) -> None:
    page.goto("/")
    page.locator("#q").fill(f"{text} password")
    page.locator("#q").press("Enter")
    page.wait_for_url("**/search?q=*")
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)
    expect(page.get_by_role("combobox")).to_have_value(f"{text} password")
    assert page.locator("main img, main svg, main script").count() == 0


def test_a_hostile_article_is_only_text(chromium: Chromium, tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    folder.mkdir()
    hostile = " ".join(HOSTILE)
    quoted = "'" + hostile.replace("'", "''") + " lantern'"
    body = (
        f"lantern {hostile}\n\n[press](javascript:alert(1)) "
        "![x](https://far.example/x.png) <iframe src='https://far.example'></iframe>\n\n"
        "[![y](https://far.example/y.png)](data:text/html,<script>alert(1)</script>)"
    )
    fields = {"title": quoted, "category": quoted, "answer": quoted}
    write_article(folder, body=body, **fields)
    with run_helpdesk(tmp_path, LATCHKEY_ARTICLES=str(folder)) as run:
        watched = watch(chromium, run)
        page = watched.page
        for path in ("/", "/articles/open-door", "/search?q=lantern", "/lantern"):
            page.goto(path)
            expect(page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
            assert page.locator("main img, main iframe").count() == 0
            assert page.locator("[onerror], [onload], a[href^=javascript]").count() == 0
        page.goto("/")
        suggestions(page, "lantern")
        assert page.locator(".suggestions img, .suggestions svg").count() == 0
        page.context.close()
        assert watched.complaints == []
        assert watched.foreign_requests == []


def test_pages_are_fine_while_the_chats_script_is_missing(
    chromium: Chromium, centre: HelpdeskRun
) -> None:
    watched = watch(chromium, centre)
    page = watched.page
    page.context.unroute_all()
    page.context.route(
        re.compile(r"/widget\.js"), lambda route: route.fulfill(status=404)
    )
    page.goto("/articles/invite-expired")
    page.get_by_role("link", name="Send me a new invitation").click()
    page.wait_for_url("**/chat?offer=invite_expired.resend_invite")
    page.context.close()
    assert [text for text in watched.complaints if "widget.js" not in text] == []
