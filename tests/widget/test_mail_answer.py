"""Whoever waits for a person can have the answer mailed."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer
from tests.widget.test_access import PHONE, SCHEMES, check_rules

QUEUE = {"position": 2, "wait_minutes": 4, "is_open": True, "opens_at": None}
POSSIBLE = {"email": None, "is_proven": False}
ADDRESS = "Where may we mail the answer?"


def test_an_address_is_left_corrected_proven_and_taken_back(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.mail.known = POSSIBLE
    chat.visit().open().say("agent please")
    chat.has_sent_all()
    offer = chat.part("mail")
    expect(offer).to_have_count(0)
    help_desk.stand("queue", queue=QUEUE)
    field = chat.page.get_by_label(ADDRESS)
    field.fill("ana.example.com")
    chat.button("Mail me the answer").click()
    expect(offer).to_contain_text("This is not an e-mail address.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    field.fill("ana@example.com")
    field.press("Enter")
    expect(offer).to_contain_text("We have sent a mail to ana@example.com.")
    help_desk.mail.known = {"email": "ana@example.com", "is_proven": True}
    chat.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(offer).to_contain_text("the answer comes to ana@example.com")
    chat.button("No mail, please").click()
    expect(field).to_be_focused()
    help_desk.stand("agent", agent={"name": "Ana"})
    expect(offer).to_be_hidden()


def test_where_nothing_is_mailed_nothing_is_offered(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open().say("agent please")
    chat.has_sent_all()
    with chat.page.expect_response("**/mail"):
        help_desk.stand("queue", queue=QUEUE)
    expect(chat.part("mail")).to_be_hidden()


@pytest.mark.parametrize("profile", [PHONE | each for each in SCHEMES], indirect=True)
def test_the_offer_can_be_used_by_everybody(
    chat: Chat, help_desk: ChatServer, profile: BrowserContext
) -> None:
    help_desk.mail.known = POSSIBLE
    chat.visit().open().say("agent please")
    chat.has_sent_all()
    help_desk.stand("queue", queue=QUEUE)
    expect(chat.page.get_by_label(ADDRESS)).to_be_visible()
    check_rules(chat)
    width = chat.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    for part in ("input", "button"):
        box = chat.part("mail").locator(part).bounding_box()
        assert box
        assert box["height"] >= 44
