"""Canned responses: who reads and writes them, what is refused, and where they come from."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy import delete

from foundation.database import Database
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.canned_responses import (
    ShortCodeTakenError,
    Written,
    add_response,
    list_responses,
    seed_responses,
    variables,
)
from helpdesk.store.console_models import CannedResponse
from helpdesk.store.models import Agent
from helpdesk.store.rows import add, table_of
from helpdesk.store.words import Role
from tests.console.agent_client import AgentClient
from tests.helpdesk.desk_steps import BEGIN
from tests.helpdesk.running import HelpdeskRun

PLACE = "/api/console/canned_responses"
GOOD = {"title": "Ask again", "text": "Hello {contact.name}, about {product}?"}


def written(**fields: object) -> dict[str, object]:
    return {"short_code": f"c{uuid4().hex[:8]}", **GOOD, **fields}


@pytest.fixture
def known(lead: AgentClient) -> dict[str, str]:
    answer = lead.post(PLACE, written())
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["canned_response"])


def of(agent: AgentClient) -> dict[str, dict[str, str]]:
    shown = agent.get(PLACE).json()["canned_responses"]
    return {each["id"]: each for each in shown}


def test_a_lead_writes_and_every_agent_reads(
    lead: AgentClient, agent: AgentClient, auditor: AgentClient, known: dict[str, str]
) -> None:
    assert of(agent)[known["id"]] == of(auditor)[known["id"]] == known
    body = written(short_code="/Ask-Again-2", text="  Once more?  ")
    changed = lead.put(f"{PLACE}/{known['id']}", body)
    assert changed.status_code == 200, changed.text
    assert changed.json()["canned_response"]["short_code"] == "ask-again-2"
    assert of(agent)[known["id"]]["text"] == "Once more?"
    assert lead.delete(f"{PLACE}/{known['id']}").status_code == 204
    assert known["id"] not in of(agent)


def test_variables_are_explained(agent: AgentClient) -> None:
    shown = agent.get(PLACE).json()["variables"]
    assert {each["name"]: each["means"] for each in shown} == dict(variables())


def test_a_new_help_desk_begins_with_starters(agent: AgentClient) -> None:
    assert {"hello", "address", "moment", "check", "bye"} <= {
        each["short_code"] for each in of(agent).values()
    }


def test_agents_and_auditors_write_nothing(
    agent: AgentClient, auditor: AgentClient, known: dict[str, str]
) -> None:
    for who in (agent, auditor):
        place = f"{PLACE}/{known['id']}"
        for answer in (
            who.post(PLACE, written()),
            who.put(place, written()),
            who.delete(place),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert of(agent)[known["id"]] == known


def test_nobody_else_reads_or_writes(helpdesk: HelpdeskRun, lead: AgentClient) -> None:
    assert requests.get(helpdesk.base_url + PLACE, timeout=15).status_code == 401
    foreign = {"Origin": "https://evil.example"}
    assert lead.post(PLACE, written(), headers=foreign).status_code == 403


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"short_code": ""}, "short code"),
        ({"short_code": "two words"}, "short code"),
        ({"short_code": "x" * 41}, "short code"),
        ({"short_code": "ümlaut"}, "short code"),
        ({"title": " "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"text": "\x00"}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"text": "Hello {name}"}, "{name}"),
        ({"text": "Hello {contact.email}"}, "{contact.name}"),
        ({"text": "Hello {}"}, "{}"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    fields: dict[str, str], says: str, lead: AgentClient, known: dict[str, str]
) -> None:
    for answer in (
        lead.post(PLACE, written(**fields)),
        lead.put(f"{PLACE}/{known['id']}", written(**fields)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_response")
        assert says in answer.json()["message"]


def test_a_short_code_is_used_once(lead: AgentClient, known: dict[str, str]) -> None:
    code = known["short_code"]
    other = lead.post(PLACE, written()).json()["canned_response"]
    for answer in (
        lead.post(PLACE, written(short_code=code.upper())),
        lead.put(f"{PLACE}/{other['id']}", written(short_code=code)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "short_code_taken")
    again = lead.put(f"{PLACE}/{known['id']}", written(short_code=code))
    assert again.status_code == 200


@pytest.mark.parametrize("wanted", [str(UUID(int=7)), "x"])
def test_what_is_not_there_is_not_found(wanted: str, lead: AgentClient) -> None:
    for answer in (
        lead.put(f"{PLACE}/{wanted}", written()),
        lead.delete(f"{PLACE}/{wanted}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("body", [{}, {"short_code": 1}, {**written(), "more": 1}])
def test_a_body_of_another_shape_is_refused(
    body: dict[str, object], lead: AgentClient
) -> None:
    assert lead.post(PLACE, body).json()["code"] == "bad_frame"


def seed(database: Database, days: int = 0) -> list[str]:
    with database.transaction() as session:
        seed_responses(session, BEGIN + timedelta(days=days))
        return [each.short_code for each in list_responses(session)]


def test_starters_are_put_in_once_and_what_is_removed_stays_away(
    database: Database,
) -> None:
    assert len(seed(database)) == 5
    assert len(seed(database, days=1)) == 5
    with database.transaction() as session:
        session.execute(delete(table_of(CannedResponse)))
    assert seed(database, days=2) == []


def test_starters_are_not_put_beside_what_a_lead_wrote(database: Database) -> None:
    agent = Agent(
        id=uuid4(), email="l@example.com", name="L", role=Role.LEAD, created_at=BEGIN
    )
    lead = SignedInAgent(uuid4(), agent.id, agent.name, agent.email, agent.role)
    with database.transaction() as session:
        add(session, agent)
        add_response(session, lead, Written("mine", "Mine", "My own."), BEGIN)
    assert seed(database) == ["mine"]
    with pytest.raises(ShortCodeTakenError), database.transaction() as session:
        add_response(session, lead, Written("mine", "Mine", "My own."), BEGIN)
