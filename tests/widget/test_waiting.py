"""Who has the conversation, what is waited for, and how it went."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer
from tests.widget.test_access import LISTEN, LOOKS, check_rules

AMSTERDAM = {"timezone_id": "Europe/Amsterdam"}
QUEUE = {"position": 2, "wait_minutes": 4, "is_open": True, "opens_at": None}
ASKED = "How did we do?"
ANA = {"name": "Ana"}


def status(chat: Chat, words: str | re.Pattern[str]) -> None:
    """Wait until the header says so."""
    expect(chat.page.locator(".status")).to_have_text(words)


def test_the_header_says_who_is_there(chat: Chat, help_desk: ChatServer) -> None:
    chat.visit().open()
    status(chat, "Answers right away")
    help_desk.stand("queue", queue=QUEUE)
    status(chat, "You are number 2 in line; usually about 4 minutes")
    help_desk.stand("queue", queue=QUEUE | {"position": 1, "wait_minutes": 1})
    status(chat, "You are next in line; usually about 1 minute")
    help_desk.stand("queue", queue=QUEUE | {"position": 3, "wait_minutes": None})
    status(chat, "You are number 3 in line")
    help_desk.stand("agent", agent=ANA)
    status(chat, "Ana is here")
    help_desk.stand("agent", agent={"name": "Ivo"})
    status(chat, "Ivo is here")
    help_desk.stand("assistant", "pending")
    status(chat, "Answers right away")
    help_desk.stand("assistant", "resolved")
    status(chat, "Solved, and still here")


@pytest.mark.parametrize("profile", [AMSTERDAM], indirect=True)
def test_when_nobody_is_there_the_header_says_until_when(
    chat: Chat, help_desk: ChatServer
) -> None:
    closed = QUEUE | {"is_open": False}
    chat.visit().open()
    help_desk.stand("assistant", queue=closed)
    status(chat, "Nobody is here just now")
    chat.page.clock.set_fixed_time(datetime(2026, 11, 20, 17, 0, tzinfo=UTC))
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    help_desk.stand("assistant", queue=closed | {"opens_at": monday.isoformat()})
    status(chat, "Nobody is here until Monday 9:00 AM")
    tonight = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    help_desk.stand("assistant", queue=closed | {"opens_at": tonight.isoformat()})
    status(chat, "Nobody is here until 7:30 PM")
    later = monday + timedelta(days=14)
    help_desk.stand("assistant", queue=closed | {"opens_at": later.isoformat()})
    status(chat, re.compile(r"Monday, December 7"))


def test_the_standing_is_there_after_a_reload_and_over_requests(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open().say("hello")
    chat.has_sent_all()
    help_desk.stand("queue", queue=QUEUE)
    chat.page.reload()
    chat.joined()
    status(chat, re.compile("number 2"))
    help_desk.refuses_sockets = True
    help_desk.drop_sockets()
    help_desk.wait_for_frame("poll")
    help_desk.stand("agent", agent=ANA)
    status(chat, "Ana is here")


def test_what_happens_is_a_line_between_the_messages(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open().say("agent please")
    chat.has_sent_all()
    chat.page.evaluate(LISTEN)
    help_desk.say("You are number 2 in line.", "system")
    help_desk.say("Ana is here now.", "system")
    help_desk.say("Hello, Ana here.", "agent", name="Ana")
    chat.reads(
        "agent please",
        "You are number 2 in line.",
        "Ana is here now.",
        "Hello, Ana here.",
    )
    expect(chat.page.locator(".row.activity")).to_have_count(2)
    expect(chat.page.locator(".row.agent .who")).to_contain_text("Ana, support team")
    heard = chat.page.evaluate("window.heard")
    assert heard[1:] == [
        "Note: Ana is here now.",
        "Ana, support team: Hello, Ana here.",
    ]


def test_typing_has_a_name_and_ends_when_somebody_else_takes_over(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    help_desk.stand("agent", agent=ANA)
    help_desk.tell("typing", sender="agent", name="Ana", on=True, expires_in_ms=60_000)
    expect(chat.part("typing")).to_contain_text("Ana, support team is typing")
    help_desk.stand("agent", agent={"name": "Ivo"})
    expect(chat.part("typing")).to_be_hidden()
    help_desk.tell("typing", sender="assistant", on=True, expires_in_ms=60_000)
    expect(chat.part("typing")).to_be_visible()
    help_desk.stand("queue", queue=QUEUE)
    expect(chat.part("typing")).to_be_hidden()


def test_a_person_is_not_expected_to_answer_within_seconds(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.page.clock.install()
    chat.visit().open()
    help_desk.stand("agent", agent=ANA)
    status(chat, "Ana is here")
    chat.say("thank you")
    expect(chat.part("state")).to_have_text("Sent")
    chat.page.clock.fast_forward(20_000)
    expect(chat.part("banner")).to_be_hidden()


@pytest.fixture
def asked(chat: Chat, help_desk: ChatServer) -> Chat:
    """A conversation that an agent has closed."""
    help_desk.record("Hello, Ana here.", "agent", name="Ana")
    chat.visit().open()
    help_desk.say(ASKED, "system")
    help_desk.stand("assistant", "resolved", asks_rating=True)
    expect(chat.part("rating")).to_be_visible()
    return chat


def test_how_it_went_is_asked_and_answered_by_keyboard(
    asked: Chat, help_desk: ChatServer
) -> None:
    group = asked.page.get_by_role("group", name="How was the help you got?")
    labels = ["Very bad", "Bad", "All right", "Good", "Very good"]
    expect(group.get_by_role("radio")).to_have_count(5)
    for label in labels:
        expect(group.get_by_role("radio", name=label, exact=True)).to_be_visible()
    send = asked.button("Send rating")
    expect(send).to_be_disabled()
    group.get_by_role("radio", name="Very bad").focus()
    for _ in range(3):
        asked.page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="Good", exact=True)).to_be_checked()
    asked.page.keyboard.press("Tab")
    asked.page.keyboard.type("  Quick and kind.  ")
    asked.page.keyboard.press("Tab")
    asked.page.keyboard.press("Enter")
    assert help_desk.wait_for_frame("rate") == {
        "score": 4,
        "comment": "Quick and kind.",
    }
    expect(asked.part("rating")).to_have_text("Thank you for telling us.")
    asked.focuses("Thank you for telling us.")
    assert len(help_desk.frames_of("rate")) == 1


def test_it_is_asked_once_in_all_tabs_and_not_after_a_reload(
    asked: Chat, help_desk: ChatServer, profile: BrowserContext
) -> None:
    other = Chat(profile.new_page(), help_desk).visit("/chat").joined()
    expect(other.part("rating")).to_be_visible()
    asked.page.get_by_text("Very good", exact=True).click()
    asked.button("Send rating").click()
    expect(asked.part("rating")).to_have_text("Thank you for telling us.")
    expect(other.part("rating")).to_be_hidden()
    asked.page.reload()
    asked.joined()
    asked.reads("Hello, Ana here.", ASKED)
    expect(asked.part("rating")).to_have_count(0)
    assert other.complaints == []


def test_whoever_writes_on_is_not_asked_any_more(
    asked: Chat, help_desk: ChatServer
) -> None:
    asked.page.get_by_text("Bad", exact=True).click()
    asked.say("one more thing")
    help_desk.stand("agent", agent=ANA)
    expect(asked.part("rating")).to_be_hidden()
    help_desk.stand("assistant", "resolved", asks_rating=True)
    expect(
        asked.part("rating").get_by_role("radio", name="Bad", exact=True)
    ).not_to_be_checked()


def test_a_rating_waits_for_the_line_and_can_be_sent_again(
    asked: Chat, help_desk: ChatServer
) -> None:
    asked.page.get_by_text("Good", exact=True).click()
    help_desk.is_down = True
    help_desk.drop_sockets()
    expect(asked.button("Send rating")).to_be_disabled()
    help_desk.is_down = False
    expect(asked.button("Send rating")).to_be_enabled(timeout=30_000)
    asked.button("Send rating").click()
    assert help_desk.wait_for_frame("rate")["score"] == 4
    expect(asked.part("rating")).to_have_text("Thank you for telling us.")


def test_a_rating_goes_over_requests_too(chat: Chat, help_desk: ChatServer) -> None:
    help_desk.refuses_sockets = True
    help_desk.record(ASKED, "system")
    help_desk.talk.status = "resolved"
    help_desk.talk.standing = {"asks_rating": True}
    chat.visit().open()
    chat.page.get_by_text("All right", exact=True).click()
    chat.button("Send rating").click()
    assert help_desk.wait_for_frame("rate") == {"score": 3, "comment": ""}
    expect(chat.part("rating")).to_have_text("Thank you for telling us.")


@pytest.mark.parametrize("profile", LOOKS, indirect=True)
def test_the_question_breaks_no_rule(asked: Chat) -> None:
    check_rules(asked)
    asked.page.get_by_text("Good", exact=True).click()
    check_rules(asked)
    asked.button("Send rating").click()
    expect(asked.part("rating")).to_have_text("Thank you for telling us.")
    check_rules(asked)
