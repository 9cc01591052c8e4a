"""The page and the real help desk together: nothing between them is scripted."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from helpdesk.desk.command_payloads import read_payload
from helpdesk.store.words import Role
from helpdesk.web.agents import COOKIE
from tests.conftest import PATIENCE_MS
from tests.console.agent_client import AgentClient
from tests.console.browser.console_page import Console
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import Said, ScriptedAssistant, Turn

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
        context.set_default_timeout(PATIENCE_MS)
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


def test_an_admin_resends_one_and_a_second_one_agrees_to_many(
    consoles: Consoles,
    helpdesk: HelpdeskRun,
    assistant: ScriptedAssistant,
    admin: AgentClient,
) -> None:
    assistant.reset()
    assistant.more = carried_out
    other = AgentClient.of_new_agent(helpdesk, "Ola Berg", Role.ADMIN)
    sam, ola = consoles.of(admin), consoles.of(other)
    sam.press("/")
    line = sam.page.locator(".command-text")
    sam.page.keyboard.type("resend ana@example.com")
    sam.press("Enter")
    card = sam.page.get_by_role("group", name="New invitation")
    expect(card).to_contain_text("a•••@example.com")
    expect(card).to_contain_text("The link works for 2 days 23 hours")
    line.fill("/resend expired")
    line.press("Enter")
    sam.button("Send 3 invitations").click()
    run = sam.page.get_by_role("group", name="Mails to many")
    expect(run).to_contain_text("Waits for a second person")
    ola.page.locator("[data-aid=approvals]").click()
    wish = ola.dialog.get_by_role("listitem").filter(has_text="Sam Okafor asked")
    expect(wish).to_contain_text("It sends mails to many people at once.")
    wish.get_by_role("button", name="Approve").click()
    expect(wish.first).to_contain_text("Approved by Ola Berg")
    expect(run).to_contain_text("3 of 3 sent", timeout=30_000)


def test_a_command_in_a_reply_is_not_sent_to_the_contact(
    consoles: Consoles,
    helpdesk: HelpdeskRun,
    assistant: ScriptedAssistant,
    agent: AgentClient,
) -> None:
    assistant.reset()
    assistant.handoff = {"reason": "asked"}
    contact = ChatClient.of_new_contact(helpdesk.base_url)
    contact.press("person")
    ana = consoles.of(agent)
    ana.page.get_by_role("option").first.click()
    ana.button("Take").first.click()
    ana.told("It is yours now.")
    ana.write("/resend ana@example.com")
    expect(ana.part("not-sent")).to_contain_text("the contact would have read it")
    ana.button("Give it to the assistant").click()
    ana.press("Enter")
    expect(ana.part("assistant")).to_contain_text("Only admins may use /resend")
    # Not even what the assistant is told when a person takes over has a command in it.
    sent = {turn["payload"] for turn in assistant.turns}
    assert "/talk_to_human" in sent
    assert not [payload for payload in sent if read_payload(payload or "")]


def carried_out(turn: Turn) -> Said:
    """Answer a command as the assistant does: with a receipt, or with a plan."""
    command, arguments = read_payload(turn["payload"] or "") or ("", {})
    if command == "resend_expired":
        people = [f"{name}@example.com" for name in ("ada", "bob", "eve")]
        plan = {"command": "resend", "arguments": {}, "addresses": people, "total": 3}
        return {"plan": plan}
    until = datetime.now(UTC) + timedelta(hours=72)
    known = {"action": "recovery.requested", "kind": "invite", "result": "accepted"}
    known |= {"address": arguments["address"], "expires_at": until.isoformat()}
    return {"receipts": [known | {"key": turn["message_id"]}]}
