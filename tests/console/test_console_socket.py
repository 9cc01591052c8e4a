"""The console's socket, from outside: real process, real sockets, no browser."""

import contextlib
from collections.abc import Iterator
from uuid import uuid4

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.console.agent_client import AgentClient
from tests.console.console_client import ConsoleTab
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

QUESTION = "my invitation has expired"


@pytest.fixture
def chat(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Iterator[ChatClient]:
    """A new contact, joined."""
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


@pytest.fixture
def tab(agent: AgentClient) -> Iterator[ConsoleTab]:
    """A console of an agent."""
    with ConsoleTab(agent) as opened:
        yield opened


@pytest.fixture
def other_tab(other_agent: AgentClient) -> Iterator[ConsoleTab]:
    """A console of another agent."""
    with ConsoleTab(other_agent) as opened:
        yield opened


def claim(agent: AgentClient, chat: ChatClient) -> int:
    """Have an agent take a contact's conversation; return its epoch."""
    answer = agent.post(f"/api/console/conversations/{chat.conversation['id']}/claim")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["conversation"]["epoch"])


def say(agent: AgentClient, chat: ChatClient, text: str, **more: object) -> None:
    """Have an agent say something."""
    body = {"client_id": str(uuid4()), "text": text, "kind": "reply", **more}
    path = f"/api/console/conversations/{chat.conversation['id']}/messages"
    assert agent.post(path, body).status_code == 201


