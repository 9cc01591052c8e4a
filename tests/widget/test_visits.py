"""Whose conversation a page shows, and what happens when no visit can be begun."""

import base64
import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.accounts.service import wait_for
from tests.conftest import PATIENCE_MS
from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer

KEPT = "() => JSON.stringify({...localStorage})"


def jwt(subject: str) -> str:
    """An identity as a site would sign it; nobody here checks the signature."""
    claims = json.dumps({"iss": "shop", "sub": subject, "name": "é?>"}).encode()
    return f"h.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.s"


@pytest.fixture
def elsewhere(chromium: Browser, help_desk: ChatServer) -> Iterator[BrowserContext]:
    """A browser on a site that embeds the chat."""
    context = chromium.new_context(base_url=help_desk.other_origin)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.mark.parametrize("later", [{"identity": jwt("b")}, {}])
def test_a_page_of_somebody_else_lets_go_of_the_visit_before(
    elsewhere: BrowserContext, help_desk: ChatServer, later: dict[str, str]
) -> None:
    chat = Chat(elsewhere.new_page(), help_desk)
    chat.visit("/site", identity=jwt("a")).open().say("a secret of a")
    chat.has_sent_all()
    help_desk.drop_sockets()
    help_desk.is_down = True
    chat.say("a waits with this")
    chat.page.locator(".is-waiting").wait_for()
    chat.page.goto("/page.css")
    assert "a waits" in chat.page.evaluate(KEPT)
    old = help_desk.talk.id
    help_desk.talk.start_over()
    help_desk.is_down = False
    help_desk.refuses_identities = True
    chat.visit("/site", **later).joined()
    for left in ("visit-1", old, "a waits"):
        assert left not in chat.page.evaluate(KEPT)
    assert set(help_desk.bearers) == {""}
    assert help_desk.frames_of("visit")[-1] == {}
    assert help_desk.frames_of("join")[-1] == {"token": "visit-2"}
    chat.reads()


def test_a_refused_identity_does_not_go_on_with_the_visit_of_its_own_user(
    elsewhere: BrowserContext, help_desk: ChatServer
) -> None:
    chat = Chat(elsewhere.new_page(), help_desk)
    chat.visit("/site", identity=jwt("a")).open()
    help_desk.refuses_identities = True
    chat.visit("/site", identity=jwt("a")).joined()
    assert help_desk.bearers[-1] == ""
    assert help_desk.frames_of("join")[-1] == {"token": "visit-2"}
    # What was begun after a refusal is theirs until somebody else comes.
    chat.visit("/site", identity=jwt("a")).joined()
    assert help_desk.bearers[-1] == "Bearer visit-2"


def test_tabs_of_one_person_share_a_visit_begun_meanwhile(
    elsewhere: BrowserContext, help_desk: ChatServer
) -> None:
    tabs = [Chat(elsewhere.new_page(), help_desk).visit("/site") for _ in range(2)]
    for tab in tabs:
        tab.open()
    assert help_desk.bearers == ["", "Bearer visit-1"]


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_only_an_unauthorized_identity_is_given_up(
    elsewhere: BrowserContext, help_desk: ChatServer, status: int
) -> None:
    chat = Chat(elsewhere.new_page(), help_desk)
    help_desk.visit_refusals = [status]
    chat.visit("/site", identity=jwt("a")).open()
    assert help_desk.frames_of("visit") == [{"identity": jwt("a")}] * 2


def test_on_our_own_site_the_cookie_of_somebody_else_is_ended(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit("/", identity=jwt("a")).open()
    chat.visit("/").joined()
    assert "/api/v1/visits/current" in help_desk.requests


def test_a_frame_in_another_site_keeps_its_token_itself(
    elsewhere: BrowserContext, help_desk: ChatServer
) -> None:
    chat = Chat(elsewhere.new_page(), help_desk)
    chat.page.goto("/framing")
    frame = chat.page.frame_locator("iframe")
    expect(frame.locator("latchkey-chat[data-state=online]")).to_be_attached()
    assert help_desk.frames_of("join") == [{"token": "visit-1"}]
    assert elsewhere.cookies() == []
    help_desk.refuses_sockets = True
    help_desk.drop_sockets()
    field = frame.get_by_role("textbox", name="Your message")
    field.fill("from a frame")
    field.press("Enter")
    help_desk.wait_for_frame("post")
    assert help_desk.bearers == ["", "Bearer visit-1"]
    assert chat.complaints == []


def test_a_site_that_is_not_listed_is_told_once_and_asks_seldom(
    elsewhere: BrowserContext, help_desk: ChatServer
) -> None:
    help_desk.is_listed = False
    chat = Chat(elsewhere.new_page(), help_desk)
    said: list[str] = []
    chat.page.on("console", lambda message: said.append(message.text))
    chat.page.clock.install()
    chat.visit("/site").launcher.click()

    def tries() -> int:
        return help_desk.requests.count("/api/v1/visits")

    for count in (1, 2, 3):
        wait_for(lambda count=count: tries() >= count, f"try {count}")
        chat.page.wait_for_timeout(300)
        if count < 3:
            chat.page.clock.fast_forward(2_000)
    before = tries()
    chat.page.clock.fast_forward(50_000)
    chat.page.wait_for_timeout(300)
    assert tries() == before
    chat.page.clock.fast_forward(11_000)
    wait_for(lambda: tries() > before, "a try after a minute")
    chat.page.wait_for_timeout(300)
    assert len([text for text in said if "LATCHKEY_EMBED_ORIGINS" in text]) == 1


@pytest.mark.parametrize("broken", ["{", "null", "5", '{"text": "x"}'])
def test_a_broken_entry_of_the_outbox_is_dropped(
    chat: Chat, help_desk: ChatServer, broken: str
) -> None:
    good = {"client_id": "good", "text": "kept", "created_at": 9e15}
    chat.visit().page.evaluate(
        """(entries) => Object.entries(entries).forEach(([id, entry]) =>
        localStorage.setItem(`latchkey.outbox.${id}`, entry))""",
        {"broken": broken, "good": json.dumps(good)},
    )
    chat.visit().joined()
    chat.launcher.click()
    chat.reads("kept")
    assert "outbox" not in chat.page.evaluate(KEPT)


def test_hits_of_a_search_are_marked(chat: Chat, help_desk: ChatServer) -> None:
    pieces = [("Look into your ", False), ("spam", True), (" folder.", False)]
    passage = [{"text": text, "hit": hit} for text, hit in pieces]
    article = {"slug": "x", "title": "Mail", "url": "/articles/x", "passage": passage}
    help_desk.record("I found this.", results=[article])
    chat.visit().open()
    expect(chat.page.locator(".passage")).to_have_text("Look into your spam folder.")
    expect(chat.page.locator(".passage mark")).to_have_text(re.compile("^spam$"))
