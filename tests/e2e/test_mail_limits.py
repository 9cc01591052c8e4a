"""The seventh mail within an hour, in the running product with the limits people meet."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.accounts.people import new_address
from tests.e2e.full_stack import FullStack
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun, run_helpdesk


@pytest.fixture
def limited(product: FullStack, tmp_path: Path) -> Iterator[HelpdeskRun]:
    """A help desk of its own in front of the running product."""
    addresses = {
        "LATCHKEY_RASA_URL": product.stack.url("rasa"),
        "LATCHKEY_ACCOUNTS_URL": product.backend.url,
    }
    with run_helpdesk(tmp_path, **product.stack.keys, **addresses) as running:
        yield running


def ask_for_reset(chat: ChatClient, email: str) -> str:
    """Ask for a password reset and agree; return what is said then."""
    question = chat.ask(f"please reset the password of {email}")
    chat.press(question["buttons"][0]["id"])
    return str(chat.hear()["text"])


def test_the_seventh_mail_is_refused_kindly_and_talking_goes_on(
    product: FullStack, limited: HelpdeskRun
) -> None:
    emails = [new_address(f"mail{number}") for number in range(8)]
    with ChatClient.of_new_contact(limited.base_url) as chat:
        for email in emails[:6]:
            assert "on its way" in ask_for_reset(chat, email)
        chat.send("start_over", {"client_id": str(uuid4())})
        chat.next("joined")
        chat.messages.clear()
        refused = ask_for_reset(chat, emails[6])
        assert "Nothing was sent" in refused
        assert "in an hour" in refused
        assert emails[6] not in refused
        assert "72 hours" in chat.ask("how long is my invitation valid?")["text"]
    with ChatClient.of_new_contact(limited.base_url) as other:
        assert "on its way" in ask_for_reset(other, emails[7])
    product.accounts.next_mail(emails[7])  # the queue is in order
    mails = [len(product.accounts.mails(email)) for email in emails]
    assert mails == [1] * 6 + [0, 1]
