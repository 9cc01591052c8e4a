"""A person with three conversations is erased from the running product."""

import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from uuid import uuid4

import pytest
from click.testing import Result
from playwright.sync_api import Browser, expect
from typer.testing import CliRunner

from cli import record
from cli.__main__ import app
from tests.accounts.people import new_address
from tests.console.agent_client import AgentClient, add_person
from tests.e2e.full_stack import FullStack
from tests.e2e.test_help_site import expect_said, open_chat, say
from tests.helpdesk.chat_client import ChatClient

KNOWS_LOG_IN = "e-mail address you used for registration"


def run(product: FullStack, *words: str) -> Result:
    """Run a command in the place of the product's own."""
    with pytest.MonkeyPatch.context() as patch:
        here = SimpleNamespace(on=lambda _ports: product.stack)
        patch.setattr(record, "Stack", here)
        # A browser's loop runs in this thread.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(CliRunner().invoke, app, list(words)).result()


def talk(chat: ChatClient, email: str, marker: str) -> None:
    """Have three conversations: a mail, a question, and a wish for a person."""
    for number, said in enumerate(
        (
            f"please reset the password of {email}",
            f"{email} again, where is my {marker}?",
            f"I am {email}, let me talk to a human",
        )
    ):
        if number:
            chat.send("start_over", {"client_id": str(uuid4())})
            chat.next("joined")
            chat.messages.clear()
        answer = chat.ask(said)
        if not number:
            chat.press(answer["buttons"][0]["id"])
            chat.hear()


def test_nothing_of_an_erased_person_is_in_any_file(product: FullStack) -> None:
    email, marker = new_address("erased"), f"xylophone{uuid4().hex}"
    said_before = {
        log: len(log.read_text(errors="replace")) for log in product.log_files
    }
    agent = AgentClient(product.site, add_person(product.record_url))
    agent.sign_in()
    with ChatClient.of_new_contact(product.site) as chat:
        talk(chat, email, marker)
        product.accounts.next_mail(email)
        found = product.kept_with([email, marker])
        # In the database or still in its log, whichever it has come to.
        assert {"outbox", "tracker.db", "helpdesk.db"} <= {
            name.partition("/")[0].removesuffix("-wal") for name in found
        }
        ended = run(product, "erase", email, "--yes", "--json")
        report = json.loads(ended.stdout)
        assert ended.exit_code == 0, report
        assert report["conversations"] == 3
        assert report["done"]["assistant"]["trackers"] >= 3
        assert product.kept_with([email, marker]) == {}
        late = {"client_id": str(uuid4()), "text": "hello?"}
        assert chat.refusal("message", late) == "unauthorized"
    assert run(product, "audit", "verify").exit_code == 0
    for log in product.log_files:
        said = log.read_text(errors="replace")[said_before[log] :]
        assert "Traceback" not in said, log


def test_the_chat_begins_anew_for_whoever_was_erased(
    product: FullStack, chromium: Browser
) -> None:
    email = new_address("anew")
    context = chromium.new_context(base_url=product.site)
    page = context.new_page()
    page.goto("/chat")
    open_chat(page)
    say(page, f"how do I log in? I am {email}")
    expect_said(page, KNOWS_LOG_IN)
    assert run(product, "erase", email, "--yes").exit_code == 0
    say(page, "how long is an invitation valid?")
    expect_said(page, "72 hours")
    expect(page.locator("latchkey-chat").get_by_text(email)).to_have_count(0)
    context.close()
