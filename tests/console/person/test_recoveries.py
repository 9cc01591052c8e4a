"""One press sends a mail, with the real account backend and its real mails."""

from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from tests.accounts.people import active, invite, stranger
from tests.accounts.service import AccountsRun, free_port
from tests.console.agent_client import AgentClient
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
from tests.helpdesk.running import TEST_KEY, HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant


def test_a_new_invitation_reaches_the_contact_and_both_sides_are_told(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email, link = invite(accounts)
    claim(agent, chat)
    body = press(f" {email.upper()} ")
    answer = recover(agent, chat, body)
    assert answer.status_code == 202, answer.text
    message = answer.json()["message"]
    assert (message["sender"], message["kind"]) == ("system", "activity")
    assert "Ana Costa" in message["text"]
    assert f"i•••@{email.partition('@')[2]}" in message["text"]
    assert email not in message["text"]
    assert accounts.next_link(email) != link
    heard = chat.next("message", lambda m: m["seq"] == message["seq"])
    assert heard["text"] == message["text"]
    again = recover(agent, chat, body)
    assert (again.status_code, again.json()["message"]["seq"]) == (202, message["seq"])
    assert len(accounts.mails(email)) == 2
    entries = [e for e in audited(helpdesk, chat) if e[1].startswith("recovery.")]
    assert [what for _, what, _ in entries] == ["recovery.begun", "recovery.requested"]
    for who, _, details in entries:
        assert who == f"agent:{agent.id}"
        assert details["kind"] == "invite"
        assert details["target"].startswith("person:")
        assert email not in str(details)
    assert details["result"] == "accepted"


def test_a_password_reset_goes_to_the_address_on_file(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    email = active(accounts)
    claim(agent, chat)
    answer = recover(agent, chat, press(email, "password_reset"))
    assert answer.status_code == 202, answer.text
    assert "password" in accounts.next_mail(email)["subject"].lower()


def test_the_words_are_the_same_for_nobodys_address(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    known, _ = invite(accounts)
    claim(agent, chat)
    told = [
        recover(agent, chat, press(email)).json()["message"]["text"]
        for email in (known, known.replace("invited", "ianybody"))
    ]
    assert told[0] == told[1]


def test_many_tabs_that_press_at_once_send_one_mail(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    email, _ = invite(accounts)
    claim(agent, chat)
    body = press(email)
    with ThreadPoolExecutor(6) as tabs:
        answers = list(tabs.map(lambda _: recover(agent, chat, body), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["message"]["seq"] for answer in answers}) == 1
    accounts.next_mail(email)
    assert len(accounts.mails(email)) == 2


def test_a_used_client_id_is_not_taken_for_another_request(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    claim(agent, chat)
    email = stranger(accounts)
    body = press(email)
    assert recover(agent, chat, body).status_code == 202
    for other in ({"kind": "password_reset"}, {"email": f"x{email}"}):
        answer = recover(agent, chat, body | other)
        assert (answer.status_code, answer.json()["code"]) == (409, "client_id_taken")


def test_only_the_owner_or_a_lead_may_press(
    chat: ChatClient,
    agent: AgentClient,
    other_agent: AgentClient,
    lead: AgentClient,
    auditor: AgentClient,
    accounts: AccountsRun,
) -> None:
    email = stranger(accounts)
    waits = recover(agent, chat, press(email))
    assert (waits.status_code, waits.json()["code"]) == (409, "not_possible")
    claim(agent, chat)
    others = recover(other_agent, chat, press(email))
    assert (others.status_code, others.json()["code"]) == (409, "not_owner")
    assert others.json()["agent"]["id"] == agent.id
    looking = recover(auditor, chat, press(email))
    assert (looking.status_code, looking.json()["code"]) == (403, "forbidden")
    assert recover(lead, chat, press(email)).status_code == 202


def test_another_site_cannot_press(chat: ChatClient, agent: AgentClient) -> None:
    claim(agent, chat)
    for origin in ("https://evil.example", None):
        answer = agent.post(
            place(chat, "recoveries"), press("a@b.example"), headers={"Origin": origin}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "change_of_body",
    [
        {"email": "nobody"},
        {"email": ""},
        {"email": "a@b\r\nBcc: x@y.example"},
        {"email": 1},
        {"kind": "auto"},
        {"client_id": "x"},
        {"more": 1},
    ],
)
def test_what_is_no_request_is_refused(
    change_of_body: Json, chat: ChatClient, agent: AgentClient
) -> None:
    claim(agent, chat)
    answer = recover(agent, chat, press("ana@example.com") | change_of_body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_the_seventh_mail_of_an_hour_is_refused_to_agent_and_assistant(
    chat: ChatClient,
    agent: AgentClient,
    helpdesk: HelpdeskRun,
    assistant: ScriptedAssistant,
    accounts: AccountsRun,
) -> None:
    forget_requests(helpdesk)
    claim(agent, chat)
    for _ in range(6):
        assert recover(agent, chat, press(stranger(accounts))).status_code == 202
    answer = recover(agent, chat, press(stranger(accounts)))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_mails")
    assert "Nothing was sent" in answer.json()["message"]
    epoch = agent.get(place(chat, "")[:-1]).json()["conversation"]["epoch"]
    handed = agent.post(place(chat, "hand_back"), {"epoch": epoch})
    assert handed.status_code == 200, handed.text
    assistant.reset()
    chat.ask("then you send me one, please")
    assert may_act(assistant) is False
    forget_requests(helpdesk)
    chat.ask("and now, please?")
    assert may_act(assistant) is True


def may_act(assistant: ScriptedAssistant) -> bool:
    token = [turn for turn in assistant.turns if turn["text"]][-1]["actor"]
    options: Json = {"algorithms": ["HS256"], "audience": "latchkey-actions"}
    return bool(jwt.decode(token, TEST_KEY, **options)["act"])


# The backend in trouble


def test_without_the_backend_the_rest_of_the_panel_works_and_a_retry_sends_once(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    forget_requests(helpdesk)
    email, _ = invite(accounts)
    chat.ask(f"I am {email}")
    claim(agent, chat)
    body = press(email)
    accounts.service.stop()
    try:
        shown = person(agent, chat)
        assert shown["address"]["email"] == email
        assert (shown["account"], shown["deliveries"]) == (None, [])
        assert "does not answer" in shown["problem"]
        answer = recover(agent, chat, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "account_trouble")
        assert "nobody knows" in answer.json()["message"]
        assert events(agent, chat) == []
    finally:
        accounts.service.start()
    assert recover(agent, chat, body).status_code == 202
    assert recover(agent, chat, body).status_code == 202
    accounts.next_mail(email)
    assert len(accounts.mails(email)) == 2
    assert len(events(agent, chat)) == 1


@pytest.mark.parametrize(
    ("variables", "look", "act"),
    [
        ({}, "not connected", "not connected"),
        (
            {
                "LATCHKEY_ACCOUNTS_TOKEN": "wrong",
                "LATCHKEY_ACCOUNTS_STAFF_TOKEN": "wrong",
            },
            "does not let",
            "refused",
        ),
        (
            {
                "LATCHKEY_ACCOUNTS_URL": f"http://127.0.0.1:{free_port()}",
                "LATCHKEY_ACCOUNTS_TOKEN": "some",
                "LATCHKEY_ACCOUNTS_STAFF_TOKEN": "some",
            },
            "does not answer",
            "nobody knows",
        ),
    ],
)
def test_a_backend_that_cannot_be_used_is_said_so(
    variables: dict[str, str],
    look: str,
    act: str,
    accounts: AccountsRun,
    assistant: ScriptedAssistant,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    everything = {"LATCHKEY_ACCOUNTS_URL": accounts.base_url, **variables}
    folder = tmp_path_factory.mktemp("other")
    with run_helpdesk(folder, LATCHKEY_RASA_URL=assistant.url, **everything) as run:
        agent = AgentClient.of_new_agent(run)
        with ChatClient.of_new_contact(run.base_url) as chat:
            chat.ask("I am lea@example.com")
            claim(agent, chat)
            shown = person(agent, chat)
            assert look in shown["problem"]
            assert shown["account"] is None
            answer = recover(agent, chat, press("lea@example.com"))
            assert answer.json()["code"] == "account_trouble"
            assert act in answer.json()["message"]
            assert events(agent, chat) == []
