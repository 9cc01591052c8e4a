"""By keyboard, by ear, in the dark, on a phone."""

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.console.browser.console_acting import ahead, approval, bulk_run, receipt
from tests.console.browser.console_page import Console
from tests.console.browser.console_record import ANA
from tests.console.browser.console_scenes import fill
from tests.console.browser.console_server import ConsoleServer

PHONE = {"viewport": {"width": 380, "height": 780}, "has_touch": True}
WINDOW = "dialog[open]"
DARK = {"color_scheme": "dark"}
LOOKS = [{}, PHONE | DARK]
SMALL = """() => [...document.querySelectorAll(
    "button, a, input, summary, textarea, [role=option]")]
  .filter((it) => it.checkVisibility() && !it.closest(".bubble"))
  .filter((it) => it.type !== "radio")
  .filter((it) => {
    const { width, height } = it.getBoundingClientRect();
    return width < 44 || height < 44;
  })
  .map((it) => it.outerHTML.slice(0, 120))"""
FITS = "document.documentElement.scrollWidth <= innerWidth"
LISTEN = """() => {
  window.heard = [];
  const region = document.querySelector("[data-part=announcer]");
  new MutationObserver((changes) => changes.forEach(({addedNodes}) =>
    addedNodes.forEach((node) => window.heard.push(node.textContent))
  )).observe(region, { childList: true });
}"""


def check(console: Console, part: str | None = None) -> None:
    """No rule of axe is broken on the page, or in a part of it; and it fits the screen."""
    console.page.evaluate("document.getAnimations().forEach((it) => it.cancel())")
    assert violations(console.page, part) == []
    assert console.page.evaluate(FITS)


@pytest.mark.parametrize("profile", LOOKS, indirect=True)
def test_no_rule_of_axe_is_broken(console: Console, desk: ConsoleServer) -> None:
    console.visit()
    check(console)
    talk = fill(desk, ANA)
    console.visit()
    console.names(
        "Femi Adeyemi", "Marta Kowalska", names_of_visitor(desk), "Jonas Lindqvist"
    )
    check(console)
    desk.record.talks[talk.id].looking = [
        {"agent": desk.record.agents[1], "is_typing": False}
    ]
    desk.refusals = [("/messages", 500, {"code": "internal_error"})]
    console.visit(talk, "mine")
    console.page.locator("[data-seq='3'] summary").click()
    console.write("Fails")
    expect(console.part("not-sent")).to_be_visible()
    console.field.fill("/")
    console.field.press("End")
    check(console)
    console.press("Escape", "Escape", "p")
    check(console)


@pytest.mark.parametrize("profile", LOOKS, indirect=True)
def test_no_window_breaks_a_rule(console: Console, desk: ConsoleServer) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine")
    for key in ("?", "Control+j", "t", "s"):
        console.press(key)
        expect(console.dialog).to_be_visible()
        check(console, WINDOW)
        console.press("Escape")
        expect(console.dialog).to_be_hidden()
    console.press("n")
    check(console, ".composer")
    for entry in ("Canned responses", "The assistant’s drafts"):
        if console.button("Back to the list").is_visible():
            console.button("Back to the list").click()
        console.page.locator(".me").click()
        check(console, ".navigation")
        console.page.locator("#menu").get_by_role("button", name=entry).click()
        expect(console.dialog).to_be_visible()
        check(console, WINDOW)
        console.press("Escape")


@pytest.mark.parametrize("profile", LOOKS, indirect=True)
def test_nothing_that_acts_breaks_a_rule(console: Console, desk: ConsoleServer) -> None:
    talk = fill(desk, ANA)
    bad = receipt("bounced", reason="550 mailbox full")
    talk.add("Two mails.", "system", receipts=[bad, receipt(by=ANA)])
    seen = {"kind": "urgency", "text": "They press.", "needs_second_person": True}
    talk.about |= {"warnings": [seen], "delivery_note": "The last mail came back."}
    desk.own.approvals = [approval(conversation=talk.id), approval("approved")]
    own, run = desk.own, bulk_run(done=120, failed=2, skipped=1)
    own.add("/resend expired", "contact")
    own.add("This sends **500** people a new invitation.", run=run)
    own.add('{"command": "status"}', receipts=[receipt("undone", undone_at=ahead())])
    console.visit(talk, "mine")
    check(console, ".transcript")
    console.press("/")
    expect(console.page.get_by_role("option", name="/status")).to_be_visible()
    check(console)
    if console.page.viewport_size == PHONE["viewport"]:
        assert console.page.evaluate(SMALL) == []
    console.press("Escape", "Escape", "p", "p")
    check(console, ".person")
    console.press("Control+j")
    console.page.keyboard.type("approv")
    console.press("Enter")
    expect(console.dialog).to_contain_text("asked for this")
    check(console, WINDOW)


