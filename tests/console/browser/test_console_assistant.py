"""The drawer: an agent's own chat with the assistant, and what can be typed there."""

import json
import re

from playwright.sync_api import Locator, expect

from tests.console.browser.console_acting import OWN_CHAT, bulk_run, receipt
from tests.console.browser.console_page import Console
from tests.console.browser.console_record import ANA, BEN, EVE
from tests.console.browser.console_scenes import fill
from tests.console.browser.console_server import ConsoleServer


def drawer(console: Console) -> Locator:
    """Return the drawer."""
    return console.page.get_by_role(
        "complementary", name="Your chat with the assistant"
    )


def line(console: Console) -> Locator:
    """Return the field where commands are typed."""
    return drawer(console).get_by_role("textbox")


def choices(console: Console) -> Locator:
    """Return what is offered while one types."""
    return drawer(console).get_by_role("option")


def typed(console: Console, text: str) -> None:
    """Type a line and send it."""
    line(console).fill(text)
    line(console).press("Enter")


def test_keys_and_a_button_open_it_and_the_way_back_is_kept(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine")
    console.field.focus()
    console.press("Control+k")
    expect(line(console)).to_be_focused()
    expect(drawer(console)).to_contain_text("Only you see this chat.")
    expect(drawer(console)).to_contain_text("open: Noor Haddad")
    expect(console.button("Assistant")).to_have_attribute("aria-expanded", "true")
    console.press("Escape")
    expect(drawer(console)).to_be_hidden()
    expect(console.field).to_be_focused()
    console.press("Escape", "/")
    expect(line(console)).to_have_value("/")
    expect(choices(console)).to_have_count(7)
    console.press("Control+k")
    expect(drawer(console)).to_be_hidden()
    console.button("Assistant").click()
    drawer(console).get_by_role("button", name="/status").click()
    expect(line(console)).to_have_value("/status ")
    drawer(console).get_by_role("button", name="Close the assistant").click()
    expect(console.button("Assistant")).to_be_focused()
    console.press("f")
    expect(console.page.get_by_label("Search", exact=True)).to_be_focused()
    console.press("Control+j")
    expect(console.dialog).to_be_visible()


def test_what_is_typed_is_completed_and_explained(
    console: Console, desk: ConsoleServer
) -> None:
    console.visit().press("/")
    console.page.keyboard.type("res")
    expect(choices(console)).to_have_text(
        [re.compile(r) for r in ("d", "expired", "reset")]
    )
    console.press("ArrowDown", "ArrowDown", "ArrowUp", "Tab")
    expect(line(console)).to_have_value("/resend expired ")
    expect(choices(console)).to_have_count(3)
    # Nothing is chosen by itself once the line can be sent.
    expect(line(console)).not_to_have_attribute(
        "aria-activedescendant", re.compile(".")
    )
    console.page.keyboard.type("hi")
    expect(choices(console)).to_have_count(1)
    console.press("ArrowDown", "Enter")
    expect(line(console)).to_have_value("/resend expired Hillside")
    expect(drawer(console)).to_contain_text("/resend expired [site] [--json]")
    line(console).fill("")
    console.page.keyboard.type("/resned ana")
    drawer(console).get_by_role("button", name="/resend ana@example.com").click()
    expect(line(console)).to_have_value("/resend ana@example.com")
    expect(choices(console)).to_have_count(0)
    console.press("Enter")
    sent = desk.wait_for_request("POST", "/commands")
    assert sent["text"] == "/resend ana@example.com"
    assert "conversation" not in sent


def test_answers_receipts_and_json_are_shown_and_what_was_typed_comes_back(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine").press("Control+k")
    typed(console, "/resend noor.haddad@example.com")
    expect(console.part("assistant-thinks")).to_have_text("The assistant is at it …")
    assert desk.asked("POST", "/commands")[0]["conversation"] == talk.id
    desk.answer("A new invitation is **on its way**.", receipts=[receipt()])
    expect(drawer(console).locator("strong")).to_have_text("on its way")
    expect(console.part("assistant-thinks")).to_have_text("")
    card = drawer(console).get_by_role("group", name="New invitation")
    expect(card).to_contain_text("The link works for 2 days 23 hours")
    typed(console, "/status noor.haddad@example.com --json")
    found = {"command": "status", "result": "done"}
    desk.answer(f"```json\n{json.dumps(found)}\n```")
    shown = drawer(console).locator("pre")
    assert json.loads(shown.inner_text()) == found
    console.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    console.button("Copy").click()
    console.told("Copied.")
    pasted = console.page.evaluate("navigator.clipboard.readText()")
    assert json.loads(pasted) == found
    line(console).fill("half")
    line(console).press("ArrowUp")
    expect(line(console)).to_have_value("/status noor.haddad@example.com --json")
    console.press("ArrowUp", "ArrowUp")
    expect(line(console)).to_have_value("/resend noor.haddad@example.com")
    console.press("ArrowDown", "ArrowDown")
    expect(line(console)).to_have_value("half")


def test_a_bulk_command_shows_its_plan_its_progress_and_its_end(
    console: Console, desk: ConsoleServer
) -> None:
    console.visit().press("Control+k")
    typed(console, "/resend expired")
    run = bulk_run("planned", number="1a2b3c4d")
    buttons = [{"id": "9.0", "title": "Send 500 invitations"}]
    buttons += [{"id": "9.1", "title": "Leave it"}]
    desk.answer("This sends 500 people a new invitation.", run=run, buttons=buttons)
    card = drawer(console).get_by_role("group", name="Mails to many")
    expect(card).to_contain_text("500 mails")
    console.button("Send 500 invitations").click()
    assert desk.wait_for_request("POST", "/commands", 2)["button"] == "9.0"
    run |= {"state": "running", "done": 120, "failed": 1, "may": ["stop"]}
    desk.tell("run", run=run)
    bar = card.get_by_role("progressbar", name="121 of 500")
    expect(bar).to_have_attribute("value", "121")
    expect(card).to_contain_text("1 failed")
    expect(card).to_contain_text("about 7 minutes left")
    expect(console.button("Send 500 invitations")).to_have_count(0)
    desk.tell("run", run=run | {"is_held_up": True})
    expect(card).to_contain_text("It goes on by itself.")
    card.get_by_role("button", name="Stop").click()
    assert desk.wait_for_request("POST", "/commands", 3)["text"] == "/stop 1a2b3c4d"
    desk.tell(
        "run", run=run | {"state": "stopped", "done": 130, "skipped": 369, "may": []}
    )
    expect(card).to_contain_text("130 of 500 sent")
    expect(card).to_contain_text("369 left out")
    expect(card.get_by_role("button")).to_have_count(0)


def test_the_first_answer_is_shown_however_early_it_comes(
    console: Console, desk: ConsoleServer
) -> None:
    desk.own.early_answer = "Only admins may do that."
    console.visit().press("Control+k")
    typed(console, "/resend ana@example.com")
    expect(drawer(console)).to_contain_text("/resend ana@example.com")
    expect(drawer(console)).to_contain_text("Only admins may do that.")


def test_what_does_not_arrive_stays_and_is_sent_once(
    console: Console, desk: ConsoleServer
) -> None:
    console.visit().press("Control+k")
    desk.wait_for_request("GET", "/assistant")
    said = {"code": "too_fast", "message": "Sixty an hour are enough. Wait a little."}
    desk.refusals = [("/commands", 503, {"code": "unavailable"})]
    typed(console, "/resend ana@example.com")
    expect(drawer(console)).to_contain_text("Not sent.")
    desk.refusals = [("/commands", 409, said)]
    drawer(console).get_by_role("button", name="Try again").click()
    expect(drawer(console)).to_contain_text(said["message"])
    drawer(console).get_by_role("button", name="Try again").click()
    expect(drawer(console).locator(".is-outgoing")).to_have_count(0)
    ids = {each["client_id"] for each in desk.asked("POST", "/commands")}
    assert len(desk.own.messages) == len(ids) == 1
    # While the line is down something is answered: it is there when the line is back.
    desk.deaf.add(ANA["id"])
    desk.own.messages[0]["turn"]["state"] = "done"
    desk.own.add("Done.")
    desk.drop_sockets()
    expect(drawer(console)).to_contain_text("Done.")
    # What is said in another conversation does not belong here.
    desk.tell(
        "message", conversation="another", message=desk.own.messages[1] | {"seq": 3}
    )
    desk.tell("message", conversation=OWN_CHAT, message=desk.own.add("Bye."))
    expect(drawer(console).locator(".is-answer .bubble")).to_have_text(
        ["Done.", "Bye."]
    )


def test_a_command_in_a_reply_goes_to_the_assistant_instead(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine")
    desk.refusals = [(f"/{talk.id}/messages", 400, {"code": "is_command"})]
    console.write("/resend noor.haddad@example.com")
    expect(console.part("not-sent")).to_contain_text("the contact would have read it")
    console.button("Give it to the assistant").click()
    expect(line(console)).to_have_value("/resend noor.haddad@example.com")
    expect(console.part("not-sent")).to_have_count(0)


def test_an_auditor_has_no_drawer(console: Console, desk: ConsoleServer) -> None:
    desk.record.agents[0] = EVE | {"id": ANA["id"]}
    console.visit().press("Control+k", "/")
    expect(drawer(console)).to_be_hidden()
    expect(console.button("Assistant")).to_be_hidden()
    console.page.locator(".me").click()
    link = console.page.get_by_role("link", name="Audit record")
    expect(link).to_have_attribute("href", "/console/audit")


def test_an_agent_sees_what_they_may_and_why_not_the_rest(
    bens: Console, console: Console, desk: ConsoleServer
) -> None:
    bens.visit().press("Control+k")
    typed(bens, "/resend ana@example.com")
    desk.answer("Only admins can send this, so nothing was done.", sender="system")
    expect(drawer(bens)).to_contain_text("Only admins can send this")
    bens.page.locator(".me").click(force=True)
    assert desk.record.agent(BEN["id"])["role"] == "agent"
    expect(bens.page.get_by_role("link", name="Audit record")).to_have_count(0)
