"""What became of what was sent, followed at the real account backend; and taking it back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from helpdesk.web.presentation import moment
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun, wait_for
from tests.console.agent_client import AgentClient
from tests.console.console_client import ConsoleTab
from tests.console.person.panel import audited, claim, place, press, recover
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

Json = dict[str, Any]
BOUNCING = "bounce@example.com"


def receipts(agent: AgentClient, chat: ChatClient) -> list[Json]:
    shown = agent.get(place(chat, "")[:-1]).json()["messages"]
    return [each for message in shown for each in message.get("receipts", [])]


def settled(agent: AgentClient, chat: ChatClient, state: str, at: int = -1) -> Json:
    """Wait until a receipt of a conversation is in a state."""

    def find() -> Json | None:
        receipt = receipts(agent, chat)[at]
        return receipt if receipt["state"] == state else None

    return wait_for(find, f"the state {state}", 30)


def deliveries(run: HelpdeskRun, chat: ChatClient) -> list[tuple[str, Json]]:
    entries = audited(run, chat)
    assert all(each[0] == "account backend" for each in entries if "deliv" in each[1])
    return [(what, it) for _, what, it in entries if what.startswith("delivery.")]


def assist(assistant: ScriptedAssistant, email: str | None, key: str) -> None:
    """Have the assistant say that it asked for a mail."""
    assistant.reset()
    assistant.has_acted = True
    ends = datetime.now(UTC) + timedelta(hours=72)
    assistant.receipts = [
        {
            "action": "recovery.requested",
            "kind": "auto",
            "address": email,
            "key": key,
            "result": "accepted",
            "expires_at": ends.isoformat(),
        }
    ]


def test_a_mail_that_left_is_said_to_the_console_that_shows_it(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email = people.active(accounts)
    claim(agent, chat)
    with ConsoleTab(agent) as tab:
        tab.look_at(chat.conversation["id"])
        answer = recover(agent, chat, press(email, "password_reset"))
        assert answer.status_code == 202, answer.text
        seq = answer.json()["message"]["seq"]
        (first,) = tab.next("message", has_receipts(seq))["message"]["receipts"]
        assert (first["state"], first["may_undo"]) == ("requested", True)
        assert first["by"] == {"id": agent.id, "name": "Ana Costa"}
        assert first["number"] == UUID(first["id"]).hex[:8]
        (sent,) = tab.next("message", has_receipts(seq, "sent"))["message"]["receipts"]
    assert sent["target"] == f"i•••@{email.partition('@')[2]}"
    link = accounts.client().inspect_link(accounts.next_link(email))
    assert link.expires_at
    assert sent["expires_at"] == moment(link.expires_at)
    ((what, details),) = deliveries(helpdesk, chat)
    assert (what, details["result"]) == ("delivery.sent", "sent")
    assert details["target"].startswith("person:")
    assert email not in str(audited(helpdesk, chat))


def has_receipts(seq: int, state: str | None = None) -> Callable[[Json], bool]:
    def is_it(data: Json) -> bool:
        message = data["message"]
        states = [each["state"] for each in message.get("receipts", [])]
        return message["seq"] == seq and bool(states) and state in {None, *states}

    return is_it


def test_the_contact_hears_the_same_whatever_became_of_it(
    chat: ChatClient,
    agent: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
    assistant: ScriptedAssistant,
) -> None:
    accounts.request(BOUNCING)  # so that the next mail to it is held back
    ends = {
        people.active(accounts): "sent",
        BOUNCING: "suppressed",
        people.stranger(accounts): "sent",  # that there is no account
    }
    seen = []
    for email in ends:
        key = uuid4().hex
        accounts.request(email, key=key)
        assist(assistant, email, key)
        heard = chat.ask("please send me a new link")
        seen.append((email, heard))
    for at, state in enumerate(ends.values()):
        settled(agent, chat, state, at)
    headers = {"Authorization": f"Bearer {chat.token}"}
    url = f"{helpdesk.base_url}/api/v1/conversations/{chat.conversation['id']}"
    shown = requests.get(f"{url}/messages", headers=headers, timeout=15)
    assert shown.status_code == 200, shown.text
    later = {message["seq"]: message for message in shown.json()["messages"]}
    again = ChatClient(helpdesk.base_url, chat.token)
    again.join()
    told = []
    for email, heard in seen:
        assert later[heard["seq"]] == again.messages[heard["seq"]] == heard
        (receipt,) = heard["receipts"]
        assert receipt.keys() == {"kind", "target", "at", "expires_at"}
        assert receipt["target"] == f"{email[0]}•••@example.com"
        told.append((receipt["kind"], len(receipt["expires_at"])))
    assert len(set(told)) == 1
    frames = str([later, again.messages, chat.messages])
    words = ("'state'", "suppressed", "bounced", "undone", "reason")
    assert [word for word in words if word in frames] == []
    again.drop()


def test_a_bounce_and_a_mail_held_back_are_known_with_the_reason(
    chat: ChatClient,
    agent: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
) -> None:
    claim(agent, chat)
    assert recover(agent, chat, press(BOUNCING)).status_code == 202
    bounced = settled(agent, chat, "bounced")
    assert bounced["reason"] == "550 5.1.1 There is no mailbox of this name"
    assert bounced["may_undo"] is False
    what, details = deliveries(helpdesk, chat)[-1]
    assert (what, details["reason"]) == ("delivery.bounced", bounced["reason"])


def test_by_reference_the_record_learns_whose_it_was_and_tells_nobody(
    chat: ChatClient,
    agent: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
    assistant: ScriptedAssistant,
) -> None:
    email, link = people.invite(accounts)
    key, client = uuid4().hex, accounts.client()
    reference = client.inspect_link(link).reference
    client.request_recovery(None, "invite", idempotency_key=key, reference=reference)
    assist(assistant, None, key)
    heard = chat.ask("a new one, please")
    assert heard["receipts"][0]["target"] is None
    receipt = settled(agent, chat, "sent")
    assert receipt["target"] is None
    ((_, details),) = deliveries(helpdesk, chat)
    assert details["target"].startswith("person:")
    accounts.next_mail(email)


def test_while_the_mail_server_is_away_it_is_deferred_then_sent(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email = people.active(accounts)
    claim(agent, chat)
    accounts.outbox.stop()
    try:
        assert recover(agent, chat, press(email)).status_code == 202
        deferred = settled(agent, chat, "deferred")
        assert "cannot be reached" in deferred["reason"]
        assert deferred["may_undo"] is True
    finally:
        accounts.outbox.start(wait=False)
    wait_for(accounts.outbox._is_up, "the mailbox")
    accounts.advance(minutes=1)
    assert settled(agent, chat, "sent")["reason"] is None
    told = [what for what, _ in deliveries(helpdesk, chat)]
    assert told == ["delivery.deferred", "delivery.sent"]


def test_backend_and_help_desk_may_go_away_meanwhile(
    chat: ChatClient,
    agent: AgentClient,
    helpdesk: HelpdeskRun,
    accounts: AccountsRun,
    assistant: ScriptedAssistant,
) -> None:
    email, key = people.active(accounts), uuid4().hex
    accounts.request(email, key=key)
    accounts.next_mail(email)
    accounts.service.stop()
    try:
        assist(assistant, email, key)
        chat.ask("please send me a new link")
        (receipt,) = receipts(agent, chat)
        assert receipt["state"] == "requested"
        helpdesk.process.kill()
        helpdesk.process.start()
        wait_for(lambda: "receipts is not known" in helpdesk.process.log, "a try")
        assert receipts(agent, chat)[0]["state"] == "requested"
    finally:
        accounts.service.start()
    settled(agent, chat, "sent")
    assert len(deliveries(helpdesk, chat)) == 1


# Taking it back


def withdraw(agent: AgentClient, receipt: Json) -> requests.Response:
    return agent.post(f"/api/console/receipts/{receipt['id']}/withdraw", {})


def test_a_link_is_withdrawn_once_and_works_no_longer(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email, _ = people.invite(accounts)
    claim(agent, chat)
    assert recover(agent, chat, press(email)).status_code == 202
    link = accounts.next_link(email)
    receipt = settled(agent, chat, "sent")
    with ConsoleTab(agent) as tab:
        tab.look_at(chat.conversation["id"])
        answer = withdraw(agent, receipt)
        assert answer.status_code == 200, answer.text
        undone = answer.json()["receipt"]
        shown = tab.next("message", lambda data: "receipts" in data["message"])
    assert shown["message"]["receipts"] == [undone] == receipts(agent, chat)
    assert (undone["state"], undone["may_undo"]) == ("undone", False)
    assert undone["undone_at"]
    assert accounts.client().inspect_link(link).withdrawn_at
    assert withdraw(agent, receipt).json()["receipt"] == undone
    entries = [each for each in audited(helpdesk, chat) if "withdraw" in each[1]]
    assert [(what, details.get("result")) for _, what, details in entries] == [
        ("recovery.withdrawal_begun", None),
        ("recovery.withdrawn", "accepted"),
    ]
    assert {actor for actor, _, _ in entries} == {f"agent:{agent.id}"}


def test_a_used_link_cannot_be_withdrawn(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email, _ = people.invite(accounts)
    claim(agent, chat)
    assert recover(agent, chat, press(email)).status_code == 202
    people.accept(Browser(accounts.base_url), accounts.next_link(email))
    answer = withdraw(agent, settled(agent, chat, "sent"))
    assert (answer.status_code, answer.json()["code"]) == (409, "already_used")
    assert "used already" in answer.json()["message"]
    what, details = audited(helpdesk, chat)[-1][1:]
    assert (what, details["result"]) == ("recovery.withdrawn", "already_used")


def test_where_there_is_no_link_nothing_is_withdrawn(
    chat: ChatClient, agent: AgentClient, accounts: AccountsRun
) -> None:
    claim(agent, chat)
    assert recover(agent, chat, press(people.stranger(accounts))).status_code == 202
    answer = withdraw(agent, settled(agent, chat, "sent"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")


def test_only_who_had_it_sent_or_an_admin_withdraws(
    chat: ChatClient,
    agent: AgentClient,
    other_agent: AgentClient,
    lead: AgentClient,
    admin: AgentClient,
    auditor: AgentClient,
    accounts: AccountsRun,
) -> None:
    email, _ = people.invite(accounts)
    claim(agent, chat)
    assert recover(agent, chat, press(email)).status_code == 202
    receipt = settled(agent, chat, "sent")
    for who in (other_agent, lead, auditor):
        answer = withdraw(who, receipt)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    for nothing in (str(uuid4()), "x"):
        answer = withdraw(admin, {"id": nothing})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert withdraw(admin, receipt).status_code == 200


def test_while_the_backend_is_away_nobody_knows_and_the_next_try_ends_it(
    chat: ChatClient, agent: AgentClient, helpdesk: HelpdeskRun, accounts: AccountsRun
) -> None:
    email, _ = people.invite(accounts)
    claim(agent, chat)
    assert recover(agent, chat, press(email)).status_code == 202
    receipt = settled(agent, chat, "sent")
    accounts.service.stop()
    try:
        answer = withdraw(agent, receipt)
        assert (answer.status_code, answer.json()["code"]) == (409, "account_trouble")
        assert "nobody knows" in answer.json()["message"]
        assert receipts(agent, chat)[-1]["state"] == "sent"
    finally:
        accounts.service.start()
    assert withdraw(agent, receipt).status_code == 200
    results = [
        details.get("result")
        for _, what, details in audited(helpdesk, chat)
        if what == "recovery.withdrawn"
    ]
    assert results == ["unreachable", "accepted"]


@pytest.fixture(autouse=True)
def _quiet(assistant: ScriptedAssistant) -> None:
    assistant.reset()
