"""Search over transcripts and suggestions, through the running help desk."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import requests

from tests.console.agent_client import AgentClient
from tests.helpdesk.chat_client import ChatClient, begin_visit
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant, ranking


@pytest.fixture
def chat(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Iterator[ChatClient]:
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


def place(chat: ChatClient, what: str) -> str:
    return f"/api/console/conversations/{chat.conversation['id']}/{what}"


def search(agent: AgentClient, typed: str, **more: str) -> dict[str, object]:
    answer = agent.get("/api/console/search", params={"q": typed, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_an_agent_finds_what_a_contact_wrote(
    chat: ChatClient, agent: AgentClient, auditor: AgentClient
) -> None:
    word = f"turnstile{uuid4().hex[:8]}"
    said = chat.ask(f"our {word} does not know me any more")
    for reader in (agent, auditor):
        (found,) = search(reader, f"{word[:-2]} know")["results"]  # type: ignore[attr-defined]
        assert found["conversation"]["id"] == chat.conversation["id"]
        assert (found["seq"], found["sender"]) == (1, "contact")
        marked = [piece["text"] for piece in found["passage"] if piece["hit"]]
        assert marked == [word, "know"]
        assert found["created_at"] <= said["created_at"]


def test_notes_are_found_by_agents(chat: ChatClient, agent: AgentClient) -> None:
    word = f"gateway{uuid4().hex[:8]}"
    chat.ask("hello, how do I log in?")
    body = {"client_id": str(uuid4()), "kind": "note", "text": f"it is the {word}"}
    assert agent.post(place(chat, "messages"), body).status_code == 201
    (found,) = search(agent, word)["results"]  # type: ignore[attr-defined]
    assert found["sender"] == "agent"


def test_search_answers_page_by_page(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant, agent: AgentClient
) -> None:
    word = f"siren{uuid4().hex[:8]}"
    for _ in range(3):
        with ChatClient.of_new_contact(helpdesk.base_url) as client:
            client.post(f"the {word} is loud tonight")
    first = search(agent, word, limit="2")
    second = search(agent, word, limit="2", after=str(first["next"]))
    pages = [first["results"], second["results"]]
    assert [len(page) for page in pages] == [2, 1]  # type: ignore[arg-type]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query", ["after=x", "after=all.1.zz", "limit=0x", "limit=101", "limit=-1"]
)
def test_a_search_out_of_range_is_refused(query: str, agent: AgentClient) -> None:
    answer = agent.get(f"/api/console/search?q=a&{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_the_assistant_suggests_articles(
    chat: ChatClient,
    agent: AgentClient,
    assistant: ScriptedAssistant,
    helpdesk: HelpdeskRun,
) -> None:
    chat.ask("I cannot get in with what you sent me")
    assistant.understood = ranking(
        ("invite_expired", 0.8),
        ("greet", 0.1),
        ("forgot_password", 0.06),
        ("no_account", 0.01),
    )
    answer = agent.get(place(chat, "suggestions")).json()
    assert assistant.parsed == ["I cannot get in with what you sent me"]
    assert answer["of"] == 1
    shown = [(each["slug"], each["confidence"]) for each in answer["suggestions"]]
    assert shown == [("invite-expired", 0.8), ("forgot-password", 0.06)]
    first = answer["suggestions"][0]
    assert first["url"] == f"{helpdesk.base_url}/articles/invite-expired"
    assert "{" not in first["answer"]
    assert first["title"]


@pytest.mark.parametrize("trouble", ["is_down", "is_deaf"])
def test_without_the_assistant_search_suggests(
    trouble: str, chat: ChatClient, agent: AgentClient, assistant: ScriptedAssistant
) -> None:
    chat.ask("my invitation has expired")
    setattr(assistant, trouble, True)
    answer = agent.get(place(chat, "suggestions")).json()
    assert answer["suggestions"][0]["slug"] == "invite-expired"
    assert answer["suggestions"][0]["confidence"] is None


def test_what_is_not_understood_is_searched(
    chat: ChatClient, agent: AgentClient
) -> None:
    chat.ask("invitation has expired")
    answer = agent.get(place(chat, "suggestions")).json()
    assert answer["suggestions"][0]["slug"] == "invite-expired"


def test_where_nothing_was_written_nothing_is_suggested(
    chat: ChatClient, agent: AgentClient, assistant: ScriptedAssistant
) -> None:
    answer = agent.get(place(chat, "suggestions")).json()
    assert answer == {"suggestions": [], "of": None}
    assert assistant.parsed == []


@pytest.mark.parametrize("wanted", [str(UUID(int=7)), "x"])
def test_no_such_conversation_has_no_suggestions(
    wanted: str, agent: AgentClient
) -> None:
    answer = agent.get(f"/api/console/conversations/{wanted}/suggestions")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_contacts_find_nothing(helpdesk: HelpdeskRun, chat: ChatClient) -> None:
    token = begin_visit(helpdesk.base_url)
    for path in ("/api/console/search?q=a", place(chat, "suggestions")):
        for headers in ({}, {"Authorization": f"Bearer {token}"}):
            answer = requests.get(helpdesk.base_url + path, headers=headers, timeout=15)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
