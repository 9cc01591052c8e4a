"""A contact and two agents, three real browsers: from “a person, please” to “how was it?”."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import PATIENCE_MS
from tests.console.agent_client import PASSWORD, Person, add_person
from tests.e2e.full_stack import FullStack
from tests.e2e.test_help_site import expect_said, open_chat, say
from tests.widget.chat_browser import OF_THE_LINE

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PAST_THE_LEASE = {"minutes": 2, "seconds": 30}


@dataclass
class Tab:
    """One person's tab."""

    page: Page
    person: Person | None = None

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def open(self, said: str) -> None:
        """Open the conversation of the list in which these words were said."""
        row = self.page.get_by_role("option").first
        expect(row).to_be_visible(timeout=PATIENCE_MS)
        row.click()
        self.reads(said)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def write(self, text: str) -> None:
        field = self.page.locator(".composer-field")
        field.fill(text)
        field.press("Enter")

    def reads(self, text: str) -> None:
        said = self.page.get_by_role("log").get_by_text(text, exact=False)
        expect(said.last).to_be_visible(timeout=PATIENCE_MS)

    @property
    def has_it(self) -> bool:
        return self.page.locator(".conversation-state", has_text="Yours").is_visible()


@contextmanager
def open_tab(chromium: Browser, site: str) -> Iterator[Tab]:
    """A browser of its own; the test fails if it complains about our pages."""
    context = chromium.new_context(base_url=site, **DESKTOP)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            said.type == "error"
            and not OF_THE_LINE.search(said.text)
            and complaints.append(said.text)
        ),
    )
    yield Tab(page)
    context.close()
    assert complaints == []


@pytest.fixture
def contact(chromium: Browser, product: FullStack) -> Iterator[Tab]:
    with open_tab(chromium, product.site) as tab:
        tab.page.goto("/chat")
        open_chat(tab.page)
        yield tab


@pytest.fixture
def ana(chromium: Browser, product: FullStack) -> Iterator[Tab]:
    with open_tab(chromium, product.site) as tab:
        yield sign_in(tab, product, "Ana Moreno")


@pytest.fixture
def ben(chromium: Browser, product: FullStack) -> Iterator[Tab]:
    with open_tab(chromium, product.site) as tab:
        yield sign_in(tab, product, "Ben Okafor")


def sign_in(tab: Tab, product: FullStack, name: str) -> Tab:
    """Make an agent and sign them in as people do."""
    tab.person = add_person(product.record_url, name)
    tab.page.goto("/console")
    tab.page.get_by_label("E-mail address").fill(tab.person.email)
    tab.page.get_by_label("Password").fill(PASSWORD)
    tab.page.get_by_role("button", name="Sign in", exact=True).click()
    tab.page.locator("#console[data-ready]").wait_for(state="attached")
    return tab


def press_at_once(name: str, *tabs: Tab) -> None:
    """Press the same button in all tabs within a moment of the browsers."""
    for tab in tabs:
        tab.page.get_by_role("button", name=name, exact=True).first.evaluate(
            "button => setTimeout(() => button.click(), 400)"
        )


def test_a_conversation_goes_through_many_hands(
    product: FullStack, contact: Tab, ana: Tab, ben: Tab
) -> None:
    say(contact.page, "my invitation is broken and nobody helps me")
    say(contact.page, "I want to talk to a real person")
    expect_said(contact.page, "next in line")

    # Both agents see it, both press at once: one has it, the other sees who.
    for agent in (ana, ben):
        agent.open("I want to talk to a real person")
    press_at_once("Take", ana, ben)
    expect_said(contact.page, "is here now.")
    winner, other = (ana, ben) if wait_for_owner(ana, ben) is ana else (ben, ana)
    expect(other.page.locator("[data-part=reason]")).to_contain_text(
        f"{winner.person.name} has this conversation."
    )

    # Both ways, with typing; nobody says anything twice.
    winner.page.locator(".composer-field").press_sequentially("Hello, I ", delay=20)
    expect(contact.page.locator("latchkey-chat [data-part=typing]")).to_be_visible()
    winner.write("Hello, I am looking at your invitation.")
    expect_said(contact.page, "I am looking at your invitation.")
    contact.page.locator("latchkey-chat textarea").press_sequentially("than", delay=20)
    expect(winner.page.get_by_text("is typing")).to_be_visible()
    say(contact.page, "thanks, it is for the office in Ghent")
    winner.reads("it is for the office in Ghent")

    # To the colleague, with a note that the contact does not see.
    winner.press("Transfer")
    dialog = winner.page.get_by_role("dialog")
    dialog.get_by_text(other.person.name).click()
    dialog.get_by_label("What should they know?").fill("The office moved last week.")
    dialog.get_by_role("button", name="Transfer", exact=True).click()
    expect_said(contact.page, f"asked {other.person.name} to go on")
    other.reads("The office moved last week.")
    other.write("Hello, I go on from here.")
    expect_said(contact.page, "I go on from here.")
    assert "The office moved" not in contact.page.locator("latchkey-chat").inner_text()

    # The colleague's network is cut: after two minutes it is in front of the queue.
    other.context.set_offline(True)
    other.page.close()
    winner.page.goto("/console?view=queue")
    winner.page.locator("#console[data-ready]").wait_for(state="attached")
    product.advance(**PAST_THE_LEASE)
    expect_said(contact.page, f"{other.person.name} has lost the connection.")
    winner.open("it is for the office in Ghent")
    winner.press("Take")
    expect_said(contact.page, f"{winner.person.name} is here now.")

    # Back to the assistant, which knows nothing of what led to the handoff.
    winner.press("Hand back to the assistant")
    expect_said(contact.page, "handed you back to the assistant")
    say(contact.page, "i cant remember my password any more")
    article = contact.page.locator("latchkey-chat").get_by_role(
        "link", name="I forgot my password"
    )
    expect(article).to_be_visible()

    # Taken over again, resolved, rated once.
    winner.press("Take over")
    winner.write("Your new invitation is on its way.")
    expect_said(contact.page, "Your new invitation is on its way.")
    winner.press("Resolve")
    expect_said(contact.page, "has closed this conversation")
    rating = contact.page.locator("latchkey-chat [data-part=rating]")
    rating.get_by_text("Very good").click()
    rating.get_by_role("button").first.click()
    expect(rating).to_contain_text("Thank you")


def wait_for_owner(ana: Tab, ben: Tab) -> Tab:
    """Return who won."""
    yours = "text=Yours"
    for _ in range(100):
        for tab in (ana, ben):
            if tab.page.locator(yours).first.is_visible():
                return tab
        ana.page.wait_for_timeout(100)
    raise AssertionError("Neither of them has it.")
