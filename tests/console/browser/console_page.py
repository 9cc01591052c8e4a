"""What an agent does with the console, and what they see of it."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.console.browser.console_record import Json, Talk
from tests.console.browser.console_server import COOKIE, ConsoleServer

# What Chromium itself writes when a request is refused; tests have requests refused.
OF_THE_LINE = re.compile(r"WebSocket connection to|Failed to load resource|net::ERR_")


class Console:
    """One tab with the console."""

    def __init__(self, page: Page, server: ConsoleServer) -> None:
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def visit(self, talk: Talk | None = None, view: str = "queue") -> "Console":
        """Go to the console; perhaps straight to a conversation."""
        at = f"&conversation={talk.id}" if talk else ""
        self.page.goto(f"/console?view={view}{at}")
        self.page.locator("#console[data-ready]").wait_for(state="attached")
        self.server.wait_for_frame("watch")
        if talk:
            expect(self.transcript).to_be_visible()
        return self

    def open(self, name: str) -> "Console":
        """Press a row of the list and wait for the conversation."""
        self.row(name).click()
        expect(self.page.locator(".conversation-name")).to_have_text(name)
        return self

    def press(self, *keys: str) -> "Console":
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def write(self, text: str) -> None:
        """Write something where messages are written, and send it."""
        self.field.fill(text)
        self.field.press("Enter")

    def reads(self, *texts: str | re.Pattern[str]) -> None:
        """Wait until exactly these messages are shown, in this order."""
        expect(
            self.page.locator(".message :is(.bubble, .activity-text > span)")
        ).to_have_text(list(texts))

    def told(self, text: str | re.Pattern[str]) -> None:
        """Wait until the console has said something."""
        expect(self.part("toasts").get_by_text(text).first).to_be_visible()

    def row(self, name: str) -> Locator:
        """Return a row of the list."""
        return self.page.get_by_role("option").filter(
            has=self.page.locator(".row-name", has_text=name)
        )

    def names(self, *names: str) -> None:
        """Wait until the list shows exactly these people, in this order."""
        # Rows are recycled, so their order on the page is not the order that is seen.
        script = """() => [...document.querySelectorAll("[role=option].row")]
          .filter((it) => it.checkVisibility())
          .sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
          .map((it) => it.querySelector(".row-name").textContent).join("|")"""
        self.page.wait_for_function(
            f"(names) => ({script})() === names", arg="|".join(names)
        )

    def part(self, name: str) -> Locator:
        """Return a part of the page by its name."""
        return self.page.locator(f"[data-part={name}]")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """Return a button by what it is called."""
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    def view(self, name: str) -> Locator:
        """Return the entry of a view."""
        return self.page.locator(f"[data-view={name}]")

    @property
    def field(self) -> Locator:
        """Where replies and notes are written."""
        return self.page.locator(".composer-field")

    @property
    def transcript(self) -> Locator:
        """The messages."""
        return self.page.get_by_role("log")

    @property
    def dialog(self) -> Locator:
        """The window that is open."""
        return self.page.get_by_role("dialog")

    @property
    def heading(self) -> Locator:
        """The name of the open conversation."""
        return self.page.locator(".conversation-name")

    def import_module(self, name: str, expression: str, value: Any = None) -> Any:
        """Evaluate something with one of the console's modules as `m`."""
        body = f"import('/static/console/{name}').then((m) => {expression})"
        return self.page.evaluate(f"(v) => {body}", value)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not OF_THE_LINE.search(message.text):
            self.complaints.append(message.text)


def sign_in(context: BrowserContext, server: ConsoleServer, agent: Json) -> None:
    """Give a profile the cookie of an agent."""
    context.add_cookies([{"name": COOKIE, "value": agent["id"], "url": server.origin}])
