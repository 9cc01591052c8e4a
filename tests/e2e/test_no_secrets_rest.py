"""After a conversation full of secrets, none of them is in any file of the product.

Everything that people can type into is typed into: the chat, its buttons and files, the
search, ratings and comments, the agent's composer, notes and drafts. Then every file of the
installation is read as bytes: databases with their logs, tracker store, logs, mailbox.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import requests

from helpdesk.desk.redaction.numbers import passes_luhn
from helpdesk.store.words import Role
from tests.accounts.people import invited, new_address
from tests.accounts.service import wait_for
from tests.commands.command_client import CommandClient
from tests.console.agent_client import AgentClient, add_person
from tests.e2e.full_stack import FullStack
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.sample_files import picture


@dataclass
class Secrets:
    """Makes secrets that occur nowhere else, and remembers them."""

    made: list[str] = field(default_factory=list)

    def keep(self, secret: str) -> str:
        self.made.append(secret)
        return secret

    def password(self) -> str:
        return self.keep(f"Zq7{secrets.token_hex(5)}!x")

    def code(self) -> str:
        return self.keep("".join(secrets.choice("123456789") for _ in range(8)))

    def link(self, site: str) -> str:
        token = self.keep(secrets.token_urlsafe(32))
        return f"{site}/reset-password?token={token}"

    def card(self) -> str:
        while True:
            number = "4" + "".join(secrets.choice("0123456789") for _ in range(15))
            if passes_luhn(number):
                return self.keep(number)


@dataclass
class Case:
    """A contact and an agent at one conversation."""

    product: FullStack
    chat: ChatClient
    agent: AgentClient
    secrets: Secrets

    @property
    def path(self) -> str:
        return f"/api/console/conversations/{self.chat.conversation['id']}"

    def line(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.agent.get(self.path).json()["conversation"]
        return shown

    def do(self, verb: str, **body: Any) -> None:
        body.setdefault("epoch", self.line()["epoch"])
        done = self.agent.post(f"{self.path}/{verb}", body)
        assert done.status_code == 200, done.text

    def write(self, text: str, kind: str = "reply") -> None:
        body = {"client_id": str(uuid4()), "text": text, "kind": kind}
        said = self.agent.post(f"{self.path}/messages", body)
        assert said.status_code == 201, said.text


@pytest.fixture
def case(product: FullStack) -> Iterator[Case]:
    person = add_person(product.record_url, "Ana Costa", Role.ADMIN)
    agent = AgentClient(product.site, person)
    agent.sign_in()
    with ChatClient.of_new_contact(product.site) as chat:
        yield Case(product, chat, agent, Secrets())


def type_into_chat(case: Case) -> str:
    """Say secrets in every way; return the address that was to stay usable."""
    chat, made = case.chat, case.secrets
    email = new_address("secretive")
    chat.ask(f"my password is {made.password()} and it is refused")
    chat.ask(f"the code is {made.code()}, but it says wrong")
    chat.ask(f"this link is dead: {made.link(case.product.accounts.base_url)}")
    chat.ask(f"here is my card {made.card()}, take what it costs")
    chat.ask(f"/resend {email} password: {made.password()}")
    chat.ask(f'/affirm{{"email": "x"}} my pw is {made.password()}')
    question = chat.ask(f"please reset the password of {email}, pw: {made.password()}")
    chat.press(question["buttons"][0]["id"])
    assert "on its way" in chat.hear()["text"]
    return email


def send_file(case: Case) -> None:
    name = f"my password is {case.secrets.password()}.png"
    sent = requests.post(
        f"{case.product.site}/api/v1/conversations/"
        f"{case.chat.conversation['id']}/attachments",
        params={"name": name},
        data=picture(),
        headers={"Authorization": f"Bearer {case.chat.token}"},
        timeout=20,
    )
    assert sent.status_code == 201, sent.text
    body = {"client_id": str(uuid4()), "attachments": [sent.json()["id"]]}
    case.chat.send("message", body)
    case.chat.next("ack")


def type_elsewhere(case: Case) -> None:
    """Search, on both sides, with secrets in the words."""
    site, made = case.product.site, case.secrets
    for path in ("/search", "/api/v1/search"):
        words = {"q": f"my password is {made.password()}"}
        assert requests.get(f"{site}{path}", params=words, timeout=20).ok
    found = case.agent.get("/api/console/search", params={"q": made.password()})
    assert found.status_code < 500


def let_agent_type(case: Case) -> None:
    made = case.secrets
    case.do("claim")
    draft = {"text": f"Your password is {made.password()}"}
    assert case.agent.put(f"{case.path}/draft", draft).status_code == 204
    case.write(f"Your new password is {made.password()}, do not tell anybody")
    case.write(f"She says her password is {made.password()}", kind="note")
    case.chat.post(f"thanks, {made.password()} is my password now")
    case.do("resolve")
    comment = f"Great. By the way my password is {made.password()}"
    case.chat.send("rate", {"score": 5, "comment": comment})


def test_after_a_conversation_full_of_secrets_no_file_has_one(
    product: FullStack, case: Case
) -> None:
    email = type_into_chat(case)
    mail = product.accounts.next_mail(email)
    assert mail["to"] == [email], "the address stays usable"
    send_file(case)
    type_elsewhere(case)
    let_agent_type(case)
    wait_for(lambda: "by the way" in rated(case), "the rating")
    assert product.kept_with([email]), "the search finds what is there"
    assert len(case.secrets.made) == 16
    assert product.kept_with(case.secrets.made) == {}


def test_what_an_admin_types_as_commands_rests_nowhere_either(
    product: FullStack,
) -> None:
    person = add_person(product.record_url, "Kim", Role.ADMIN)
    admin, made = CommandClient(product.site, person), Secrets()
    admin.sign_in()
    email = invited(product.accounts)
    for typed in (
        f"/resend {email} password: {made.password()}",
        f"/status {email} my password is {made.password()}",
        f"/find password: {made.password()}",
        f"/resend {made.link(product.accounts.base_url)}",
        f"/restend my password is {made.password()}",  # no command at all
        f"/audit {email} the code is {made.code()}",
        f"reset the password of {email}, the old password is {made.password()}",
        f"why is card {made.card()} refused?",
    ):
        admin.give(typed)
    completed = f"/api/console/commands/completions?text=/resend pw: {made.password()}"
    assert admin.get(completed).status_code == 200
    admin.ask(f"/status {email}")  # when this is answered, all before it is
    assert len(made.made) == 9
    assert product.kept_with(made.made) == {}


def rated(case: Case) -> str:
    """Return the comment that the contact left, as agents see it."""
    return case.agent.get(case.path).text.lower()
