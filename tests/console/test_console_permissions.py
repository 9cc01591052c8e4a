"""Who may what: every request of the console, found by itself, under every role.

A request that is added later is covered here without anybody thinking of it.
"""

from typing import Any

import pytest
import requests

from foundation.yaml_text import read_yaml
from helpdesk.web.blueprints import AID, CONSOLE
from tests.accounts.service import ROOT
from tests.console.agent_client import AgentClient
from tests.console.console_steps import Case, refusal_of
from tests.console.test_console_protocol import routes, shape
from tests.helpdesk.running import HelpdeskRun

OPENAPI = read_yaml((ROOT / "docs" / "console-openapi.yml").read_text("utf-8"))
FILES = {
    ("POST", "/api/console/conversations/{}/attachments"),
    ("GET", "/api/console/attachments/{}"),
}
SERVED = sorted(each for each in routes(*CONSOLE, *AID) if "/api/console" in each[1])
CHANGES = [each for each in SERVED if each[0] != "GET"]
READS = [each for each in SERVED if each[0] == "GET" and "socket" not in each[1]]
OF_LEADS = [each for each in CHANGES if "/canned_responses" in each[1]]
# What anybody who answers may do with a conversation that is a colleague's.
OF_EVERYBODY = ("/messages", "/attachments", "/draft", "/seen", "/claim")


def path_of(path: str, conversation: str) -> str:
    """Return an address; every parameter is the conversation's id."""
    return path.replace("{}", conversation)


def body_of(method: str, path: str) -> dict[str, Any]:
    """Return a body with the fields that a request must have."""
    item = next(i for p, i in OPENAPI["paths"].items() if shape(p) == path)
    content = item[method.lower()].get("requestBody", {}).get("content", {})
    named = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    schema = OPENAPI["components"]["schemas"].get(named.rpartition("/")[2], {})
    return {name: EXAMPLES[name] for name in schema.get("required", [])}


EXAMPLES: dict[str, Any] = {
    "epoch": 2,
    "until": "2030-01-01T00:00:00Z",
    "client_id": "6f1c7a52-64a5-4d6c-9d1e-0c8a4c8f6a01",
    "conversation": "6f1c7a52-64a5-4d6c-9d1e-0c8a4c8f6a02",
    "kind": "password_reset",
    "email": "somebody@example.com",
    "text": "Hello.",
    "title": "Hello",
    "short_code": "hello",
    "seq": 1,
    "is_away": False,
}


def test_every_request_is_found() -> None:
    assert set(SERVED) >= FILES
    assert len(CHANGES) >= 17
    assert len(READS) >= 11
    assert len(OF_LEADS) == 3


def test_without_a_session_nothing_is_answered(
    helpdesk: HelpdeskRun, case: Case
) -> None:
    own = {"Origin": helpdesk.base_url}
    for headers in (
        own,
        {**own, "Cookie": "latchkey_agent=made-up"},
        {**own, "Authorization": f"Bearer {case.chat.token}"},
        {**own, "Cookie": f"latchkey_agent={case.chat.token}"},
    ):
        for method, path in (*READS, *CHANGES):
            url = helpdesk.base_url + path_of(path, case.id)
            answer = requests.request(method, url, headers=headers, timeout=20)
            assert refusal_of(answer, 401)["code"] == "unauthorized", (method, path)


def test_an_auditor_changes_nothing(auditor: AgentClient, case: Case) -> None:
    for method, path in CHANGES:
        answer = auditor.request(method, path_of(path, case.id), json={})
        assert refusal_of(answer, 403)["code"] == "forbidden", (method, path)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", None])
def test_no_other_site_changes_anything(
    admin: AgentClient, case: Case, origin: str | None
) -> None:
    for method, path in CHANGES:
        headers = {"Origin": origin}
        answer = admin.request(method, path_of(path, case.id), json={}, headers=headers)
        assert refusal_of(answer, 403)["code"] == "forbidden", (method, path)


def test_an_agent_does_nothing_that_is_for_leads(
    agent: AgentClient, case: Case
) -> None:
    for method, path in OF_LEADS:
        answer = agent.request(method, path_of(path, case.id), json={})
        assert refusal_of(answer, 403)["code"] == "forbidden", (method, path)


def test_a_colleagues_conversation_is_theirs(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    epoch = case.claim(agent)["epoch"]
    before = case.open(agent)
    theirs = [
        (method, path)
        for method, path in CHANGES
        if "/conversations/{}/" in path and not path.endswith(OF_EVERYBODY)
    ]
    assert len(theirs) >= 7
    for method, path in theirs:
        body = {**body_of(method, path), "epoch": epoch}
        if path.endswith("recoveries"):
            del body["epoch"]
        if path.endswith("transfer"):
            body["agent"] = other_agent.id
        answer = other_agent.request(method, path_of(path, case.id), json=body)
        refusal = refusal_of(answer, 409)
        assert refusal["code"] == "not_owner", (path, refusal)
        assert refusal["agent"]["id"] == agent.id
    refusal = refusal_of(other_agent.post(f"{case.path}/claim", {"epoch": epoch}), 409)
    assert (refusal["code"], refusal["agent"]["id"]) == ("taken", agent.id)
    assert refusal_of(case.say(other_agent, "Hi."), 409)["code"] == "not_owner"
    assert case.open(agent) == before


def test_two_leads_who_press_at_once(
    lead: AgentClient, admin: AgentClient, case: Case
) -> None:
    seen = case.open(lead)["conversation"]["epoch"]
    first = lead.post(f"{case.path}/claim", {"epoch": seen})
    assert first.status_code == 200
    refusal = refusal_of(admin.post(f"{case.path}/claim", {"epoch": seen}), 409)
    assert (refusal["code"], refusal["agent"]["id"]) == ("taken", lead.id)
    assert lead.post(f"{case.path}/claim", {"epoch": seen}).status_code == 200
