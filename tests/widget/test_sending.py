"""What a person says arrives, once and in order, whatever the line does."""

from playwright.sync_api import BrowserContext, expect

from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer


def test_a_message_is_sent_acknowledged_and_answered(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open().say("I lost my password")
    chat.reads("I lost my password")
    expect(chat.part("state")).to_have_text("Sent")
    help_desk.say("Let us get you a **new** one.")
    chat.reads("I lost my password", "Let us get you a new one.")
    expect(chat.field).to_have_value("")
    expect(chat.page.locator(".row.assistant .who")).to_contain_text("Assistant")


def test_a_dropped_socket_brings_exactly_what_was_missed(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open().say("one")
    chat.reads("one")
    help_desk.refuses_sockets = True
    help_desk.drop_sockets()
    help_desk.record("two")
    help_desk.record("three")
    help_desk.refuses_sockets = False
    chat.reads("one", "two", "three")
    assert help_desk.frames_of("join")[-1] == {
        "conversation": help_desk.talk.id,
        "after": 1,
    }


def test_what_was_not_acknowledged_is_sent_again_with_the_same_id(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    help_desk.loses_acks = True
    chat.say("only once, please")
    first = help_desk.wait_for_frame("message")
    expect(chat.part("state")).to_have_text("Sending …")
    help_desk.loses_acks = False
    help_desk.drop_sockets()
    # The server has it: joining again brings it back, and nothing is shown twice.
    chat.reads("only once, please")
    expect(chat.part("state")).to_have_text("Sent")
    assert [m["client_id"] for m in help_desk.talk.messages] == [first["client_id"]]


def test_an_acknowledgement_that_never_comes_makes_the_line_suspect(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.page.clock.install()
    chat.visit().open()
    help_desk.refusals = [{"code": "unavailable", "client_id": "of nobody"}]
    chat.say("hello?")
    help_desk.wait_for_frame("message")
    chat.page.clock.fast_forward(10_500)
    help_desk.wait_for_frame("message", 2)
    chat.reads("hello?")
    ids = {frame["client_id"] for frame in help_desk.frames_of("message")}
    assert len(ids) == 1


def test_messages_wait_while_the_help_desk_is_gone_and_keep_their_order(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    help_desk.is_down = True
    help_desk.drop_sockets()
    expect(chat.part("banner")).to_contain_text("Your messages are kept")
    for word in ("first", "second", "third"):
        chat.say(word)
    expect(chat.part("state").first).to_have_text(
        "Will be sent when you are back online"
    )
    chat.page.reload()
    chat.page.locator(".is-waiting").nth(2).wait_for()
    help_desk.is_down = False
    chat.joined()
    chat.has_sent_all()
    chat.reads("first", "second", "third")
    assert [m["text"] for m in help_desk.talk.messages] == ["first", "second", "third"]


def test_a_browser_without_network_says_so_and_comes_back_by_itself(
    chat: Chat, profile: BrowserContext, help_desk: ChatServer
) -> None:
    chat.visit().open()
    profile.set_offline(True)
    help_desk.drop_sockets()
    expect(chat.part("banner")).to_contain_text("You are offline")
    chat.say("kept")
    profile.set_offline(False)
    expect(chat.part("banner")).to_have_text("You are connected again.")
    chat.has_sent_all()
    chat.reads("kept")
    assert [m["text"] for m in help_desk.talk.messages] == ["kept"]


def test_two_tabs_show_the_same_and_each_message_once(
    chat: Chat, profile: BrowserContext, help_desk: ChatServer
) -> None:
    chat.visit().open().say("from the first tab")
    other = Chat(profile.new_page(), help_desk).visit()
    other.joined().launcher.click()
    other.reads("from the first tab")
    other.say("from the second tab")
    for tab in (chat, other):
        tab.reads("from the first tab", "from the second tab")
    help_desk.say("To both of you.")
    for tab in (chat, other):
        tab.reads("from the first tab", "from the second tab", "To both of you.")
    assert other.complaints == []


def test_doubled_late_and_missing_broadcasts_do_no_harm(
    chat: Chat, help_desk: ChatServer
) -> None:
    talk = help_desk.talk
    chat.visit().open()
    one, two = talk.add("one"), talk.add("two")
    talk.skip()  # a note between agents
    three, four = talk.add("three"), talk.add("four")
    help_desk.tell("message", **two)
    help_desk.tell("message", **one)
    help_desk.tell("message", **one)
    help_desk.tell("message", **four)
    chat.reads("one", "two", "three", "four")
    assert three["seq"] == 4
    help_desk.say("five")
    chat.reads("one", "two", "three", "four", "five")
    # The gap was fetched once and is known to be none since.
    assert [f.get("after", 0) for f in help_desk.frames_of("join")] == [0, 2]


def test_plain_requests_serve_where_sockets_do_not_get_through(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.refuses_sockets = True
    chat.visit().open().say("by request")
    expect(chat.part("state")).to_have_text("Sent")
    help_desk.say("An answer by poll.")
    chat.reads("by request", "An answer by poll.")
    help_desk.wait_for_frame("seen")
    assert [f["text"] for f in help_desk.frames_of("post")] == ["by request"]
    assert help_desk.frames_of("join") == []
    chat.choose("Start over")
    chat.part("start-over").get_by_role("button", name="Start over").click()
    expect(chat.part("starts")).to_be_visible()


def test_what_is_refused_for_a_moment_is_sent_again_by_itself(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    help_desk.refusals = [{"code": "too_fast", "retry_in_ms": 50}]
    chat.say("patience")
    expect(chat.part("state")).to_have_text("Sent")
    assert len(help_desk.frames_of("message")) == 2


def test_what_failed_can_be_tried_again_or_removed(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    help_desk.refusals = [{"code": "internal_error"}, {"code": "client_id_taken"}]
    chat.say("does it work?")
    expect(chat.part("state")).to_contain_text("Not sent. Something went wrong")
    chat.button("Try again").click()
    help_desk.wait_for_frame("message", 2)
    chat.button("Try again").click()
    expect(chat.part("state")).to_have_text("Sent")
    first, second, third = help_desk.frames_of("message")
    assert first["client_id"] == second["client_id"] != third["client_id"]

    help_desk.refusals = [{"code": "too_long"}]
    chat.say("too much")
    chat.button("Remove").click()
    chat.reads("does it work?")


def test_a_button_that_is_no_longer_open_explains_itself(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("Shall I?", buttons=[{"id": "1.1", "title": "Yes"}])
    chat.visit().open()
    help_desk.refusals = [{"code": "button_expired"}]
    chat.button("Yes").click()
    failed = chat.page.locator(".is-failed")
    expect(failed.locator("[data-part=state]")).to_contain_text("no longer open")


def test_older_messages_come_when_they_are_asked_for(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.talk.newest = 20
    for number in range(1, 91):
        help_desk.record(f"message {number}")
    chat.visit().open()
    rows = chat.page.locator(".row .bubble:visible")
    expect(rows.last).to_have_text("message 90")
    expect(rows).to_have_count(20)
    chat.page.locator("[role=log]").evaluate("log => log.scrollTop = 0")
    expect(rows).to_have_count(70)
    chat.page.locator("[role=log]").evaluate("log => log.scrollTop = 0")
    chat.reads(*[f"message {number}" for number in range(1, 91)])
    expect(chat.button("Show earlier messages")).to_be_hidden()


def test_an_expired_visit_is_begun_again(chat: Chat, help_desk: ChatServer) -> None:
    chat.visit().open()
    help_desk.drop_sockets(4401)
    help_desk.wait_for_frame("visit", 2)
    chat.joined()
    chat.say("still here")
    chat.reads("still here")
