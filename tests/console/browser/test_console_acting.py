"""Receipts under messages, a second person's word, and what the radar saw."""

from playwright.sync_api import Locator, expect

from tests.console.browser.console_acting import ahead, approval, receipt
from tests.console.browser.console_page import Console
from tests.console.browser.console_record import ANA, BEN, Talk
from tests.console.browser.console_scenes import fill
from tests.console.browser.console_server import ConsoleServer


def admin(desk: ConsoleServer) -> Talk:
    """Make Ana an admin with a morning's conversations."""
    desk.record.agents[0]["role"] = "admin"
    return fill(desk, desk.record.agents[0])


def card(console: Console, name: str = "New invitation") -> Locator:
    """Return the card of a receipt."""
    return console.transcript.get_by_role("group", name=name)


def test_a_receipt_says_what_became_of_the_mail_to_whoever_sent_it(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    bounced = receipt("bounced", reason="550 mailbox full", by=BEN)
    reset = receipt("requested", kind="password_reset", target=None, by=ANA)
    bens = receipt(kind="auto", by=BEN)
    talk.add("My link", link={"state": "expired", "purpose": "invite"})
    message = talk.add("Mails.", "system", receipts=[bounced, reset, bens])
    console.visit(talk, "mine")
    seen = console.page.locator(".redaction").last
    expect(seen).to_have_text("The link they pasted, an invitation: it has run out.")
    expect(card(console)).to_contain_text("Came back550 mailbox full")
    expect(card(console)).to_contain_text("by Ben Okafor")
    expect(card(console)).not_to_contain_text("The link")
    other = card(console, "Password reset")
    expect(other).to_contain_text("the address on file")
    expect(other).to_contain_text("Asked for; not mailed yet")
    message["receipts"] = [bounced, reset | {"state": "sent"}, bens]
    desk.tell("message", conversation=talk.id, message=message)
    expect(other).to_contain_text("Handed over to their mail server")
    # A lead takes back what they sent; an admin takes back everything.
    expect(other.get_by_role("button", name="Withdraw")).to_be_visible()
    expect(card(console, "Mail with a link").get_by_role("button")).to_have_count(0)


def test_a_link_is_withdrawn_after_a_question(
    console: Console, desk: ConsoleServer
) -> None:
    talk = admin(desk)
    talk.add("A mail.", "system", receipts=[receipt()])
    console.visit(talk, "mine")
    withdraw = card(console).get_by_role("button", name="Withdraw")
    withdraw.click()
    expect(console.dialog).to_contain_text("n•••@example.com stops working at once")
    console.button("Leave it").click()
    assert desk.asked("POST", "/withdraw") == []
    desk.refusals = [("/withdraw", 409, {"code": "already_used"})]
    withdraw.click()
    console.dialog.get_by_role("button", name="Withdraw").click()
    console.told("The link has been used already")
    withdraw.click()
    console.dialog.get_by_role("button", name="Withdraw").click()
    expect(card(console)).to_contain_text("Withdrawn")
    expect(withdraw).to_have_count(0)


def test_the_countdown_ticks_and_is_not_announced(
    console: Console, desk: ConsoleServer
) -> None:
    talk = admin(desk)
    console.page.clock.install()
    talk.add("A mail.", "system", receipts=[receipt(expires_at=ahead(minutes=3.5))])
    console.visit(talk, "mine")
    life = console.page.locator(".receipt-life")
    expect(life).to_have_text("The link works for 3 minutes")
    console.page.clock.fast_forward(60_000)
    expect(life).to_have_text("The link works for 2 minutes")
    console.page.clock.fast_forward(60_000)
    expect(life).to_contain_text("1 minute ")
    before = life.inner_text()
    console.page.clock.run_for(2_000)
    assert life.inner_text() != before
    console.page.clock.fast_forward(120_000)
    expect(life).to_have_text("The link has run out")
    live = "it => it.closest('[aria-live]').getAttribute('aria-live')"
    assert life.evaluate(live) == "off"


def test_a_second_person_decides_and_sees_why(
    console: Console, desk: ConsoleServer
) -> None:
    talk = admin(desk)
    first = approval(conversation=talk.id)
    own = approval(requested_by=ANA, may_decide=False, command="resend")
    desk.own.approvals = [own]
    console.visit(talk, "mine")
    tab = console.page.locator("[data-aid=approvals]")
    expect(tab).to_have_text("Approvals")
    desk.own.approvals.append(first)
    desk.tell("approval", approval=first)
    called = {"kind": "approval", "conversation": None}
    desk.tell("notice", text="Ben asks you to agree.", **called)
    expect(tab).to_have_text("Approvals1")
    console.button("Ben asks you to agree.").click()
    items = console.dialog.get_by_role("listitem")
    wish = items.filter(has_text="Ben Okafor asked for this")
    expect(wish).to_contain_text("3 different people have asked for this address")
    expect(wish).to_contain_text("25 minutes left")
    mine = items.filter(has_text="You asked for this")
    expect(mine).to_contain_text("Waits for a colleague")
    expect(mine.get_by_role("button")).to_have_count(0)
    desk.refusals = [
        ("/approve", 409, {"code": "not_possible", "message": "Too late."})
    ]
    wish.get_by_role("button", name="Approve").click()
    expect(console.dialog.get_by_role("alert")).to_have_text("Too late.")
    wish.get_by_role("button", name="Refuse").click()
    expect(wish).to_contain_text("Refused by Carla Nilsson")
    wish.get_by_role("button", name="Open the conversation").click()
    expect(console.dialog).to_have_count(0)
    desk.tell("approval", approval=own | {"state": "approved", "decided_by": BEN})
    desk.tell("notice", text="Ben has agreed.", **called)
    console.told("Ben has agreed.")
    expect(tab).to_be_hidden()


def test_what_the_radar_saw_is_said_and_a_second_person_is_explained(
    console: Console, desk: ConsoleServer
) -> None:
    talk = admin(desk)
    seen = "3 different people have asked for this address within a day."
    note = "The last mail came back on Friday: mailbox full."
    warning = {"kind": "many_conversations", "text": seen, "needs_second_person": True}
    talk.about |= {"warnings": [warning], "delivery_note": note}
    console.visit(talk, "mine")
    panel = console.page.get_by_role("region", name="Person")
    expect(panel.get_by_role("region", name="Look twice")).to_contain_text(seen)
    expect(panel).to_contain_text("needs a second person’s agreement")
    expect(panel).to_contain_text(note)
    wish = approval(requested_by=ANA, may_decide=False)
    said = {"code": "needs_second_person", "message": "Somebody else has to agree."}
    desk.refusals = [("/recoveries", 409, said | {"approval": wish})]
    console.button("Send a new invitation").click()
    console.button("Send the mail").click()
    expect(console.dialog).to_contain_text("Somebody else has to agree.")
    expect(console.dialog).to_contain_text(seen)
    console.button("All right").click()
    expect(console.page.locator("[data-aid=approvals]")).to_be_visible()
