"""Taking a conversation and talking in it: races, lost lines, drafts, notes, files."""

import re

import pytest
from playwright.sync_api import expect

from tests.accounts.service import wait_for
from tests.console.browser.console_page import Console
from tests.console.browser.console_record import ANA, BEN, TEAM, Talk
from tests.console.browser.console_scenes import canned, fill, suggestion
from tests.console.browser.console_server import ConsoleServer

PDF = {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
INVITE = {"key": "invite-expired", "title": "My invitation link has expired"}


@pytest.fixture
def mine(desk: ConsoleServer) -> Talk:
    """A conversation of Ana's."""
    talk = desk.record.begin("Noor Haddad")
    talk.become("agent", ANA)
    talk.add("It does not work.")
    return talk


def test_of_two_agents_one_wins_and_the_other_sees_who(
    console: Console, bens: Console, desk: ConsoleServer
) -> None:
    talk = desk.record.begin("Noor Haddad")
    talk.add("A person please")
    console.visit(talk)
    bens.visit(talk)
    # The news of the claim does not reach Ben before he presses.
    desk.deaf = {BEN["id"]}
    console.button("Take").first.click()
    console.told("It is yours now.")
    expect(console.field).to_be_focused()
    bens.button("Take").first.click()
    bens.told("Ana Moreno was faster. The conversation is theirs now.")
    expect(bens.part("reason")).to_contain_text("Ana Moreno has this conversation.")
    expect(bens.button("Reply")).to_be_hidden()


def test_a_reply_is_sent_once_and_seen(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    console.write("Let me look.\nOne moment.")
    console.reads("It does not work.", re.compile("Let me look.*One moment."))
    expect(console.field).to_have_value("")
    desk.wait_for_request("POST", "/messages")
    assert [b["kind"] for b in desk.asked("POST", "/messages")] == ["reply"]
    desk.wait_for_frame("typing", 2)
    desk.tell("seen", conversation=mine.id, seq=2)
    expect(console.page.locator(".is-seen")).to_have_attribute("data-seq", "2")


def test_what_was_sent_over_a_line_that_broke_is_neither_lost_nor_doubled(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    desk.lost_answers = ["/messages"]
    desk.deaf = {ANA["id"]}  # the broadcast does not come either
    console.write("Only once")
    failed = console.part("not-sent")
    expect(failed).to_contain_text("Not sent yet: the line is down.")
    failed.get_by_role("button", name="Try again").click()
    console.reads("It does not work.", "Only once")
    expect(failed).to_have_count(0)
    desk.wait_for_request("POST", "/messages", 2)
    first, second = desk.asked("POST", "/messages")
    assert first["client_id"] == second["client_id"]
    assert [m["text"] for m in mine.messages] == ["It does not work.", "Only once"]


def test_what_could_not_be_sent_survives_a_reload_and_goes_when_the_line_is_back(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    desk.is_down = True
    console.write("Kept")
    expect(console.part("not-sent")).to_be_visible()
    desk.is_down = False
    console.visit(mine, "mine")
    console.reads("It does not work.", "Kept")
    expect(console.part("not-sent")).to_have_count(0)
    wait_for(lambda: len(mine.messages) > 1, "what was kept")
    assert len(mine.messages) == 2


def test_a_reply_to_what_a_colleague_owns_now_stays_and_can_be_kept(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    desk.deaf = {ANA["id"]}
    mine.become("agent", BEN)
    console.write("Too late")
    failed = console.part("not-sent")
    expect(failed).to_contain_text("Ben Okafor has this conversation now.")
    expect(console.part("reason")).to_contain_text("Ben Okafor has this conversation.")
    failed.get_by_role("button", name="Edit").click()
    expect(console.field).to_have_value("Too late")
    expect(console.button("Send")).to_be_disabled()
    console.button("Note").click()
    console.button("Add the note").click()
    expect(console.page.locator(".message.note")).to_contain_text(
        "Only agents see this."
    )


def test_a_stale_change_does_nothing_and_shows_how_it_stands(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    desk.deaf = {ANA["id"]}
    mine.become("agent", BEN)
    console.press("e")
    console.told("It changed in the meantime, so nothing was done.")
    expect(console.page.locator(".conversation-state")).to_contain_text(
        "Ben Okafor has it"
    )
    assert mine.summary["status"] == "open"


def test_the_line_breaks_and_comes_back_with_all_that_was_missed(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    desk.is_down = True
    desk.drop_sockets()
    expect(console.part("connection")).to_contain_text(
        "You keep your conversations until"
    )
    mine.add("Are you there?", minutes=0.1)
    other = desk.record.begin("Amal")
    other.become("agent", ANA)
    desk.is_down = False
    console.reads("It does not work.", "Are you there?")
    console.names("Amal", "Noor Haddad")
    expect(console.part("connection")).to_be_hidden()


def test_a_draft_comes_back_after_a_reload_in_another_tab_and_per_conversation(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    other = desk.record.begin("Amal")
    other.become("agent", ANA)
    console.visit(mine, "mine")
    console.field.fill("Half a thou")
    desk.wait_for_request("PUT", "/draft")
    console.open("Amal")
    expect(console.field).to_have_value("")
    console.press("n")
    console.field.fill("For colleagues")
    desk.wait_for_request("PUT", "/draft", 2)
    console.visit(mine, "mine")
    expect(console.field).to_have_value("Half a thou")
    tab = Console(console.page.context.new_page(), desk).visit(other, "mine")
    expect(tab.field).to_have_value("For colleagues")
    # A note's draft never turns into a reply.
    expect(tab.button("Note")).to_have_attribute("aria-pressed", "true")
    assert tab.complaints == []


def test_a_secret_is_not_sent_by_accident_and_never_rests_in_a_draft(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    console.write("your password is Sunny-Day42")
    expect(console.dialog).to_contain_text("That looks like a password")
    console.press("Escape")
    expect(console.field).to_have_value("your password is Sunny-Day42")
    desk.wait_for_request("PUT", "/draft")
    assert all("Sunny" not in b["text"] for b in desk.asked("PUT", "/draft"))
    console.press("Enter")
    console.button("Send anyway").click()
    desk.wait_for_request("POST", "/messages")


def test_a_canned_response_is_filled_in(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    desk.record.canned = [
        canned(
            "hello",
            "Greeting",
            "Hello {contact.name}, {agent.name} of {product}. {unknown}",
        ),
        canned("bye", "Goodbye", "Bye, {contact.name}!"),
    ]
    console.visit(mine, "mine")
    console.field.press_sequentially("/hel")
    expect(console.page.get_by_role("option", name="/hello")).to_be_visible()
    console.press("Enter")
    expect(console.field).to_have_value(
        "Hello Noor Haddad, Ana Moreno of SALTO KS. {unknown}"
    )
    mine.summary["contact"]["name"] = ""
    desk.changed(mine)
    console.field.fill("")
    console.field.press_sequentially("/bye")
    console.press("Tab")
    expect(console.field).to_have_value("Bye,!")
    assert desk.asked("POST", "/messages") == []


def test_a_note_mentions_a_colleague(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine").press("n")
    console.field.press_sequentially("Ask @ben")
    console.press("Enter")
    console.page.keyboard.type("please")
    console.press("Enter")
    expect(console.page.locator(".note .mention")).to_have_text("@Ben Okafor")
    body = desk.wait_for_request("POST", "/messages")
    assert body["mentions"] == [BEN["id"]]
    assert body["kind"] == "note"


def test_a_suggestion_and_a_ghost_go_into_the_field(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    mine.suggestions = [suggestion(INVITE, 0.8)]
    console.visit(mine, "mine")
    console.button(re.compile("My invitation link")).click()
    expect(console.field).to_have_value(
        re.compile(r"valid for 72 hours[\s\S]*\(https://help")
    )
    console.field.fill("")
    ghost = {"seq": 1, "text": "Ghostly", "intent": "x", "confidence": 0.9}
    mine.ghosts = [ghost | {"agent_seq": None, "agreement": None}]
    console.page.clock.install()
    desk.say(mine, "And now?")
    expect(console.transcript.get_by_text("And now?")).to_be_visible()
    console.page.clock.fast_forward(5_000)
    console.button("Use it").click()
    expect(console.field).to_have_value("Ghostly")
    console.press("Enter")
    assert desk.wait_for_request("POST", "/messages")["ghost_seq"] == 1


def test_files_are_sent_with_the_message_and_refused_in_words(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    pick = console.page.locator("input[type=file]")
    with console.page.expect_file_chooser() as chooser:
        console.button("Attach a file").click()
    large = {**PDF, "name": "large.pdf", "buffer": b"x" * 2_000_001}
    other = {"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
    chooser.value.set_files([PDF, large, other])
    tray = console.page.get_by_role("list", name="Files to send")
    expect(tray).to_contain_text("It is larger than 1.9 MB.")
    expect(tray).to_contain_text("Only pictures and PDF files can be sent.")
    assert pick.count() == 0
    for name in ("large.pdf", "run.exe"):
        console.button(f"Remove {name}").click()
    expect(console.button("Send")).to_be_enabled()
    console.button("Send").click()
    expect(console.page.get_by_role("link", name="invoice.pdf")).to_be_visible()
    expect(tray).to_be_hidden()


def test_an_input_method_may_use_enter_and_shift_begins_a_line(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    console.field.fill("に")
    console.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    console.field.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    console.field.press("Shift+Enter")
    expect(console.field).to_have_value("に\n")
    assert desk.asked("POST", "/messages") == []


def test_who_looks_and_who_types_is_shown(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine")
    watch = [{"agent": BEN, "is_typing": False}]
    desk.tell("presence", conversation=mine.id, agents=watch)
    expect(console.part("watchers")).to_have_text("Ben Okafor is looking at this too.")
    desk.tell(
        "presence", conversation=mine.id, agents=[{"agent": BEN, "is_typing": True}]
    )
    expect(console.part("watchers")).to_have_text("Ben Okafor is writing here.")
    desk.tell(
        "typing", conversation=mine.id, sender="contact", on=True, expires_in_ms=60_000
    )
    expect(console.part("contact-types")).to_have_text("Noor Haddad is typing …")
    desk.say(mine, "Here I am")
    expect(console.part("contact-types")).to_have_text("")


def test_an_old_conversation_is_read_backwards_and_keeps_its_place(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    for number in range(249):
        mine.add(f"Message {number}")
    console.visit(mine, "mine")
    expect(console.page.locator("[data-seq='250']")).to_be_in_viewport()
    console.transcript.evaluate("it => it.scrollTop = 250")
    expect(console.page.locator("[data-seq='60']")).to_have_count(1)
    top = console.transcript.evaluate("it => it.scrollTop")
    assert top > 500
    desk.say(mine, "The newest")
    console.button("New messages").click()
    expect(console.transcript.get_by_text("The newest")).to_be_in_viewport()


def test_what_the_assistant_made_of_it_opens_to_the_runners_up(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(talk, "mine")
    turn = console.page.locator("[data-seq='3'] .understood")
    expect(turn.locator("summary")).to_contain_text("My invitation link has expired")
    expect(turn.locator("summary")).to_contain_text("88 %")
    turn.locator("summary").click()
    expect(turn).to_contain_text("I forgot my password")
    expect(turn).to_contain_text("Ask for a mail to the address")
    expect(turn).to_contain_text("went wrong")
    again = talk.messages[10] | {"turn": talk.messages[2]["turn"]}
    desk.tell("message", conversation=talk.id, message=again)
    expect(console.page.locator("[data-seq='11'] summary")).to_contain_text("88 %")


VERBS = [
    ("Hand back to the assistant", "hand_back", "The assistant has it again."),
    ("Back to the queue", "release", "It is back in the queue."),
    ("Resolve", "resolve", "Resolved. Well done."),
]


@pytest.mark.parametrize(("label", "verb", "said"), VERBS)
def test_verbs(
    console: Console, desk: ConsoleServer, mine: Talk, label: str, verb: str, said: str
) -> None:
    console.visit(mine, "mine")
    epoch = mine.summary["epoch"]
    console.button(label).click()
    console.told(said)
    assert desk.requests[-1][
        1
    ] == f"/api/console/conversations/{mine.id}/{verb}" or any(
        path.endswith(verb) for _, path, _ in desk.requests
    )
    assert mine.summary["epoch"] == epoch + 1
    expect(console.button("Reply")).to_be_hidden()


def test_transfer_to_a_colleague_or_a_team_with_a_note(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine").press("t")
    expect(console.page.get_by_role("radio", name="Dan Weiss")).to_be_disabled()
    console.button("Transfer").last.click()
    expect(console.dialog).to_contain_text("Please choose somebody.")
    console.page.keyboard.type("ben")
    console.page.get_by_role("radio", name="Ben Okafor").check()
    console.page.get_by_label("What should they know?").fill("They know the admin.")
    console.button("Transfer").last.click()
    console.told("Noor Haddad is passed to Ben Okafor.")
    body = desk.wait_for_request("POST", "/transfer")
    assert body == {"agent": BEN["id"], "note": "They know the admin."}
    console.press("c")
    console.told("It is yours now.")
    console.press("Escape", "t")
    console.page.get_by_role("radio", name="Doors").check()
    console.press("Enter")
    console.told("Noor Haddad is passed to Doors.")
    assert desk.asked("POST", "/transfer")[-1] == {"team": TEAM["id"]}


def test_snooze_offers_the_usual_times(
    console: Console, desk: ConsoleServer, mine: Talk
) -> None:
    console.visit(mine, "mine").press("s")
    expect(console.dialog.get_by_role("button", name="In one hour")).to_be_focused()
    console.page.get_by_label("Another time").fill("2020-01-01T09:00")
    console.dialog.locator("form").evaluate("form => form.noValidate = true")
    console.dialog.get_by_role("button", name="Snooze").click()
    expect(console.dialog).to_contain_text("within the next 90 days")
    console.button(re.compile("Tomorrow morning")).click()
    console.told("It sleeps now. If Noor Haddad writes, it wakes up.")
    assert mine.summary["status"] == "snoozed"
    names = console.import_module(
        "snooze.js",
        "m.choicesFrom(new Date(v)).map(([n, at]) => [n, at.getDay(), at.getHours()])",
        "2026-11-29T15:00",
    )
    assert names == [["snoozeHour", 0, 16], ["snoozeTomorrow", 1, 9]]
