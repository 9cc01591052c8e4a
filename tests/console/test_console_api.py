"""Who may what over HTTP, and what agents read: the real process, no browser."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from tests.console.agent_client import AgentClient, add_team
from tests.console.console_steps import API, Case, Json, answer_of, refusal_of
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

SOMEBODY = str(uuid4())
ID = {"client_id": str(uuid4())}
# Every request of docs/console-protocol.md that this API serves; `…` is a conversation.
READING = ("/me", "/conversations", "…", "…/messages?after=0", "/mentions")
CHANGING: dict[tuple[str, str], Json | None] = {
    ("POST", "…/claim"): None,
    ("POST", "…/messages"): {**ID, "text": "a note", "kind": "note"},
    ("POST", "…/transfer"): {"agent": SOMEBODY, "epoch": 1},
    ("POST", "…/release"): {"epoch": 1},
    ("POST", "…/hand_back"): {"epoch": 1},
    ("POST", "…/snooze"): {"until": "2030-01-01T00:00:00Z", "epoch": 1},
    ("POST", "…/resolve"): {"epoch": 1},
    ("POST", "…/reopen"): {"epoch": 1},
    ("PUT", "…/draft"): {"text": "Dear"},
    ("PUT", "…/seen"): {"seq": 1},
    ("PUT", "/me/away"): {"is_away": False},
    ("PUT", "/mentions/seen"): {"conversation": SOMEBODY, "seq": 1},
}
OF_A_CONVERSATION = [each for each in CHANGING if each[1].startswith("…")]


def path_of(path: str, conversation: str) -> str:
    """Return the whole address of a request."""
    whole = path.replace("…", f"/conversations/{conversation}")
    return f"{API}{whole}"


def ids(agent: AgentClient, view: str, **more: str) -> list[str]:
    """Return the conversations of a view, from its first page."""
    answer = agent.get(f"{API}/conversations", params={"view": view, **more})
    return [each["id"] for each in answer_of(answer)["conversations"]]


def test_without_a_session_nothing_is_told(helpdesk: HelpdeskRun, case: Case) -> None:
    nobody = {"Origin": helpdesk.base_url, "Cookie": "latchkey_agent=made-up"}
    for path in READING:
        url = helpdesk.base_url + path_of(path, case.id)
        for headers in ({}, nobody):
            answer = requests.get(url, headers=headers, timeout=10)
            assert refusal_of(answer, 401)["code"] == "unauthorized", path
    for (method, path), body in CHANGING.items():
        url = helpdesk.base_url + path_of(path, case.id)
        answer = requests.request(method, url, headers=nobody, json=body, timeout=10)
        assert refusal_of(answer, 401)["code"] == "unauthorized", path


def test_a_contact_is_nobody_here(helpdesk: HelpdeskRun, case: Case) -> None:
    bearer = {"Authorization": f"Bearer {case.chat.token}"}
    for path in READING:
        url = helpdesk.base_url + path_of(path, case.id)
        assert requests.get(url, headers=bearer, timeout=10).status_code == 401


def test_an_auditor_reads_everything_and_changes_nothing(
    auditor: AgentClient, case: Case
) -> None:
    for path in READING:
        answer_of(auditor.get(path_of(path, case.id)))
    assert case.open(auditor)["may"] == []
    for (method, path), body in CHANGING.items():
        answer = auditor.request(method, path_of(path, case.id), json=body)
        assert refusal_of(answer, 403)["code"] == "forbidden", path
    assert case.open(auditor)["conversation"]["epoch"] == 1


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", None])
def test_a_change_from_another_site_is_refused(
    agent: AgentClient, case: Case, origin: str | None
) -> None:
    for (method, path), body in CHANGING.items():
        answer = agent.request(
            method, path_of(path, case.id), json=body, headers={"Origin": origin}
        )
        assert answer.status_code == 403, path
    assert case.open(agent)["conversation"]["epoch"] == 1


def test_what_does_not_exist_is_not_found(agent: AgentClient, case: Case) -> None:
    for missing in (str(uuid4()), "x"):
        for path in ("…", "…/messages?after=0"):
            refusal_of(agent.get(path_of(path, missing)), 404)
        for method, path in OF_A_CONVERSATION:
            body = CHANGING[method, path]
            answer = agent.request(method, path_of(path, missing), json=body)
            refusal_of(answer, 404)


def test_bodies_with_anything_else_are_refused(agent: AgentClient, case: Case) -> None:
    for (method, path), body in CHANGING.items():
        more = {**(body or {}), "owner": "agent"}
        answer = agent.request(method, path_of(path, case.id), json=more)
        assert refusal_of(answer, 400)["code"] == "bad_frame", path


def test_me_is_what_a_console_needs_at_its_start(
    helpdesk: HelpdeskRun, lead: AgentClient
) -> None:
    me = answer_of(lead.get(f"{API}/me"))
    assert me["agent"]["name"] == "Lea Laurent"
    assert me["agent"]["role"] == "lead"
    assert lead.id in [agent["id"] for agent in me["agents"]]
    assert not {"email", "password_hash"} & set(me["agents"][0])
    assert me["hours"] == {"is_open": True, "opens_at": None}
    assert {"key", "title"} == set(me["topics"][0])
    assert me["limits"]["text"] == 4_000
    assert "image/png" in me["limits"]["attachment_types"]


def test_a_conversation_is_opened_with_all_that_is_known(
    agent: AgentClient, case: Case
) -> None:
    shown = case.open(agent)
    line = shown["conversation"]
    assert (line["status"], line["owner"], line["epoch"]) == ("pending", "assistant", 1)
    assert line["number"] == case.id[:8]
    assert line["contact"] == {"name": None, "email": None, "is_verified": False}
    assert (line["last_seq"], line["unread"]) == (2, 1)
    assert line["last_sender"] == "assistant"
    asked, answered = shown["messages"]
    assert asked["turn"]["intent"] == "greet"
    assert asked["turn"]["state"] == "done"
    assert asked["turn"]["took_ms"] >= 0
    assert "turn" not in answered
    assert "take_over" in shown["may"]
    assert shown["draft"] == ""
    assert shown["satisfaction"] is None
    assert shown["person"]["is_verified"] is False


def test_what_the_assistant_tried_is_shown_with_its_outcome(
    agent: AgentClient, case: Case, assistant: ScriptedAssistant
) -> None:
    assert case.open(agent)["messages"][0]["turn"]["actions"] == []
    assistant.actions = [{"name": "action_submit_recovery", "outcome": "done"}]
    assistant.has_acted = True
    case.chat.ask("send me a new invitation")
    turn = case.open(agent)["messages"][2]["turn"]
    assert turn["actions"] == assistant.actions
    assert turn["acted"] is True


def test_payloads_of_buttons_are_never_shown(
    agent: AgentClient, case: Case, assistant: ScriptedAssistant
) -> None:
    button = {"title": "Yes, send it", "payload": "/affirm"}
    assistant.say({"text": "Shall I?", "buttons": [button]})
    case.chat.ask("send me a new one please")
    answer = agent.get(case.path)
    assert answer.json()["messages"][-1]["buttons"] == [
        {"id": "4.0", "title": "Yes, send it"}
    ]
    assert "/affirm" not in answer.text


def test_what_a_contact_writes_stays_what_it_is(agent: AgentClient, case: Case) -> None:
    nasty = '<img src=x onerror="alert(1)"> [x](javascript:alert(1))'
    case.chat.ask(nasty)
    answer = agent.get(case.path)
    assert answer.json()["messages"][2]["text"] == nasty
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_transcript_is_paged_both_ways(agent: AgentClient, case: Case) -> None:
    path = f"{case.path}/messages"
    after = answer_of(agent.get(path, params={"after": 1}))
    assert [m["seq"] for m in after["messages"]] == [2]
    before = answer_of(agent.get(path, params={"before": 2}))
    assert [m["seq"] for m in before["messages"]] == [1]
    assert after["has_more"] is before["has_more"] is False
    for wrong in ({}, {"after": 1, "before": 2}, {"after": "x"}, {"after": 2**31}):
        refusal_of(agent.get(path, params=wrong), 400)


def test_views_show_where_a_conversation_stands(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    assert case.id in ids(agent, "all")
    assert case.id not in ids(agent, "queue")
    case.claim(agent)
    assert case.id in ids(agent, "mine")
    assert case.id not in ids(other_agent, "mine")
    answer_of(case.do(agent, "release"))
    assert case.id in ids(other_agent, "queue")
    case.claim(agent)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    answer_of(case.do(agent, "snooze", until=until))
    assert case.id in ids(other_agent, "snoozed")
    assert case.id not in ids(agent, "mine")
    case.claim(agent)
    answer_of(case.do(agent, "resolve"))
    assert case.id in ids(other_agent, "resolved")


def test_lists_refuse_what_they_do_not_know(agent: AgentClient) -> None:
    for wrong in (
        {"view": "spam"},
        {"team": "x"},
        {"after": "x"},
        {"after": "9-1-" + "0" * 32},
        {"after": "1-999999999999999999-" + "0" * 32},
        {"limit": "101"},
        {"limit": "-1"},
    ):
        refusal = refusal_of(agent.get(f"{API}/conversations", params=wrong), 400)
        assert refusal["code"] == "bad_frame", wrong


def test_a_team_sees_what_its_members_have(helpdesk: HelpdeskRun, case: Case) -> None:
    team = add_team(helpdesk.database_url)
    member = AgentClient.of_new_agent(helpdesk, "Mia Moretti", team_id=team)
    colleague = AgentClient.of_new_agent(helpdesk, "Noa Weiss", team_id=team)
    case.claim(member)
    assert case.id in ids(colleague, "team")
    page = answer_of(colleague.get(f"{API}/conversations", params={"view": "team"}))
    assert page["counts"]["team"] == len(page["conversations"]) == 1
