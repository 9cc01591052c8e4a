"""The page and the real help desk together: nothing between them is scripted."""

from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from helpdesk.web.agents import COOKIE
from tests.console.agent_client import AgentClient
from tests.console.browser.console_page import Console
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

DESKTOP: Any = {"viewport": {"width": 1440, "height": 900}}


class Consoles:
    """Opens the console for agents, each in a browser of their own."""

    def __init__(self, chromium: Browser, helpdesk: HelpdeskRun) -> None:
        self.chromium = chromium
        self.helpdesk = helpdesk
        self.closing = ExitStack()
        self.opened: list[Console] = []

    def of(self, agent: AgentClient) -> Console:
        """Open the console; wait until it is there."""
        url = self.helpdesk.base_url
        context = self.chromium.new_context(base_url=url, **DESKTOP)
        self.closing.callback(context.close)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": COOKIE, "value": agent.token, "url": url}])
        nobody: Any = SimpleNamespace()
        console = Console(context.new_page(), nobody)
        self.opened.append(console)
        console.page.goto("/console")
        console.page.locator("#console[data-ready]").wait_for(state="attached")
        return console


@pytest.fixture
def consoles(chromium: Browser, helpdesk: HelpdeskRun) -> Iterator[Consoles]:
    """The consoles of agents. The test fails if a browser complains about anything."""
    consoles = Consoles(chromium, helpdesk)
    yield consoles
    consoles.closing.close()
    assert [each.complaints for each in consoles.opened] == [
        [] for _ in consoles.opened
    ]


def test_only_those_who_have_signed_in_see_the_page(helpdesk: HelpdeskRun) -> None:
    answer = requests.get(
        f"{helpdesk.base_url}/console?view=mine", allow_redirects=False, timeout=10
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/console/sign-in?next=/console")


def test_the_page_is_kept_by_nobody_and_runs_only_our_own_scripts(
    agent: AgentClient,
) -> None:
    answer = agent.get("/console")
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert 'name="form_token" value="' in answer.text


def test_a_contact_and_two_agents(
    consoles: Consoles,
    helpdesk: HelpdeskRun,
    assistant: ScriptedAssistant,
    agent: AgentClient,
    lead: AgentClient,
) -> None:
    ana, lea = consoles.of(agent), consoles.of(lead)
    assistant.reset()
    assistant.handoff = {"reason": "asked"}
    contact = ChatClient.of_new_contact(helpdesk.base_url)
    contact.press("person")
    row = ana.page.get_by_role("option").first
    expect(row).to_be_visible()
    row.click()
    ana.button("Take").first.click()
    ana.told("It is yours now.")
    expect(lea.part("empty")).to_contain_text("Nobody is waiting.")
    ana.write("Hello, how can I **help**?")
    expect(ana.page.locator(".message.agent:not(.is-outgoing) strong")).to_have_text(
        "help"
    )
    contact.post("I never got the mail")
    expect(ana.transcript).to_contain_text("I never got the mail")
    lea.view("all").click()
    lea.page.get_by_role("option").first.click()
    expect(lea.part("reason")).to_contain_text("Ana Costa has this conversation.")
    expect(ana.part("watchers")).to_contain_text("Lea Laurent")
    lea.press("n")
    lea.write("I know this one.")
    expect(ana.page.locator(".message.note")).to_contain_text("I know this one.")
    ana.press("Escape", "e")
    ana.told("Resolved. Well done.")
    expect(lea.page.locator(".conversation-state")).to_contain_text("Resolved")
