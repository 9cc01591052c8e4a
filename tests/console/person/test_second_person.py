"""What the radar warns of is done when a colleague agrees, and in no other way."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from helpdesk.store import open_database
from helpdesk.store.models import Agent
from helpdesk.store.rows import change
from helpdesk.store.words import Role
from tests.accounts.people import invite, stranger
from tests.accounts.service import AccountsRun, wait_for
from tests.console.agent_client import AgentClient
from tests.console.console_client import ConsoleTab
from tests.console.console_steps import answer_of
from tests.console.person.panel import (
    Json,
    audited,
    claim,
    events,
    forget_requests,
    person,
    place,
    press,
    recover,
)
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.test_database_outage import full_disk

PRESSURE = "make an exception and tell nobody, or I will report you to your boss"
APPROVALS = "/api/console/approvals"


@pytest.fixture(autouse=True)
def hours_apart(helpdesk: HelpdeskRun) -> None:
    """Let an hour pass for the limits on mails."""
    forget_requests(helpdesk)


@pytest.fixture
def lead_tab(lead: AgentClient) -> Iterator[ConsoleTab]:
    with ConsoleTab(lead) as opened:
        yield opened


def flagged(chat: ChatClient, agent: AgentClient, email: str) -> Json:
    """Have an agent press for somebody who presses; return what they are answered."""
    chat.ask(f"I am {email}. {PRESSURE}")
    claim(agent, chat)
    return refused(agent, chat, press(email))


def refused(agent: AgentClient, chat: ChatClient, body: Json) -> Json:
    answer = answer_of(recover(agent, chat, body), 409)
    assert answer["code"] == "needs_second_person", answer
    return dict(answer["approval"])


def decide(agent: AgentClient, approval: Json, verb: str = "approve") -> Json:
    answer = answer_of(agent.post(f"{APPROVALS}/{approval['id']}/{verb}", {}))
    return dict(answer["approval"])


def listed(agent: AgentClient, approval: Json) -> Json | None:
    found = answer_of(agent.get(APPROVALS))["approvals"]
    return next((each for each in found if each["id"] == approval["id"]), None)


def test_a_lead_agrees_and_the_mail_goes_out_as_the_agents(
    chat: ChatClient,
    agent: AgentClient,
    lead: AgentClient,
    lead_tab: ConsoleTab,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
) -> None:
    email, _ = invite(accounts)
    approval = flagged(chat, agent, email)
    warnings = person(agent, chat)["warnings"]
    assert [each["kind"] for each in warnings] == ["asked_before", "urgency"]
    assert all(each["needs_second_person"] for each in warnings)
    assert approval["state"] == "waiting"
    assert approval["requested_by"]["id"] == agent.id
    assert approval["summary"] == f"A new invitation to {email}"
    assert not approval["may_decide"]
    assert approval["reasons"] == [warnings[1]["text"]]
    notice = lead_tab.notice("approval")
    assert notice["conversation"]["id"] == chat.conversation["id"]
    assert "Ana Costa asks you to agree" in notice["text"]
    asked = listed(lead, approval)
    assert asked
    assert asked["may_decide"]
    with ConsoleTab(agent) as tab:
        settled = decide(lead, approval)
        assert settled["state"] == "approved"
        assert settled["decided_by"]["id"] == lead.id
        assert email not in settled["summary"]
        frame = tab.next("approval")["approval"]
        assert (frame["id"], frame["state"]) == (approval["id"], "approved")
        assert "Lea Laurent has agreed" in tab.notice("approval")["text"]
    accounts.next_link(email)
    (told,) = events(agent, chat)
    assert "Ana Costa has asked for a new invitation" in told
    (entry,) = [e for e in audited(helpdesk, chat) if e[1] == "recovery.requested"]
    assert entry[0] == f"agent:{agent.id}"
    assert entry[2]["approved_by"] == f"agent:{lead.id}"


def test_pressing_again_after_the_agreement_sends_nothing_twice(
    chat: ChatClient, agent: AgentClient, lead: AgentClient, accounts: AccountsRun
) -> None:
    email, _ = invite(accounts)
    chat.ask(PRESSURE)
    claim(agent, chat)
    body = press(email)
    approval = refused(agent, chat, body)
    assert refused(agent, chat, body)["id"] == approval["id"]
    decide(lead, approval)
    decide(lead, approval)  # a second click
    assert recover(agent, chat, body).status_code == 202
    accounts.next_mail(email)
    assert len(accounts.mails(email)) == 2
    assert len(events(agent, chat)) == 1


def test_whoever_pressed_finds_no_other_way(
    chat: ChatClient,
    agent: AgentClient,
    lead: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
) -> None:
    email = stranger(accounts)
    approval = flagged(chat, agent, email)
    same = refused(agent, chat, press(email))  # pressed once more
    assert same["id"] == approval["id"]
    refused(agent, chat, press(f" {email.upper()}"))
    refused(agent, chat, press(email, "password_reset"))
    own = agent.post(f"{APPROVALS}/{approval['id']}/approve", {})
    assert answer_of(own, 403)["code"] == "forbidden"
    with ChatClient.of_new_contact(helpdesk.base_url) as elsewhere:
        elsewhere.ask("hello")  # a conversation that says nothing
        claim(agent, elsewhere)
        refused(agent, elsewhere, press(email))
        # Nor does a lead who presses agree with themselves.
        other = refused(lead, elsewhere, press(email))
        own = lead.post(f"{APPROVALS}/{other['id']}/approve", {})
        assert answer_of(own, 403)["code"] == "forbidden"
    assert accounts.mails(email) == []


def test_what_is_refused_stays_undone(
    chat: ChatClient, agent: AgentClient, lead: AgentClient, accounts: AccountsRun
) -> None:
    email = stranger(accounts)
    approval = flagged(chat, agent, email)
    assert decide(lead, approval, "refuse")["state"] == "refused"
    answer = lead.post(f"{APPROVALS}/{approval['id']}/approve", {})
    assert answer_of(answer, 409)["code"] == "not_possible"
    again = refused(agent, chat, press(email))
    assert again["id"] != approval["id"]
    assert events(agent, chat) == []
    assert accounts.mails(email) == []


def test_what_cannot_be_done_any_more_is_not_agreed_to(
    chat: ChatClient,
    agent: AgentClient,
    lead: AgentClient,
    accounts: AccountsRun,
) -> None:
    approval = flagged(chat, agent, stranger(accounts))
    epoch = agent.get(place(chat, "")[:-1]).json()["conversation"]["epoch"]
    answer_of(agent.post(place(chat, "release"), {"epoch": epoch}))
    answer = lead.post(f"{APPROVALS}/{approval['id']}/approve", {})
    assert answer_of(answer, 409)["code"] == "not_possible"
    still = listed(lead, approval)
    assert still
    assert still["state"] == "waiting"


def test_without_the_backend_the_agent_hears_so_and_a_retry_sends_once(
    chat: ChatClient, agent: AgentClient, lead: AgentClient, accounts: AccountsRun
) -> None:
    email, _ = invite(accounts)
    chat.ask(PRESSURE)
    claim(agent, chat)
    body = press(email)
    approval = refused(agent, chat, body)
    accounts.service.stop()
    try:
        with ConsoleTab(agent) as tab:
            assert decide(lead, approval)["state"] == "approved"
            told = tab.next("notice", lambda it: "did not answer" in it["text"])
            assert told["kind"] == "approval"
    finally:
        accounts.service.start()
    assert recover(agent, chat, body).status_code == 202
    accounts.next_mail(email)
    assert len(accounts.mails(email)) == 2


def test_nobody_else_sees_or_decides(
    chat: ChatClient,
    agent: AgentClient,
    other_agent: AgentClient,
    auditor: AgentClient,
    admin: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
) -> None:
    approval = flagged(chat, agent, stranger(accounts))
    path = f"{APPROVALS}/{approval['id']}/approve"
    assert listed(other_agent, approval) is None
    assert answer_of(other_agent.post(path, {}), 404)["code"] == "not_found"
    seen = listed(auditor, approval)
    assert seen
    assert not seen["may_decide"]
    assert answer_of(auditor.post(path, {}), 403)["code"] == "forbidden"
    nobody = AgentClient(helpdesk.base_url, agent.person)
    assert answer_of(nobody.post(path, {}), 401)["code"] == "unauthorized"
    elsewhere = admin.post(path, {}, headers={"Origin": "https://evil.example"})
    assert answer_of(elsewhere, 403)["code"] == "forbidden"
    for wanted in (str(uuid4()), "x"):
        answer = admin.post(f"{APPROVALS}/{wanted}/approve", {})
        assert answer_of(answer, 404)["code"] == "not_found"
    for body in ({"why": 1}, [], "x"):
        assert answer_of(admin.post(path, body), 400)["code"] == "bad_frame"
    found = listed(admin, approval)
    assert found
    assert found["state"] == "waiting"


def test_a_desk_without_a_second_person_says_so(
    chat: ChatClient,
    agent: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
) -> None:
    database = open_database(helpdesk.database_url)
    with database.transaction() as session:
        deciders = {"role": (Role.LEAD, Role.ADMIN)}
        change(session, Agent, deciders, is_active=False)
    database.close()
    email = stranger(accounts)
    chat.ask(PRESSURE)
    claim(agent, chat)
    answer = answer_of(recover(agent, chat, press(email)), 409)
    assert answer["code"] == "needs_second_person"
    assert "nobody who could" in answer["message"]


def test_a_hurry_alone_is_only_shown(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    email, _ = invite(accounts)
    chat.ask(f"it is urgent! {email}")
    claim(agent, chat)
    (warning,) = person(agent, chat)["warnings"]
    assert (warning["kind"], warning["needs_second_person"]) == ("urgency", False)
    assert recover(agent, chat, press(email)).status_code == 202


def test_mail_that_bounced_is_explained_and_an_agents_press_goes_out_all_the_same(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    email = "bounce@example.com"
    accounts.request(email)

    def note() -> str:
        return str(person(agent, chat)["delivery_note"])

    chat.ask(f"I am {email}")
    told = wait_for(lambda: note() if "held back" in note() else None, "the bounce")
    assert "because one bounced" in told
    claim(agent, chat)
    assert recover(agent, chat, press(email)).status_code == 202

    def tried_again() -> bool:
        deliveries = person(agent, chat)["deliveries"]
        return [each["state"] for each in deliveries].count("bounced") == 2

    wait_for(tried_again, "the second try")


def test_the_sixth_mail_to_one_address_is_refused_whoever_presses(
    agent: AgentClient,
    other_agent: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
) -> None:
    email = stranger(accounts)
    with (
        ChatClient.of_new_contact(helpdesk.base_url) as first,
        ChatClient.of_new_contact(helpdesk.base_url) as second,
    ):
        for chat, who in ((first, agent), (second, other_agent)):
            chat.ask("hello")
            claim(who, chat)
        for _ in range(3):
            assert recover(agent, first, press(email)).status_code == 202
        for _ in range(2):
            assert recover(other_agent, second, press(email)).status_code == 202
        answer = answer_of(recover(other_agent, second, press(email)), 409)
        assert answer["code"] == "too_many_mails"
        assert "Nothing was sent" in answer["message"]
        other = recover(other_agent, second, press(stranger(accounts)))
        assert other.status_code == 202


def test_where_nothing_can_be_counted_nothing_is_sent(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email, _ = invite(accounts)
    chat.ask("hello")
    claim(agent, chat)
    body = press(email)
    with full_disk(helpdesk):
        answer = answer_of(recover(agent, chat, body), 503)
        assert answer["code"] == "unavailable"
    assert recover(agent, chat, body).status_code == 202
    accounts.next_mail(email)
    assert len(accounts.mails(email)) == 2  # the invitation, and this one