@pytest.mark.parametrize("profile", [PHONE], indirect=True)
def test_a_phone_shows_one_pane_at_a_time_for_the_thumb(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit()
    expect(console.heading).to_be_hidden()
    assert console.page.evaluate(SMALL) == []
    console.open("Marta Kowalska")
    expect(console.view("queue")).to_be_hidden()
    assert console.page.evaluate(SMALL) == []
    console.button("Person").click()
    expect(console.heading).to_be_hidden()
    assert console.page.evaluate(SMALL) == []
    console.button("Close the panel").click()
    console.button("Back to the list").click()
    expect(console.row("Marta Kowalska")).to_be_visible()
    console.view("mine").click()
    console.open("Noor Haddad")
    assert console.page.evaluate(SMALL) == []
    console.page.go_back()
    expect(console.row("Noor Haddad")).to_be_visible()
    assert talk.id not in console.page.url


def test_a_day_by_keyboard_alone(console: Console, desk: ConsoleServer) -> None:
    fill(desk, ANA)
    console.visit()
    console.names(
        "Femi Adeyemi", "Marta Kowalska", names_of_visitor(desk), "Jonas Lindqvist"
    )
    console.press("j", "j", "k", "j", "Enter")
    expect(console.heading).to_have_text("Marta Kowalska")
    expect(console.transcript).to_be_focused()
    console.press("r")
    console.told("“Reply” is not possible here just now.")
    console.press("c")
    console.told("It is yours now.")
    expect(console.field).to_be_focused()
    # In the field, letters are letters.
    console.page.keyboard.type("check e s t ?")
    expect(console.field).to_have_value("check e s t ?")
    console.press("Enter", "Escape", "g", "m")
    expect(console.view("mine")).to_have_attribute("aria-current", "page")
    expect(console.row("Marta Kowalska")).to_be_visible()
    console.press("e")
    console.told("Resolved. Well done.")
    console.press("o")
    console.told("It is open again, and yours.")
    console.press("Escape", "h")
    console.told("The assistant has it again.")
    console.press("Control+j")
    console.page.keyboard.type("sofia")
    expect(console.dialog.get_by_role("option")).to_contain_text(["Sofia Rossi"])
    console.press("Enter")
    expect(console.heading).to_have_text("Sofia Rossi")
    console.press("?")
    expect(console.dialog).to_contain_text("Hand back to the assistant")
    console.press("Escape")
    expect(console.dialog).to_be_hidden()
    console.press("p")
    expect(console.page.get_by_role("region", name="Person")).to_be_hidden()


def test_the_command_bar_knows_what_can_be_done_and_who_is_there(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine").press("Control+j")
    console.page.keyboard.type("trben")
    expect(console.dialog.get_by_role("option").first).to_contain_text(
        "Transfer to Ben Okafor"
    )
    console.press("Enter")
    expect(console.page.locator(".conversation-state")).to_contain_text(
        "Ben Okafor has it"
    )
    console.press("Control+j")
    console.page.keyboard.type("zzzz")
    expect(console.dialog).to_contain_text("Nothing fits.")


def test_news_is_heard_once_and_history_never(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine")
    console.page.evaluate(LISTEN)
    desk.say(talk, "A new one")
    desk.tell("message", conversation=talk.id, message=talk.messages[-1])
    console.write("Mine")
    expect(console.transcript.get_by_text("Mine")).to_be_visible()
    desk.notify("handoff", desk.record.begin("Amal"))
    console.told("Amal waits for a person.")
    assert console.page.evaluate("heard") == [
        "Noor Haddad: A new one",
        "Amal waits for a person.",
    ]


def names_of_visitor(desk: ConsoleServer) -> str:
    """Return what the contact without a name is called."""
    talks = desk.record.talks.values()
    number = next(
        t.summary["number"] for t in talks if not t.summary["contact"]["name"]
    )
    return f"Visitor {number[:4]}"
