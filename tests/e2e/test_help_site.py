"""The whole journey in a real browser: search, read, chat, mail, password, logged in."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.accounts import people
from tests.conftest import PATIENCE_MS
from tests.e2e.full_stack import FullStack
from tests.widget.chat_browser import OF_THE_LINE

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
SENT = "is on its way"


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(
    request: pytest.FixtureRequest, chromium: Browser, product: FullStack
) -> Iterator[Page]:
    """A page on the help site; the test fails if the browser complains about ours."""
    options: dict[str, Any] = request.param
    context = chromium.new_context(base_url=product.site, **options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        is_bad = message.type in {"error", "warning"}
        if is_bad and not OF_THE_LINE.search(message.text):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def composer(page: Page) -> Locator:
    """Return the chat's field."""
    return page.locator("latchkey-chat textarea")


def open_chat(page: Page) -> None:
    """Open the panel, where it is not open (a phone shows the page first)."""
    launcher = page.locator("latchkey-chat .launcher")
    either = "latchkey-chat .launcher:visible, latchkey-chat textarea:visible"
    page.locator(either).first.wait_for()
    if launcher.is_visible():
        launcher.click()


def say(page: Page, text: str) -> None:
    """Type a message and send it."""
    composer(page).fill(text)
    composer(page).press("Enter")


def press(page: Page, title: str) -> None:
    """Press a quick reply."""
    page.locator("latchkey-chat").get_by_role("button", name=title, exact=True).click()


def expect_said(page: Page, words: str) -> None:
    """Wait until the chat shows some words."""
    said = page.locator("latchkey-chat").get_by_text(words, exact=False)
    expect(said.last).to_be_visible(timeout=PATIENCE_MS)


def test_from_a_dead_link_to_being_logged_in(product: FullStack, page: Page) -> None:
    email = people.invited(product.accounts)

    page.goto("/")
    page.get_by_role("combobox").fill("invitaton expird")
    page.get_by_role("option", name="My invitation link has expired").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "My invitation link has expired"
    )

    page.get_by_role("link", name="Send me a new invitation").first.click()
    expect_said(page, "Which e-mail address should the new invitation go to?")
    say(page, email)
    expect_said(page, "Shall I?")
    page.reload()  # a person who reloads finds everything where it was
    open_chat(page)
    expect_said(page, "Shall I?")
    press(page, "Yes, send it")
    expect_said(page, SENT)

    product.accounts.next_mail(email)
    page.goto(product.accounts.outbox_url)
    page.get_by_role("link").filter(has_text="invit").first.click()
    link = page.locator("a[href*='/invite/']").first.get_attribute("href")
    assert link
    page.goto(link)
    page.get_by_label("First name").fill("Iva")
    page.get_by_label("Last name").fill("Novak")
    for field in page.locator("input[type=password]").all():
        field.fill(people.NEW_PASSWORD)
    page.locator("form button").last.click()
    expect(page).to_have_url(f"{product.accounts.base_url}/home")


def test_a_question_is_answered_with_its_article(
    product: FullStack, page: Page
) -> None:
    page.goto("/chat")
    say(page, "i cant remember my password any more")
    article = page.locator("latchkey-chat").get_by_role(
        "link", name="I forgot my password"
    )
    expect(article).to_be_visible()
    assert article.get_attribute("href") == f"{product.site}/articles/forgot-password"


def test_a_password_in_the_chat_never_reaches_the_record(
    product: FullStack, page: Page
) -> None:
    page.goto("/chat")
    say(page, "my password is Sommer2024! and it does not work")
    press(page, "Send without it")
    expect_said(page, "Did that help?")
    assert "Sommer2024!" not in page.content()
    assert product.kept_with(["Sommer2024!"]) == {}


def test_the_chat_goes_on_after_the_help_desk_was_killed(
    product: FullStack, page: Page
) -> None:
    page.goto("/chat")
    say(page, "how do I log in to the web site?")
    expect_said(page, "Did that help?")
    product.kill(product.helpdesk)
    say(page, "and my invitation link has expired")
    product.revive(product.helpdesk)
    expect_said(page, "72 hours")
