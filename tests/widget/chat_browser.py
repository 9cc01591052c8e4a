"""What a person does with the chat, and what they see of it."""

import re
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.widget.chat_server import ChatServer

# What Chromium itself writes when a line breaks; tests break lines on purpose.
OF_THE_LINE = re.compile(
    r"WebSocket connection to|Failed to load resource|net::ERR_|ERR_INTERNET"
)


class Chat:
    """One tab with the widget on its page."""

    def __init__(self, page: Page, server: ChatServer) -> None:
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def visit(self, path: str = "/", **options: str) -> "Chat":
        """Go to a page; options become the script tag's `data-*`."""
        query = " ".join(f"data-{name}={value}" for name, value in options.items())
        mark = "&" if "?" in path else "?"
        self.page.goto(f"{path}{mark}options={query}" if options else path)
        self.page.locator("latchkey-chat[data-ready]").wait_for(state="attached")
        return self

    def open(self) -> "Chat":
        """Press the launcher and wait until the line is up."""
        self.launcher.click()
        return self.joined()

    def joined(self) -> "Chat":
        """Wait until the server knows this tab."""
        ready = (
            "() => document.querySelector('latchkey-chat').dataset.state === 'online'"
        )
        self.page.wait_for_function(ready)
        return self

    def say(self, text: str) -> None:
        """Type something and send it."""
        self.field.fill(text)
        self.field.press("Enter")

    def reads(self, *texts: str | re.Pattern[str]) -> None:
        """Wait until exactly these messages are shown, in this order."""
        expect(self.page.locator(".row .bubble:visible:not(.dots)")).to_have_text(
            list(texts)
        )

    def has_sent_all(self) -> None:
        """Wait until nothing waits to be sent."""
        expect(self.page.locator(".is-waiting")).to_have_count(0)

    def part(self, name: str) -> Locator:
        """Return a part of the chat by its name."""
        return self.page.locator(f"[data-part={name}]")

    def button(self, name: str) -> Locator:
        """Return a button by what it is called."""
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, action: str) -> None:
        """Choose an entry of the menu in the header."""
        self.button("More").click()
        self.button(action).click()

    def import_module(self, name: str, expression: str, value: Any = None) -> Any:
        """Evaluate something with one of the chat's modules as `m`."""
        body = f"import('/static/chat/{name}').then((m) => ({expression})(value))"
        return self.page.evaluate(f"(value) => {body}", value)

    @property
    def launcher(self) -> Locator:
        """The button that opens the window."""
        return self.page.locator(".launcher")

    @property
    def window(self) -> Locator:
        """The window itself."""
        return self.page.get_by_role("dialog", name="help")

    @property
    def field(self) -> Locator:
        """Where messages are written."""
        return self.page.get_by_role("textbox", name="Your message")

    def focuses(self, name: str) -> None:
        """Wait until the focus is on what is called so."""
        self.page.wait_for_function(
            """(name) => {
  let it = document.activeElement;
  while (it?.shadowRoot?.activeElement) it = it.shadowRoot.activeElement;
  return (it?.getAttribute("aria-label") || it?.textContent.trim()) === name;
}""",
            arg=name,
        )

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not OF_THE_LINE.search(message.text):
            self.complaints.append(message.text)