def test_a_line_comes_with_its_counts(
    tab: ConsoleTab, chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    assistant.is_free.clear()  # its answer would be the newest
    chat.post(QUESTION)
    frame = tab.next(
        "conversation",
        lambda it: it["conversation"]["id"] == chat.conversation["id"],
    )
    assert frame["conversation"]["last_text"] == QUESTION
    assert frame["conversation"]["unread"] == 1
    assert frame["counts"].keys() == tab.counts.keys()
    assistant.is_free.set()


def test_messages_come_only_of_what_is_shown(
    tab: ConsoleTab, chat: ChatClient, helpdesk: HelpdeskRun
) -> None:
    shown = chat.conversation["id"]
    tab.look_at(shown)
    with ChatClient.of_new_contact(helpdesk.base_url) as other:
        other.ask("something that this tab does not show")
    chat.ask(QUESTION)
    answer = tab.next("message", lambda it: it["message"]["sender"] == "assistant")
    assert answer["conversation"] == shown
    of_messages = [f["data"] for f in tab.frames if f["type"] == "message"]
    assert {each["conversation"] for each in of_messages} == {shown}


def test_what_the_assistant_understood_follows_its_answer(
    tab: ConsoleTab, chat: ChatClient
) -> None:
    tab.look_at(chat.conversation["id"])
    chat.ask(QUESTION)
    asked = tab.next(
        "message",
        lambda it: it["message"].get("turn", {}).get("state") == "done",
    )["message"]
    assert (asked["seq"], asked["sender"], asked["text"]) == (1, "contact", QUESTION)
    assert asked["turn"]["intent"] == "greet"
    assert asked["turn"]["title"] == "Says hello"


def test_typing_and_reading_of_the_contact_are_told(
    tab: ConsoleTab, chat: ChatClient
) -> None:
    tab.look_at(chat.conversation["id"])
    chat.send("typing", {"on": True})
    typing = tab.next("typing")
    assert (typing["sender"], typing["on"]) == ("contact", True)
    chat.ask(QUESTION)
    chat.send("seen", {"seq": 2})
    seen = tab.next("seen")
    assert seen == {"conversation": chat.conversation["id"], "seq": 2}


def test_colleagues_see_who_looks_and_types(
    tab: ConsoleTab, other_tab: ConsoleTab, chat: ChatClient
) -> None:
    conversation = chat.conversation["id"]
    assert tab.look_at(conversation)["agents"] == []
    (present,) = other_tab.look_at(conversation)["agents"]
    assert present["agent"]["name"] == "Ana Costa"
    assert present["agent"]["is_online"] is True
    other_tab.send("typing", {"on": True})
    typing = tab.next("presence", lambda it: any(a["is_typing"] for a in it["agents"]))
    assert typing["agents"][0]["agent"]["name"] == "Ivo Novak"
    other_tab.watch(None)
    assert tab.next("presence", lambda it: not it["agents"])


def test_only_the_owner_is_shown_typing_and_not_for_longer_than_they_own(
    tab: ConsoleTab, other_tab: ConsoleTab, chat: ChatClient, agent: AgentClient
) -> None:
    chat.ask(QUESTION)
    epoch = claim(agent, chat)
    for each in (tab, other_tab):
        each.look_at(chat.conversation["id"])
    other_tab.send("typing", {"on": True})
    tab.next("presence", lambda it: any(a["is_typing"] for a in it["agents"]))
    tab.send("typing", {"on": True})
    typing = chat.next("typing", lambda it: it["sender"] == "agent")
    assert (typing["name"], typing["on"]) == ("Ana Costa", True)
    path = f"/api/console/conversations/{chat.conversation['id']}/release"
    assert agent.post(path, {"epoch": epoch}).status_code == 200
    assert chat.next("typing")["on"] is False


def test_typing_ends_by_itself_and_with_the_message(
    tab: ConsoleTab, chat: ChatClient, agent: AgentClient
) -> None:
    chat.ask(QUESTION)
    claim(agent, chat)
    tab.look_at(chat.conversation["id"])
    tab.send("typing", {"on": True})
    chat.next("typing", lambda it: it["on"])
    say(agent, chat, "I have sent you a new one.")
    assert chat.next("typing")["on"] is False
    tab.send("typing", {"on": True})
    chat.next("typing", lambda it: it["on"])
    assert chat.next("typing")["on"] is False  # after five seconds


def test_a_handoff_is_told_to_everybody_who_may_take_it(
    tab: ConsoleTab,
    other_tab: ConsoleTab,
    auditor: AgentClient,
    chat: ChatClient,
    assistant: ScriptedAssistant,
) -> None:
    assistant.handoff = {"reason": "asked"}
    with ConsoleTab(auditor) as looking_on:
        chat.press("person")
        for each in (tab, other_tab):
            notice = each.notice("handoff")
            assert notice["conversation"]["id"] == chat.conversation["id"]
            assert notice["conversation"]["owner"] == "queue"
            assert notice["conversation"]["handoff_reason"] == "asked"
        line = looking_on.line_of(
            chat.conversation["id"], lambda it: it["owner"] == "queue"
        )
        assert line["status"] == "open"
        assert "notice" not in {f["type"] for f in looking_on.pong()}


def test_a_claim_by_one_is_seen_by_the_other(
    tab: ConsoleTab, other_tab: ConsoleTab, chat: ChatClient, agent: AgentClient
) -> None:
    chat.ask(QUESTION)
    claim(agent, chat)
    line = other_tab.line_of(chat.conversation["id"], lambda it: it["owner"] == "agent")
    assert line["agent"]["name"] == "Ana Costa"
    mine = tab.next("conversation", lambda it: it["conversation"]["owner"] == "agent")
    assert mine["counts"]["mine"] == 1


def test_the_owner_is_told_of_a_reply_and_a_colleague_of_a_mention(
    tab: ConsoleTab,
    other_tab: ConsoleTab,
    chat: ChatClient,
    agent: AgentClient,
    other_agent: AgentClient,
) -> None:
    chat.ask(QUESTION)
    claim(agent, chat)
    chat.post("are you there?")
    assert tab.notice("reply")["text"] == "are you there?"
    say(agent, chat, "@Ivo can you look?", kind="note", mentions=[other_agent.id])
    assert other_tab.notice("mention")["text"] == "@Ivo can you look?"
    kinds = {f["data"]["kind"] for f in other_tab.frames if f["type"] == "notice"}
    assert "reply" not in kinds


def test_a_transfer_is_told_to_whom_it_goes(
    tab: ConsoleTab,
    other_tab: ConsoleTab,
    chat: ChatClient,
    agent: AgentClient,
    other_agent: AgentClient,
) -> None:
    chat.ask(QUESTION)
    epoch = claim(agent, chat)
    path = f"/api/console/conversations/{chat.conversation['id']}/transfer"
    body = {"agent": other_agent.id, "epoch": epoch, "note": "you know this one"}
    assert agent.post(path, body).status_code == 200
    notice = other_tab.notice("transferred")
    assert notice["conversation"]["agent"]["name"] == "Ivo Novak"
    assert "transferred" not in {
        f["data"].get("kind") for f in tab.pong() if f["type"] == "notice"
    }


def test_it_is_told_who_is_away(
    tab: ConsoleTab, other_agent: AgentClient, chat: ChatClient
) -> None:
    assert other_agent.put("/api/console/me/away", {"is_away": True}).status_code == 204

    def is_away(data: dict[str, list[dict[str, object]]]) -> bool:
        found = [a for a in data["agents"] if a["id"] == other_agent.id]
        return bool(found and found[0]["is_away"])

    tab.next("agents", is_away)


def test_whoever_is_away_is_not_called_to_the_queue(
    tab: ConsoleTab,
    other_tab: ConsoleTab,
    other_agent: AgentClient,
    chat: ChatClient,
    assistant: ScriptedAssistant,
) -> None:
    other_agent.put("/api/console/me/away", {"is_away": True})
    assistant.handoff = {"reason": "asked"}
    chat.press("person")
    tab.notice("handoff")
    assert "notice" not in {f["type"] for f in other_tab.pong()}


def test_reading_takes_the_unread_away_for_everybody(
    tab: ConsoleTab, chat: ChatClient, other_agent: AgentClient
) -> None:
    chat.post(QUESTION)
    conversation = chat.conversation["id"]
    tab.line_of(conversation, lambda it: it["unread"] == 1)
    path = f"/api/console/conversations/{conversation}/seen"
    assert other_agent.put(path, {"seq": 1}).status_code == 204
    tab.line_of(conversation, lambda it: it["unread"] == 0)


def test_the_handshake_needs_a_session_and_our_own_origin(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    url = helpdesk.base_url.replace("http", "ws", 1) + "/api/console/socket"
    cookie = {"Cookie": f"latchkey_agent={agent.token}"}
    for origin, headers, status in (
        (helpdesk.base_url, {}, 401),
        (helpdesk.base_url, {"Cookie": "latchkey_agent=made-up"}, 401),
        ("https://elsewhere.example", cookie, 403),
        (None, cookie, 403),
    ):
        with pytest.raises(InvalidStatus) as refused:
            connect(url, origin=origin, additional_headers=headers)  # type: ignore[arg-type]
        assert refused.value.response.status_code == status


def test_a_session_that_is_signed_out_ends_the_socket(agent: AgentClient) -> None:
    with ConsoleTab(agent) as tab:
        assert agent.submit("/console/sign-out", page="/console/account").ok
        with contextlib.suppress(ConnectionClosed):  # it may have been noticed before
            tab.send("ping")
        assert tab.close_code() == 4401
        assert tab.frames[-1]["data"]["code"] == "unauthorized"


def test_a_silent_tab_of_an_ended_session_is_closed_too(agent: AgentClient) -> None:
    with ConsoleTab(agent) as tab:
        assert agent.submit("/console/sign-out", page="/console/account").ok
        assert tab.close_code() == 4401
        assert tab.frames[-1]["data"]["code"] == "unauthorized"


def test_frames_that_cannot_be_read_are_refused(tab: ConsoleTab) -> None:
    assert tab.refusal("watch", {"conversation": "x"}) == "bad_frame"
    assert tab.refusal("typing", {"on": True, "more": 1}) == "bad_frame"
    assert tab.refusal("join", {"token": "x"}) == "unknown_type"
    assert tab.refusal("typing", {"on": True}) == "not_watching"
    missing = {"conversation": str(uuid4())}
    assert tab.refusal("watch", missing) == "not_found"
    for _ in range(10):
        tab.send("nonsense")
    assert tab.close_code() == 4400


def test_an_auditor_looks_on_unseen_and_silent(
    auditor: AgentClient, tab: ConsoleTab, chat: ChatClient
) -> None:
    conversation = chat.conversation["id"]
    with ConsoleTab(auditor) as looking_on:
        looking_on.look_at(conversation)
        assert tab.look_at(conversation)["agents"] == []
        assert looking_on.refusal("typing", {"on": True}) == "forbidden"
        chat.post(QUESTION)
        looking_on.next("message")
        looking_on.pong()


def test_a_contacts_token_opens_no_console(
    helpdesk: HelpdeskRun, chat: ChatClient
) -> None:
    headers = {"Authorization": f"Bearer {chat.token}"}
    cookies = {"latchkey_agent": chat.token, "latchkey_visit": chat.token}
    answer = requests.get(
        f"{helpdesk.base_url}/api/console/me",
        headers=headers,
        cookies=cookies,
        timeout=10,
    )
    assert answer.status_code == 401
