"""The panel about the person, and what leads have besides."""

from playwright.sync_api import expect

from tests.console.browser.console_page import Console
from tests.console.browser.console_record import ANA, BEN
from tests.console.browser.console_scenes import fill
from tests.console.browser.console_server import ConsoleServer


def test_the_panel_shows_the_person_the_account_and_what_was_tried(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine")
    panel = console.page.get_by_role("region", name="Person")
    for words in (
        *("noor.haddad@example.com", "Signed in at the site", "Harbour House"),
        *("Invited", "expired", "came back", "went wrong", "handed to people"),
    ):
        expect(panel).to_contain_text(words)
    panel.get_by_role("button", name="I forgot my password").click()
    expect(console.heading).to_have_text("Aisha Khan")


def test_nothing_is_looked_up_while_the_panel_is_closed(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine").press("p")
    expect(console.page.get_by_role("region", name="Person")).to_be_hidden()
    count = len(desk.asked("GET", "/person"))
    console.open("Lena Fischer")
    expect(console.field).to_be_visible()
    assert len(desk.asked("GET", "/person")) == count
    console.button("Person").click()
    desk.wait_for_request("GET", "/person", count + 1)


def test_a_mail_is_sent_after_a_question_and_a_limit_is_said(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine")
    console.button("Send a new invitation").click()
    address = console.page.get_by_label("Address of the account")
    expect(address).to_have_value("noor.haddad@example.com")
    console.button("Send the mail").click()
    console.told("The invitation is on its way.")
    body = desk.wait_for_request("POST", "/recoveries")
    assert (body["kind"], body["email"]) == ("invite", "noor.haddad@example.com")
    expect(console.transcript).to_contain_text("Ana Moreno sent a new invitation")
    desk.refusals = [("/recoveries", 409, {"code": "too_many_mails"})]
    console.button("Send a password reset").click()
    console.button("Send the mail").click()
    console.told("Too many mails were sent to this person lately.")


def test_a_panel_that_cannot_be_fetched_says_so(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    desk.refusals = [("/person", 503, {"code": "unavailable"})]
    console.visit(talk, "mine")
    panel = console.page.get_by_role("region", name="Person")
    expect(panel).to_contain_text("It could not be looked up.")
    panel.get_by_role("button", name="Try again").click()
    expect(panel).to_contain_text("Harbour House")


def test_leads_write_canned_responses(console: Console, desk: ConsoleServer) -> None:
    fill(desk, ANA)
    console.visit()
    console.page.locator(".me").click()
    console.button("Canned responses").click()
    console.button("New response").click()
    console.page.get_by_label("Short code").fill("thanks")
    console.page.get_by_label("Title").fill("Thank you")
    console.dialog.get_by_role("textbox", name="Text").fill("Thank you.")
    wrong = {"code": "bad_variable", "message": "There is no {nobody}."}
    desk.refusals = [("/canned_responses", 422, wrong)]
    console.button("Save").click()
    expect(console.dialog.get_by_role("alert")).to_have_text("There is no {nobody}.")
    console.button("Save").click()
    expect(console.button("/thanks Thank you")).to_have_attribute(
        "aria-pressed", "true"
    )
    console.button("Remove").click()
    console.dialog.last.get_by_role("button", name="Remove").click()
    expect(console.page.get_by_role("button", name="/thanks")).to_have_count(0)
    assert [c["short_code"] for c in desk.record.canned][-1] == "done"


def test_the_report_is_for_leads(
    console: Console, bens: Console, desk: ConsoleServer
) -> None:
    fill(desk, ANA)
    console.visit()
    console.page.locator(".me").click()
    console.button("The assistant’s drafts").click()
    expect(console.dialog).to_contain_text("82 %")
    expect(console.dialog).to_contain_text("between 76 and 87 %")
    bens.visit()
    bens.page.locator(".me").click()
    expect(bens.page.get_by_role("link", name="Your account")).to_be_visible()
    expect(bens.button("The assistant’s drafts")).to_have_count(0)
    expect(bens.page.locator("#sign-out")).to_have_attribute("method", "post")


def test_away_is_told_to_everybody(
    console: Console, bens: Console, desk: ConsoleServer
) -> None:
    console.visit()
    bens.visit()
    bens.page.locator(".me").click()
    bens.page.get_by_role("switch", name="Away").click()
    expect(bens.page.locator(".me")).to_contain_text("Away")
    assert desk.record.agent(BEN["id"])["is_away"]
