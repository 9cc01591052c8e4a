"""Files in the chat: chosen, pasted, dropped, shown; and what goes wrong with them."""

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from tests.helpdesk.sample_files import pdf, picture
from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer
from tests.widget.test_access import LOOKS, check_rules

SCREEN: FilePayload = {
    "name": "a screen.png",
    "mimeType": "image/png",
    "buffer": picture("PNG", (400, 300)),
}
BILL: FilePayload = {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": pdf()}
# What a paste, or a drop, of a file is to a page.
GIVE = """(node, [kind, name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  return !node.dispatchEvent(event);
}"""
INKED = """(canvas) => canvas.getContext("2d")
  .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value)"""


def choose(chat: Chat, *files: FilePayload) -> None:
    """Choose files in the browser's picker."""
    with chat.page.expect_file_chooser() as opened:
        chat.button("Attach a picture or a PDF").click()
    opened.value.set_files(list(files))


def give(where: Locator, kind: str, file: FilePayload) -> bool:
    content = base64.b64encode(file["buffer"]).decode()
    return bool(where.evaluate(GIVE, [kind, file["name"], file["mimeType"], content]))


def tray(chat: Chat) -> Locator:
    return chat.part("tray").get_by_role("listitem")


def sent(help_desk: ChatServer) -> list[dict[str, Any]]:
    return help_desk.talk.messages[-1]["attachments"]  # type: ignore[no-any-return]


def test_a_picture_goes_with_words_and_is_shown(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    choose(chat, SCREEN)
    expect(tray(chat)).to_contain_text("Ready to send")
    chat.focuses("Your message")
    chat.say("look at this")
    chat.reads("look at this")
    shown = chat.part("files").get_by_role("img", name="a screen.png")
    expect(shown).to_be_visible()
    link = chat.part("files").get_by_role("link", name="a screen.png")
    expect(link).to_have_attribute("href", re.compile("^blob:"))
    assert shown.evaluate(INKED)
    box = shown.bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (240, 180)
    expect(chat.part("tray")).to_be_hidden()
    data = help_desk.frames_of("message")[0]
    assert data["text"] == "look at this"
    assert data["attachments"] == [file["id"] for file in sent(help_desk)]
    chat.page.reload()
    expect(chat.part("files").get_by_role("link", name="a screen.png")).to_be_visible()


def test_a_pdf_goes_without_words_and_can_be_saved(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    expect(chat.button("Send")).to_be_disabled()
    choose(chat, BILL)
    expect(chat.button("Send")).to_be_enabled()
    chat.button("Send").click()
    chip = chat.part("files").get_by_role("button")
    expect(chip).to_contain_text("bill.pdf")
    expect(chip).to_contain_text("PDF, 1 kB")
    expect(chat.page.locator(".row.contact .bubble")).to_be_hidden()
    with chat.page.expect_download() as saving:
        chip.click()
    assert saving.value.suggested_filename == "bill.pdf"
    assert saving.value.path().read_bytes() == pdf()
    assert help_desk.frames_of("message")[0]["text"] == ""


def test_files_come_by_paste_and_by_drop(chat: Chat, help_desk: ChatServer) -> None:
    chat.visit().open()
    assert give(chat.field, "paste", SCREEN)
    expect(tray(chat)).to_have_count(1)
    assert give(chat.page.get_by_role("log"), "drop", BILL)
    expect(tray(chat)).to_have_count(2)
    expect(tray(chat).nth(1)).to_contain_text("Ready to send")
    chat.say("both")
    chat.reads("both")
    assert [file["name"] for file in sent(help_desk)] == ["a screen.png", "bill.pdf"]


def test_progress_is_shown_and_a_file_can_be_taken_out(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.holds_uploads = True
    chat.visit().open()
    choose(chat, SCREEN, BILL)
    expect(tray(chat).nth(0)).to_contain_text("% uploaded")
    expect(tray(chat).nth(0).get_by_role("progressbar")).to_be_visible()
    expect(chat.button("Send")).to_be_disabled()
    chat.button("Remove a screen.png").click()
    expect(tray(chat)).to_have_count(1)
    chat.focuses("Your message")
    help_desk.let_uploads_go()
    expect(tray(chat)).to_contain_text("Ready to send")
    chat.button("Send").click()
    expect(chat.part("files")).to_contain_text("bill.pdf")
    assert [file["name"] for file in sent(help_desk)] == ["bill.pdf"]


def test_what_cannot_be_attached_is_said_in_words(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    script: FilePayload = {
        "name": "run.exe",
        "mimeType": "application/octet-stream",
        "buffer": b"MZ",
    }
    fake = SCREEN | {"name": "fake.png", "buffer": b"<script>"}
    large = BILL | {"name": "large.pdf", "buffer": bytes(5 * 1024 * 1024 + 1)}
    choose(chat, script, fake, large)  # type: ignore[arg-type]
    expect(tray(chat).nth(0)).to_contain_text("It can’t be attached.")
    expect(tray(chat).nth(1)).to_contain_text("It can’t be attached.")
    expect(tray(chat).nth(2)).to_contain_text("more than 5 MB")
    expect(chat.button("Try again")).to_have_count(0)
    check_rules(chat)
    chat.say("nothing but words")
    chat.reads("nothing but words")
    assert "attachments" not in help_desk.wait_for_frame("message")
    expect(tray(chat)).to_have_count(0)


def test_a_photo_that_is_too_large_becomes_smaller(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    large = SCREEN | {"buffer": SCREEN["buffer"] + bytes(5 * 1024 * 1024)}
    choose(chat, large)  # type: ignore[arg-type]
    expect(tray(chat)).to_contain_text("Ready to send")
    chat.button("Send").click()
    expect(chat.part("files")).to_be_visible()
    assert sent(help_desk)[0]["media_type"] == "image/jpeg"
    assert (sent(help_desk)[0]["width"], sent(help_desk)[0]["height"]) == (400, 300)


def test_only_ten_files_go_with_one_message(chat: Chat) -> None:
    chat.visit().open()
    choose(chat, *[BILL] * 11)
    expect(tray(chat).nth(10)).to_contain_text("At most 10 files")
    expect(tray(chat).nth(9)).to_contain_text("Ready to send")


def test_files_wait_for_the_line(chat: Chat, help_desk: ChatServer) -> None:
    chat.visit().open()
    choose(chat, BILL)
    expect(tray(chat)).to_contain_text("Ready to send")
    help_desk.is_down = True
    help_desk.drop_sockets()
    expect(chat.part("banner")).to_contain_text("kept")
    choose(chat, SCREEN)
    expect(tray(chat).nth(1)).to_contain_text("Waits for the connection")
    expect(chat.button("Send")).to_be_disabled()
    help_desk.is_down = False
    expect(tray(chat).nth(1)).to_contain_text("Ready to send", timeout=30_000)
    chat.say("here they are")
    chat.reads("here they are")
    assert len(sent(help_desk)) == 2


def test_without_a_line_and_for_the_first_time_it_says_when(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    chat.page.route("**/tray.js", lambda route: route.abort())
    choose(chat, SCREEN)
    expect(chat.part("banner")).to_have_text(
        "Files can be attached once you are connected."
    )
    chat.page.unroute("**/tray.js")
    help_desk.say("still here")
    chat.reads("still here")


def test_a_refused_upload_can_be_tried_again(chat: Chat, help_desk: ChatServer) -> None:
    help_desk.upload_refusals = [{"code": "too_fast"}, {"code": "internal_error"}]
    chat.visit().open()
    choose(chat, BILL)
    expect(tray(chat)).to_contain_text("Those were many files.")
    chat.button("Try again").click()
    expect(tray(chat)).to_contain_text("It could not be uploaded.")
    chat.button("Try again").click()
    expect(tray(chat)).to_contain_text("Ready to send")


def test_a_file_that_is_gone_is_not_sent_again(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    choose(chat, BILL)
    expect(tray(chat)).to_contain_text("Ready to send")
    help_desk.refusals = [{"code": "attachment_gone", "message": "Gone."}]
    chat.say("here")
    failed = chat.page.locator(".is-failed")
    expect(failed).to_contain_text("File: bill.pdf")
    expect(failed).to_contain_text("Please attach it again.")
    expect(chat.button("Try again")).to_have_count(0)
    chat.button("Remove").click()
    chat.reads()


def test_starting_over_lets_go_of_files(chat: Chat) -> None:
    chat.visit().open().say("first")
    chat.has_sent_all()
    choose(chat, BILL)
    expect(tray(chat)).to_contain_text("Ready to send")
    chat.choose("Start over")
    chat.button("Start over").last.click()
    expect(chat.part("beginning")).to_be_visible()
    expect(tray(chat)).to_have_count(0)


def test_on_another_site_files_go_with_the_token_and_past_its_policy(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.page.goto(f"{help_desk.other_origin}/site")
    chat.page.locator("latchkey-chat[data-ready]").wait_for(state="attached")
    chat.open()
    choose(chat, SCREEN)
    expect(tray(chat)).to_contain_text("Ready to send")
    chat.button("Send").click()
    link = chat.part("files").get_by_role("link", name="a screen.png")
    expect(link).to_be_visible()
    assert help_desk.bearers[-1] == help_desk.bearers[-2] == "Bearer visit-1"


def test_a_file_that_cannot_be_fetched_is_a_button_that_says_so(
    chat: Chat, help_desk: ChatServer
) -> None:
    gone = {"id": "gone", "name": "gone.png", "media_type": "image/png", "size": 9_000}
    help_desk.record(
        "", "agent", name="Ana", attachments=[gone | {"width": 9, "height": 9}]
    )
    chat.visit().open()
    chip = chat.part("files").get_by_role("button", name="gone.png")
    expect(chip).to_contain_text("PNG, 9 kB")
    chip.click()
    expect(chat.part("banner")).to_contain_text("could not be fetched")


def test_files_of_an_agent_are_announced_with_their_names(
    chat: Chat, help_desk: ChatServer
) -> None:
    known = help_desk.talk.keep_file("form.pdf", pdf())
    chat.visit().open()
    help_desk.say("Please fill this in.", "agent", name="Ana", attachments=[known])
    expect(chat.part("announcer")).to_have_text(
        "Ana, support team: Please fill this in. File: form.pdf"
    )


@pytest.mark.parametrize("profile", LOOKS, indirect=True)
def test_files_break_no_rule(chat: Chat, help_desk: ChatServer) -> None:
    files = [
        help_desk.talk.keep_file("a screen.png", SCREEN["buffer"]),
        help_desk.talk.keep_file("form.pdf", pdf()),
    ]
    help_desk.record("Look.", "agent", name="Ana", attachments=files)
    chat.visit().open()
    expect(chat.part("files").get_by_role("link")).to_be_visible()
    choose(chat, SCREEN, BILL)
    expect(tray(chat).nth(1)).to_contain_text("Ready to send")
    check_rules(chat)
    chat.button("Send").click()
    expect(chat.part("files")).to_have_count(2)
    check_rules(chat)
