"""The person panel, with the real account backend."""

from uuid import UUID, uuid4

import pytest
import requests

from helpdesk.store import open_database
from helpdesk.store.models import Contact, Conversation
from helpdesk.store.rows import change, get
from tests.accounts.people import active, invite, stranger
from tests.accounts.service import AccountsRun
from tests.console.agent_client import AgentClient
from tests.console.person.panel import audited, person, place, press
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant


def test_the_account_behind_a_typed_address_is_shown_and_the_look_audited(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email, _ = invite(accounts)
    chat.ask("it was ana@example.com first")
    chat.ask(f"no, my address is {email.title()}.")
    shown = person(agent, chat)
    assert shown["address"] == {"email": email, "is_proven": False}
    assert shown["account"]["state"] == "invited"
    assert shown["account"]["invitation"]["state"] == "pending"
    assert "first_name" not in shown["account"]
    assert shown["deliveries"][0]["state"] == "accepted"
    assert shown["deliveries"][0]["events"]
    assert shown["problem"] is None
    ((actor, action, details),) = audited(helpdesk, chat)
    assert (actor, action) == (f"agent:{agent.id}", "account.viewed")
    assert details["target"].startswith("person:")
    assert (details["is_proven"], details["role"]) == (False, "agent")
    assert email not in str(details)


def test_without_an_address_nothing_is_looked_up_or_audited(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun
) -> None:
    chat.ask("I am not saying who I am")
    shown = person(agent, chat)
    assert shown == {
        "earlier": [],
        "address": None,
        "account": None,
        "deliveries": [],
        "delivery_note": None,
        "problem": None,
        "warnings": [],
    }
    assert audited(helpdesk, chat) == []


def test_an_address_that_somebody_else_wrote_is_not_looked_up(
    chat: ChatClient,
    agent: AgentClient,
    assistant: ScriptedAssistant,
) -> None:
    assistant.say({"text": "write to lea@example.com"})
    chat.ask("whom do I write to?")
    assistant.reset()
    note = {"client_id": str(uuid4()), "kind": "note", "text": "try ana@example.com"}
    assert agent.post(place(chat, "messages"), note).status_code == 201
    assert person(agent, chat)["address"] is None


def test_a_vouched_for_address_comes_before_a_typed_one(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email = active(accounts)
    chat.ask("my colleague is lea@example.com")
    vouch(helpdesk, chat, email)
    shown = person(agent, chat)
    assert shown["address"] == {"email": email, "is_proven": True}
    assert shown["account"]["state"] == "active"


def vouch(helpdesk: HelpdeskRun, chat: ChatClient, email: str) -> None:
    """Let a site have vouched for the contact of a conversation."""
    database = open_database(helpdesk.database_url)
    with database.transaction() as session:
        row = get(session, Conversation, id=UUID(chat.conversation["id"]))
        proof = {"issuer": "https://shop.example", "subject": uuid4().hex}
        change(session, Contact, {"id": row.contact_id}, email=email, **proof)
    database.close()


def test_nobody_behind_an_address_is_no_problem(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    email = stranger(accounts)
    chat.ask(f"I am {email}")
    shown = person(agent, chat)
    assert (shown["address"]["email"], shown["account"]) == (email, None)
    assert (shown["deliveries"], shown["problem"]) == ([], None)


def test_earlier_conversations_are_shown_the_newest_first(
    chat: ChatClient, agent: AgentClient
) -> None:
    earlier = []
    for number in range(2):
        chat.ask(f"this is conversation number {number}")
        earlier.append(chat.conversation["id"])
        chat.send("start_over", {"client_id": str(uuid4())})
        chat.messages.clear()
        chat.conversation = chat.next("joined")["conversation"]
    chat.ask("and this is the third one")
    shown = [each["id"] for each in person(agent, chat)["earlier"]]
    assert shown == earlier[::-1]


def test_an_auditor_looks_and_is_audited_too(
    chat: ChatClient, auditor: AgentClient, helpdesk: HelpdeskRun
) -> None:
    chat.ask("I am lea@example.com")
    assert person(auditor, chat)["account"]["state"] == "locked"
    assert audited(helpdesk, chat)[0][0] == f"agent:{auditor.id}"


@pytest.mark.parametrize("wanted", [str(UUID(int=7)), "x"])
def test_no_such_conversation_has_a_person(wanted: str, agent: AgentClient) -> None:
    for answer in (
        agent.get(f"/api/console/conversations/{wanted}/person"),
        agent.post(f"/api/console/conversations/{wanted}/recoveries", press("a@b.c")),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_contacts_see_no_person_and_press_nothing(
    chat: ChatClient, helpdesk: HelpdeskRun
) -> None:
    headers = {"Authorization": f"Bearer {chat.token}", "Origin": helpdesk.base_url}
    base = helpdesk.base_url
    url = base + place(chat, "person")
    assert requests.get(url, headers=headers, timeout=15).status_code == 401
    url = base + place(chat, "recoveries")
    answer = requests.post(url, json=press("a@b.c"), headers=headers, timeout=15)
    assert answer.status_code == 401
