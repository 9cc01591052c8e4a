"""By keyboard, by ear, in the dark, on a small phone, without motion."""

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer

SCHEMES = [{"color_scheme": scheme} for scheme in ("light", "dark")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
LOOKS = [SCHEMES[0], PHONE | SCHEMES[1]]  # each scheme, and each size, once
SMALL_PHONE = {"viewport": {"width": 320, "height": 560}, "has_touch": True}
MOVING = "document.querySelector('latchkey-chat').shadowRoot.getAnimations()"
# The dots of "is typing" never come to rest, and need not.
AT_REST = f"""() => Promise.all({MOVING}
  .filter((it) => Number.isFinite(it.effect.getComputedTiming().endTime))
  .map((it) => it.finished.catch(() => null)))"""
# Remembers whatever is ever put into the live region.
LISTEN = """() => {
  window.heard = [];
  const region = document.querySelector("latchkey-chat").shadowRoot
    .querySelector("[data-part=announcer]");
  new MutationObserver((changes) => changes.forEach(({addedNodes}) =>
    addedNodes.forEach((node) => window.heard.push(node.textContent))
  )).observe(region, { childList: true });
}"""


def check_rules(chat: Chat) -> None:
    """No rule of axe is broken anywhere on the page."""
    chat.page.evaluate(AT_REST)
    assert violations(chat.page) == []


def fill(help_desk: ChatServer) -> None:
    """A conversation with everything that a conversation can have."""
    talk = help_desk.talk
    help_desk.record("Old?", buttons=[{"id": "1.1", "title": "Old choice"}])
    talk.take({"client_id": "a", "button": "1.1"})
    talk.messages[-1]["redactions"] = ["password", "link"]
    link = {
        "slug": "x",
        "title": "An article",
        "url": "/articles/x",
        "passage": [{"text": "Some ", "hit": False}, {"text": "words", "hit": True}],
    }
    help_desk.record("Maria joined.", "system")
    help_desk.record("Hello, `Maria` [here](https://a.example).", "agent", name="Maria")
    help_desk.record("- **Do** this", article=link, results=[link])
    help_desk.record("New?", buttons=[{"id": "6.1", "title": "New choice"}])


@pytest.mark.parametrize("profile", SCHEMES, indirect=True)
def test_no_rule_of_axe_is_broken(chat: Chat, help_desk: ChatServer) -> None:
    chat.visit()
    check_rules(chat)
    chat.open()
    check_rules(chat)
    fill(help_desk)
    chat.page.reload()
    expect(chat.button("New choice")).to_be_visible()
    check_rules(chat)
    chat.button("More").click()
    check_rules(chat)
    chat.page.keyboard.press("Escape")
    help_desk.refusals = [{"code": "internal_error"}]
    chat.say("fails")
    chat.page.locator(".is-failed").wait_for()
    help_desk.tell("typing", sender="assistant", on=True, expires_in_ms=60_000)
    help_desk.is_down = True
    help_desk.drop_sockets()
    expect(chat.part("banner")).to_contain_text("kept")
    check_rules(chat)
    chat.say("my password is Sunny-Day42")
    chat.focuses("Send without it")
    check_rules(chat)


@pytest.mark.parametrize(
    "profile", [SMALL_PHONE, SMALL_PHONE | SCHEMES[1]], indirect=True
)
def test_the_page_of_the_chat_breaks_no_rule_and_fits_a_small_phone(
    chat: Chat, help_desk: ChatServer
) -> None:
    fill(help_desk)
    chat.visit("/chat").joined()
    expect(chat.button("New choice")).to_be_visible()
    check_rules(chat)
    assert chat.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    log = chat.page.locator("[role=log]")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth")


@pytest.mark.parametrize("profile", [PHONE], indirect=True)
def test_everything_that_can_be_pressed_is_large_enough(
    chat: Chat, help_desk: ChatServer
) -> None:
    fill(help_desk)
    chat.visit().open()
    chat.button("More").click()
    small = """all => all.filter((it) => {
      const { width, height } = it.getBoundingClientRect();
      return it.checkVisibility() && (height < 44 || width < 44);
    }).map((it) => it.outerHTML)"""
    pressable = chat.page.locator(
        "latchkey-chat :is(button, textarea, .article, .results a)"
    )
    assert pressable.count() > 8
    assert pressable.evaluate_all(small) == []


def test_focus_goes_into_the_window_and_back(chat: Chat) -> None:
    chat.visit()
    chat.page.get_by_role("link", name="Send me").focus()
    chat.page.keyboard.press("Tab")
    chat.focuses("Chat with us")
    chat.page.keyboard.press("Enter")
    chat.focuses("Your message")
    expect(chat.launcher).to_be_hidden()
    chat.page.keyboard.press("Escape")
    expect(chat.window).to_be_hidden()
    chat.focuses("Chat with us")
    # Closed, it is one stop on the way through the page and holds nobody.
    chat.page.keyboard.press("Shift+Tab")
    chat.focuses("Send me a new invitation")


def test_the_order_of_tabs_is_the_order_of_the_window(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("Well?", buttons=[{"id": "1.1", "title": "Yes"}])
    chat.visit().open()
    chat.field.fill("x")
    chat.page.locator("#title").focus()
    order = ["More", "Close the chat", "Conversation", "Yes", "Your message"]
    order += ["Attach a picture or a PDF", "Send"]
    for name in order:
        chat.page.keyboard.press("Tab")
        chat.focuses(name)


def test_the_menu_and_its_questions_are_left_by_escape_alone(chat: Chat) -> None:
    chat.visit().open()
    chat.button("More").press("Enter")
    chat.page.keyboard.press("ArrowDown")
    chat.focuses("Talk to a person")
    chat.page.keyboard.press("ArrowUp")
    chat.focuses("Start over")
    chat.page.keyboard.press("Escape")
    chat.focuses("More")
    expect(chat.button("Start over")).to_be_hidden()
    chat.choose("Start over")
    chat.focuses("Keep this one")
    chat.page.keyboard.press("Escape")
    chat.focuses("More")
    expect(chat.window).to_be_visible()


@pytest.mark.parametrize("profile", [PHONE], indirect=True)
def test_on_a_phone_the_window_fills_the_screen_and_holds_the_focus(chat: Chat) -> None:
    chat.visit().open()
    chat.focuses("SALTO KS help")  # no keyboard jumps up before it is asked for
    box = chat.window.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    for _ in range(12):
        chat.page.keyboard.press("Tab")
        inside = (
            "() => ['LATCHKEY-CHAT', 'BODY'].includes(document.activeElement.nodeName)"
        )
        assert chat.page.evaluate(inside)
    chat.page.keyboard.press("Escape")
    chat.focuses("Chat with us")


def test_new_messages_are_announced_once_and_history_never(
    chat: Chat, help_desk: ChatServer
) -> None:
    help_desk.record("History.")
    chat.visit().open()
    chat.page.evaluate(LISTEN)
    chat.say("mine")
    chat.has_sent_all()
    first = help_desk.say("A **new** one.", buttons=[{"id": "3.1", "title": "Yes"}])
    help_desk.tell("message", **first)
    help_desk.drop_sockets()
    help_desk.record("Missed meanwhile.")
    chat.reads("History.", "mine", "A new one.", "Missed meanwhile.")
    assert chat.page.evaluate("heard") == [
        "Assistant: A new one. Choices: Yes",
        "Assistant: Missed meanwhile.",
    ]
    expect(chat.page.locator("[role=log]")).to_have_attribute("aria-live", "off")


def test_an_input_method_may_use_enter_and_shift_begins_a_line(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open()
    chat.field.fill("に")
    chat.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    chat.field.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(chat.field).to_have_value("に")
    one_line = chat.field.bounding_box()
    chat.field.press("Shift+Enter")
    chat.field.press_sequentially("two")
    two_lines = chat.field.bounding_box()
    assert one_line
    assert two_lines
    assert two_lines["height"] > one_line["height"]
    chat.field.press("Enter")
    chat.reads("に\ntwo")
    assert [f["text"] for f in help_desk.frames_of("message")] == ["に\ntwo"]


def test_too_long_a_text_is_said_before_it_is_sent(chat: Chat) -> None:
    chat.visit().open()
    chat.field.fill("x" * 4002)
    expect(chat.page.get_by_text("2 characters too many")).to_be_visible()
    expect(chat.button("Send")).to_be_disabled()
    chat.field.press("Enter")
    chat.reads()


@pytest.mark.parametrize(
    ("profile", "moves"),
    [
        ({"reduced_motion": "reduce"}, False),
        ({"reduced_motion": "no-preference"}, True),
    ],
    indirect=["profile"],
)
def test_nothing_moves_for_those_who_do_not_want_it(
    chat: Chat, help_desk: ChatServer, moves: bool
) -> None:
    chat.visit().open()
    help_desk.tell("typing", sender="assistant", on=True, expires_in_ms=60_000)
    expect(chat.part("typing")).to_be_visible()
    assert bool(chat.page.evaluate(f"{MOVING}.length")) is moves


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_site_may_choose_scheme_and_colours(chat: Chat, theme: str) -> None:
    chat.visit(theme=theme).open()
    ground = chat.window.evaluate("it => getComputedStyle(it).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    chat.page.evaluate(
        "document.documentElement.style.setProperty('--latchkey-accent', '#0a6b50')"
    )
    mark = chat.page.locator(".mark")
    colour = mark.evaluate("it => getComputedStyle(it).backgroundColor")
    assert colour == "rgb(10, 107, 80)"
