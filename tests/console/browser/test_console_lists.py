"""The lists: who is in them, in which order, live, and with ten thousand lines."""

from playwright.sync_api import expect

from tests.console.browser.console_page import Console
from tests.console.browser.console_record import ANA, BEN
from tests.console.browser.console_scenes import fill
from tests.console.browser.console_server import ConsoleServer

# Down in steps as a wheel does, a thousand lines; pages come on the way.
SCROLL = """async (list) => {
  let most = 0;
  for (let step = 0; step < 3000 && list.scrollTop < 92 * 1000; step++) {
    list.scrollTop += 1500;
    await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 5)));
    most = Math.max(most, list.querySelectorAll("[role=option]").length);
  }
  return most;
}"""


def test_an_empty_queue_explains_itself(console: Console) -> None:
    console.visit()
    expect(console.part("empty")).to_contain_text("Nobody is waiting.")
    for view in ("mine", "team", "all", "snoozed", "resolved", "mentions"):
        console.view(view).click()
        expect(console.part("empty").locator("p")).to_have_count(2)
        expect(console.view(view)).to_have_attribute("aria-current", "page")
    expect(console.page.get_by_text("No conversation is open.")).to_be_visible()


def test_the_queue_has_the_returned_in_front_and_then_the_longest_wait(
    console: Console, desk: ConsoleServer
) -> None:
    fill(desk, ANA)
    console.visit()
    visitor = next(
        t for t in desk.record.talks.values() if not t.summary["contact"]["name"]
    )
    console.names(
        *("Femi Adeyemi", "Marta Kowalska"),
        *(f"Visitor {visitor.summary['number'][:4]}", "Jonas Lindqvist"),
    )
    row = console.row("Femi Adeyemi")
    expect(row).to_contain_text("Returned")
    expect(row).to_contain_text("26 min")
    expect(row).to_contain_text("I forgot my password")
    expect(row).to_contain_text("1 unread message")
    expect(console.view("queue")).to_contain_text("4")


def test_a_handoff_appears_at_once_and_a_claim_elsewhere_takes_it_away(
    console: Console, desk: ConsoleServer
) -> None:
    console.visit()
    talk = desk.record.begin("Noor", minutes=4)
    desk.say(talk, "A person please")
    console.names("Noor")
    older = desk.record.begin("Amal", minutes=9)
    desk.changed(older)
    console.names("Amal", "Noor")
    talk.become("agent", BEN)
    desk.changed(talk)
    console.names("Amal")
    console.view("team").click()
    console.names("Noor")
    expect(console.row("Noor")).to_contain_text("Ben Okafor")
    expect(console.page).to_have_title("(1) Console · SALTO KS help")
    older.become("agent", BEN)
    desk.changed(older)
    expect(console.page).to_have_title("Console · SALTO KS help")


def test_the_wait_goes_on_by_itself(console: Console, desk: ConsoleServer) -> None:
    console.page.clock.install()
    desk.record.begin("Noor", minutes=0)
    console.visit()
    expect(console.row("Noor")).to_contain_text("just now")
    console.page.clock.fast_forward(130_000)
    expect(console.row("Noor")).to_contain_text("2 min")


def test_an_older_page_never_undoes_what_the_socket_said(
    console: Console, desk: ConsoleServer
) -> None:
    talk = desk.record.begin("Noor")
    talk.add("Hello?")
    console.visit()
    console.names("Noor")
    talk.become("agent", BEN)
    desk.changed(talk)
    console.names()
    talk.summary = talk.summary | {"owner": "queue", "agent": None, "epoch": 1}
    desk.changed(talk)
    console.view("all").click()
    console.names("Noor")
    expect(console.row("Noor")).to_contain_text("Ben Okafor")


def test_thousands_of_conversations_scroll_as_cheaply_as_a_few(
    console: Console, desk: ConsoleServer
) -> None:
    for number in range(2_500):
        talk = desk.record.begin(f"Contact {number}", minutes=2_500 - number)
        talk.summary |= {"last_text": "It says that the link has expired. " * 3}
    console.visit()
    console.names(*(f"Contact {n}" for n in range(len(visible(console)))))
    rows = console.page.locator(".list").first.evaluate(SCROLL)
    assert rows < 40
    assert max(visible(console)) >= 1_000
    position = console.page.locator(".list").first.evaluate("it => it.scrollTop")
    first = desk.record.begin("Newcomer", minutes=5_000)
    desk.changed(first)
    console.page.wait_for_function(
        "(before) => document.querySelector('.list').scrollTop === before + 92",
        arg=position,
    )


def visible(console: Console) -> list[int]:
    """Return the numbers of the rows that are on the page."""
    names = console.page.locator(".row-name")
    names.first.wait_for()
    return [
        int(n.split()[-1]) for n in names.all_inner_texts() if n.startswith("Contact")
    ]


def test_a_search_marks_its_hits_and_jumps_to_the_message(
    console: Console, desk: ConsoleServer
) -> None:
    talk = desk.record.begin("Noor Haddad")
    for number in range(260):
        talk.add(f"Message {number}", minutes=300 - number)
    desk.results = [
        {
            "conversation": talk.summary,
            "seq": 12,
            "sender": "contact",
            "created_at": talk.messages[11]["created_at"],
            "passage": [
                {"text": "It says ", "hit": False},
                {"text": "expired", "hit": True},
            ],
        }
    ]
    console.visit().press("f")
    console.page.keyboard.type("expired")
    expect(console.row("Noor Haddad").locator("mark")).to_have_text("expired")
    console.press("Enter", "Enter")
    found = console.page.locator("[data-seq='12']")
    expect(found).to_be_in_viewport()
    expect(found).to_be_focused()
    assert desk.asked("GET", "/search")
    desk.results = []
    console.press("f")
    console.page.keyboard.type("nothing like it")
    expect(console.part("empty")).to_contain_text("Nothing was found for")
    console.press("Escape")
    console.names("Noor Haddad")


def test_a_mention_leads_to_its_note_and_is_seen(
    console: Console, desk: ConsoleServer
) -> None:
    talk = fill(desk, ANA)
    console.visit(view="mentions")
    console.row("Noor Haddad").click()
    expect(console.page.locator("[data-seq='6']")).to_be_focused()
    body = desk.wait_for_request("PUT", "/mentions/seen")
    assert body == {"conversation": talk.id, "seq": 6}


def test_a_list_that_cannot_be_fetched_says_so_and_tries_again(
    console: Console, desk: ConsoleServer
) -> None:
    desk.record.begin("Noor")
    desk.refusals = [("/conversations", 503, {"code": "unavailable"})]
    console.visit()
    expect(console.part("empty")).to_contain_text("The list could not be fetched.")
    console.button("Try again").click()
    console.names("Noor")
