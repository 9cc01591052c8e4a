"""What is shown of a conversation, and where the reader is left."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer

ARTICLE = {"slug": "reset", "title": "Reset it", "url": "/articles/reset"}
RESULT = {
    "slug": "late",
    "title": "Late mails",
    "url": "/articles/late",
    "passage": [
        {"text": "Some ", "hit": False},
        {"text": "mails", "hit": True},
        {"text": " take minutes.", "hit": False},
    ],
}


def test_speakers_are_named_once_for_each_group(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("Hello.")
    help_desk.record("What is it?")
    help_desk.record("Maria joined.", "system")
    help_desk.record("Hello, Maria here.", "agent", name="Maria")
    chat.visit().open().say("Hi Maria")
    chat.reads(
        "Hello.", "What is it?", "Maria joined.", "Hello, Maria here.", "Hi Maria"
    )
    shown = chat.page.locator(".who:not(.unseen) span:visible")
    expect(shown).to_have_text(["Assistant", "Note", "Maria, support team", "You"])
    expect(chat.page.locator("time:visible").first).to_have_text(re.compile(r"\d:\d\d"))


def test_choices_close_when_one_is_pressed_and_show_which(
    chat: Chat, help_desk: ChatServer
) -> None:
    buttons = [{"id": "1.1", "title": "Yes"}, {"id": "1.2", "title": "No"}]
    help_desk.record("Shall I send it?", buttons=buttons)
    chat.visit().open()
    chat.button("Yes").click()
    chat.reads("Shall I send it?", "Yes")
    expect(chat.button("Yes (chosen)")).to_be_disabled()
    expect(chat.button("No")).to_be_disabled()
    sent = help_desk.wait_for_frame("message")
    assert sent["button"] == "1.1"
    assert "text" not in sent


def test_choices_close_when_a_newer_answer_came(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("Old?", buttons=[{"id": "1.1", "title": "Old choice"}])
    chat.visit().open()
    expect(chat.button("Old choice")).to_be_enabled()
    chat.say("Something else")
    chat.has_sent_all()
    help_desk.say("New?", buttons=[{"id": "3.1", "title": "New choice"}])
    expect(chat.button("New choice")).to_be_enabled()
    expect(chat.button("Old choice")).to_be_disabled()


def test_an_answer_shows_its_article_and_its_results(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("Do this.", article=ARTICLE)
    help_desk.record("Perhaps one of these:", results=[RESULT])
    chat.visit().open()
    article = chat.part("article")
    expect(article).to_contain_text("Reset it")
    expect(article).to_have_attribute("href", f"{help_desk.origin}/articles/reset")
    expect(article).to_have_attribute("rel", "noopener")
    results = chat.part("results")
    expect(results).to_contain_text("1 article found")
    expect(results.get_by_role("link")).to_contain_text("Some mails take minutes.")


def test_a_receipt_says_for_how_long_its_link_works(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.page.clock.install()
    kept = {"target": "a•••@example.com", "at": later(minutes=-1)}
    invite = kept | {"kind": "invite", "expires_at": later(hours=71.9)}
    reset = {"kind": "password_reset", "target": None} | {"at": kept["at"]}
    soon = reset | {"expires_at": later(minutes=1.5)}
    help_desk.record("If there is an account, it is on its way.", receipts=[invite])
    help_desk.record("And a password reset.", receipts=[soon])
    chat.visit().open()
    cards = chat.part("receipts").get_by_role("listitem")
    expect(cards.first).to_contain_text("New invitation asked for")
    expect(cards.first).to_contain_text("a•••@example.com")
    expect(cards.first).to_contain_text("Its link works for 2 days 23 hours")
    expect(cards.last).to_contain_text("To the address on file")
    expect(cards.last).to_contain_text("Its link works for 1 minute ")
    chat.page.clock.fast_forward(90_000)
    expect(cards.last).to_contain_text("Its link has run out")
    # Nobody is told each minute what is written there.
    assert "works for" not in chat.part("announcer").first.inner_text()


def later(**time: float) -> str:
    """Return a moment to come, as the wire has it."""
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def test_typing_is_shown_and_ends_by_itself(chat: Chat, help_desk: ChatServer) -> None:
    chat.visit().open()
    help_desk.tell("typing", sender="assistant", on=True, expires_in_ms=300)
    expect(chat.part("typing")).to_be_visible()
    expect(chat.part("typing")).to_be_hidden()
    help_desk.tell("typing", sender="agent", on=True, expires_in_ms=60_000)
    expect(chat.part("typing")).to_contain_text("Support team is typing")
    help_desk.say("Here I am.", "agent")
    expect(chat.part("typing")).to_be_hidden()


def test_the_others_hear_that_the_contact_types(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    chat.field.press_sequentially("abc")
    chat.field.fill("")
    help_desk.wait_for_frame("typing", 2)
    assert help_desk.frames_of("typing") == [{"on": True}, {"on": False}]


def test_a_slow_answer_is_spoken_about(chat: Chat, help_desk: ChatServer) -> None:
    chat.page.clock.install()
    chat.visit().open().say("anybody?")
    expect(chat.part("state")).to_have_text("Sent")
    chat.page.clock.fast_forward(9_000)
    expect(chat.part("banner")).to_contain_text("taking longer than usual")
    help_desk.say("Here I am.")
    expect(chat.part("banner")).to_be_hidden()


def test_what_the_server_cut_out_is_said(chat: Chat, help_desk: ChatServer) -> None:
    chat.visit().open().say("it was hunter2 before")
    chat.reads("it was [password removed] before")
    expect(chat.part("redaction")).to_have_text(
        "For your safety we removed a password before anything was kept."
    )


def test_a_reader_of_old_messages_is_not_moved(
    chat: Chat, help_desk: ChatServer
) -> None:
    for number in range(60):
        help_desk.record(f"message {number}")
    chat.visit().open()
    log = chat.page.locator("[role=log]")
    at_the_end = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 2"
    assert log.evaluate(at_the_end)
    help_desk.say("follows")
    expect(chat.page.locator(".bubble:visible").last).to_have_text("follows")
    assert log.evaluate(at_the_end)

    log.evaluate("log => log.scrollTop = 200")
    pill = chat.button("1 new message")
    help_desk.say("does not move the reader")
    expect(pill).to_be_visible()
    assert log.evaluate("log => log.scrollTop") == 200
    pill.click()
    expect(pill).to_be_hidden()
    assert log.evaluate(at_the_end)


def test_unread_messages_are_counted_on_the_button_and_in_the_title(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("Seen before.")
    help_desk.talk.seen_seq = 1
    chat.visit().open()
    chat.reads("Seen before.")
    chat.button("Close the chat").click()
    expect(chat.page).to_have_title("A page")
    help_desk.say("One.")
    help_desk.say("Two.")
    expect(chat.page).to_have_title("(2) A page")
    expect(chat.launcher).to_have_attribute(
        "aria-label", "Chat with us, 2 new messages"
    )
    chat.launcher.click()
    expect(chat.page).to_have_title("A page")
    assert help_desk.wait_for_frame("seen") == {"seq": 3}


def test_what_another_tab_has_seen_is_not_unread_here(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    chat.button("Close the chat").click()
    help_desk.say("News.")
    expect(chat.page).to_have_title("(1) A page")
    help_desk.tell("seen", seq=1)
    expect(chat.page).to_have_title("A page")


def test_starting_over_is_asked_about_and_reaches_the_other_tab(
    chat: Chat, help_desk: ChatServer
) -> None:
    other = Chat(chat.page.context.new_page(), help_desk)
    chat.visit().open().say("old words")
    chat.reads("old words")
    other.visit().joined().launcher.click()
    chat.choose("Start over")
    chat.focuses("Keep this one")
    chat.page.keyboard.press("Escape")
    expect(chat.part("start-over")).to_be_hidden()
    chat.reads("old words")
    assert help_desk.frames_of("start_over") == []

    chat.choose("Start over")
    chat.part("start-over").get_by_role("button", name="Start over").click()
    for tab in (chat, other):
        expect(tab.part("starts")).to_be_visible()
        tab.reads()
    chat.say("new words")
    other.reads("new words")


def test_a_person_and_the_transcript_are_in_the_menu(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("Hello there.")
    chat.visit().open()
    chat.choose("Talk to a person")
    chat.reads("Hello there.", "Talk to a person")
    assert help_desk.wait_for_frame("message")["button"] == "person"
    with chat.page.expect_download() as download:
        chat.choose("Save this conversation")
    assert download.value.suggested_filename == "conversation.txt"
    content = download.value.path().read_text()
    assert content == "Hello there.\nTalk to a person"


def test_a_suggested_start_is_sent_as_a_message(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    expect(chat.part("beginning")).to_contain_text("What’s the trouble?")
    chat.button("I forgot my password").click()
    chat.reads("I forgot my password")
    assert help_desk.wait_for_frame("message")["text"] == "I forgot my password"
    expect(chat.part("starts")).to_be_hidden()


def test_an_offer_on_the_page_opens_the_chat_and_is_pressed(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit()
    chat.page.get_by_role("link", name="Send me a new invitation").click()
    expect(chat.window).to_be_visible()
    chat.reads("Please do offer.invite.resend")
    assert chat.page.url == f"{help_desk.origin}/"
    assert help_desk.wait_for_frame("message")["button"] == "offer.invite.resend"


def test_an_offer_in_the_address_is_pressed_once(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit("/chat?offer=invite.resend")
    chat.reads("Please do offer.invite.resend")
    assert chat.page.url == f"{help_desk.origin}/chat"
    chat.page.reload()
    chat.joined()
    chat.reads("Please do offer.invite.resend")
    chat.visit("/chat?offer=<script>")
    assert len(help_desk.frames_of("message")) == 1


def test_a_draft_survives_a_reload_unless_it_holds_a_secret(chat: Chat) -> None:
    chat.visit().open()
    chat.field.fill("half a sentence")
    chat.page.reload()
    expect(chat.field).to_have_value("half a sentence")
    chat.field.fill("my password is Sunny-Day42")
    chat.page.reload()
    expect(chat.field).to_have_value("")


@pytest.mark.parametrize("profile", [{"locale": "ar"}], indirect=True)
def test_right_to_left_words_turn_the_window_around(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("مرحبا")
    chat.visit(locale="ar")
    chat.launcher.click()
    chat.reads("مرحبا")
    field = chat.page.get_by_role("textbox", name="رسالتك")
    send = chat.page.get_by_role("button", name="إرسال")
    field_box, send_box = field.bounding_box(), send.bounding_box()
    assert field_box
    assert send_box
    assert send_box["x"] < field_box["x"]
    assert chat.launcher.evaluate("it => getComputedStyle(it).direction") == "rtl"


def test_unknown_locales_fall_back_to_english(chat: Chat) -> None:
    chat.visit(locale="tlh").open()
    expect(chat.field).to_be_visible()
