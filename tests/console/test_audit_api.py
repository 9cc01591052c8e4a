"""The audit record through the console's API: who reads it, how it is searched, its export."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from helpdesk.desk.audit import FIRST, Who, verify_chain, write_audit
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.store import open_database
from tests.console.agent_client import AgentClient
from tests.console.console_steps import Case, answer_of
from tests.helpdesk.running import TEST_KEY, HelpdeskRun

Json = dict[str, Any]
AUDIT, EXPORT = "/api/console/audit", "/api/console/audit/export"
LONG_AGO = datetime(2020, 5, 1, 9, 30, tzinfo=UTC)


def entries(auditor: AgentClient, **sought: object) -> list[Json]:
    return list(page(auditor, **sought)["entries"])


def page(auditor: AgentClient, **sought: object) -> Json:
    answer = auditor.get(AUDIT, params=sought)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def write(run: HelpdeskRun, *written: tuple[str, str, str], at: datetime) -> None:
    database = open_database(run.database_url)
    with database.transaction() as session:
        for actor, action, target in written:
            write_audit(session, Who(actor), action, target, at)
    database.close()


def test_auditors_and_admins_read_it_and_nobody_else(
    agent: AgentClient, lead: AgentClient, admin: AgentClient, auditor: AgentClient
) -> None:
    for who in (admin, auditor):
        assert page(who)["entries"]
    for who in (agent, lead):
        for path in (AUDIT, EXPORT):
            answer = who.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    answer = requests.get(f"{agent.base_url}{AUDIT}", timeout=15)
    assert answer.status_code == 401
    assert auditor.post(AUDIT, {}).status_code == 405


def test_what_an_agent_does_with_a_conversation_is_in_it(
    case: Case, agent: AgentClient, other_agent: AgentClient, auditor: AgentClient
) -> None:
    case.claim(agent)
    case.claim(agent)  # once more is only a sign of life
    assert agent.put("/api/console/me/away", {"is_away": True}).status_code == 204
    path = f"/api/console/conversations/{case.id}"
    answer_of(
        agent.post(
            f"{path}/resolve", {"epoch": case.open(agent)["conversation"]["epoch"]}
        )
    )
    found = entries(auditor, actor=agent.id)
    assert [entry["action"] for entry in found] == [
        "conversation.resolved",
        "agent.went_away",
        "conversation.claimed",
        "agent.signed_in",
    ]
    resolved = found[0]
    assert resolved["actor"] == {"id": agent.id, "name": "Ana Costa"}
    assert (resolved["role"], resolved["target"]) == (
        "agent",
        f"conversation:{case.id}",
    )
    assert resolved["session"] == found[1]["session"] == found[3]["session"]
    assert resolved["details"]["conversation"] == case.id
    assert found[3]["target_name"] == "Ana Costa"
    refused = other_agent.post(f"{path}/resolve", {"epoch": 1})
    assert refused.status_code == 409
    assert len(entries(auditor, actor=other_agent.id)) == 1, (
        "what failed changed nothing"
    )


def test_it_is_searched_by_who_what_whom_and_when(
    helpdesk: HelpdeskRun, auditor: AgentClient
) -> None:
    address = f"{uuid4().hex}@example.com"
    person, me = Pseudonyms(TEST_KEY).target(address), f"tester {uuid4().hex}"
    written = [
        (me, "thing.done", person),
        (me, "thing.undone", person),
        (me, "thingy.done", "x:1"),
    ]
    write(helpdesk, *written, at=LONG_AGO)
    write(helpdesk, (me, "thing.done", "x:1"), at=LONG_AGO + timedelta(days=1))

    def numbers(**sought: object) -> list[tuple[str, str]]:
        found = entries(auditor, actor=me, **sought)
        return [(entry["action"], entry["target"]) for entry in found]

    newest_first = [("thing.done", "x:1"), *[row[1:] for row in written[::-1]]]
    assert numbers() == newest_first
    assert numbers(action="thing.done") == [newest_first[0], newest_first[3]]
    assert numbers(action="thing") == [newest_first[i] for i in (0, 2, 3)]
    assert numbers(action="thin%") == numbers(action="%") == []
    assert numbers(address=f" {address.upper()} ") == newest_first[2:]
    assert numbers(to="2020-05-02T00:00:00+00:00") == newest_first[1:]
    noon = "2020-05-02T11:30:00+02:00"
    assert numbers(**{"from": noon}) == newest_first[:1]
    assert numbers(to=noon) == newest_first[1:], "that moment is not included"
    assert entries(auditor, address=address)[0]["actor"] == {
        "id": auditor.id,
        "name": "Una Byrne",
    }, "whoever looked for a person is found by looking for that person"
    assert address not in str(entries(auditor, limit=200))


def test_pages_follow_each_other_without_a_gap(
    helpdesk: HelpdeskRun, auditor: AgentClient
) -> None:
    me = f"tester {uuid4().hex}"
    write(helpdesk, *[(me, "thing.done", f"x:{n}") for n in range(7)], at=LONG_AGO)
    found, after = [], {}
    for length in (3, 3, 1):
        shown = page(auditor, actor=me, limit=3, **after)
        assert len(shown["entries"]) == length
        found += [entry["target"] for entry in shown["entries"]]
        after = {"after": shown["next"]}
    assert shown["next"] is None
    assert found == [f"x:{n}" for n in range(7)][::-1]


def test_each_look_and_each_export_is_in_it(auditor: AgentClient) -> None:
    page(auditor, action="thing.done", limit=1)
    auditor.get(EXPORT, params={"format": "jsonl", "actor": "nobody at all"})
    exported, looked = entries(auditor, actor=auditor.id)[:2]
    assert (exported["action"], exported["target"]) == ("audit.exported", "audit")
    assert exported["details"] == {"actor": "nobody at all", "format": "jsonl"}
    assert (looked["action"], looked["details"]) == (
        "audit.read",
        {"action": "thing.done"},
    )


@pytest.mark.parametrize(
    "sought",
    [
        {"address": "nobody"},
        {"from": "yesterday"},
        {"to": "2026-01-01T00:00:00"},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"limit": "201"},
        {"after": "x"},
        {"actor": "x" * 201},
        {"action": "a\nb"},
    ],
)
def test_what_cannot_be_sought_is_refused(sought: Json, auditor: AgentClient) -> None:
    for path in (AUDIT, EXPORT):
        if path == EXPORT and sought.keys() & {"limit", "after"}:
            continue
        answer = auditor.get(path, params=sought)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")
    assert auditor.get(EXPORT, params={"format": "pdf"}).status_code == 400


def test_an_export_has_everything_and_can_be_checked(
    helpdesk: HelpdeskRun, auditor: AgentClient
) -> None:
    many = [(f"tester {n % 7}", "thing.done", f"x:{n}") for n in range(1_200)]
    write(helpdesk, *many, at=LONG_AGO)
    answer = auditor.get(EXPORT, params={"format": "jsonl"})
    assert answer.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment; filename=" in answer.headers["Content-Disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["action"] == "audit.exported"
    digest = FIRST
    for line in lines:
        # As decision 17 says it to whoever has nothing but the file.
        names = ("number", "at", "actor", "action", "target", "details")
        made_of = {name: line[name] for name in (*names, "previous_digest")}
        text = json.dumps(made_of, sort_keys=True, separators=(",", ":"))
        assert line["previous_digest"] == digest
        digest = hashlib.sha256(text.encode()).hexdigest()
        assert line["digest"] == digest
    database = open_database(helpdesk.database_url)
    with database.reading() as session:
        assert verify_chain(session).digest == digest
    database.close()


def test_a_table_gets_columns_and_no_formula(
    helpdesk: HelpdeskRun, auditor: AgentClient
) -> None:
    me = f"=1+1, “{uuid4().hex}”"
    write(helpdesk, (me, "thing.done", "@x:1"), at=LONG_AGO)
    answer = auditor.get(EXPORT, params={"actor": me})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith('.csv"')
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["actor"], row["target"]) == (f"'{me}", "'@x:1")
    assert (row["action"], row["at"]) == ("thing.done", "2020-05-01T09:30:00.000+00:00")
    assert (row["details"], row["role"]) == ("{}", "")
    assert len(row["digest"]) == 64
    nothing = auditor.get(EXPORT, params={"actor": "nobody at all"})
    assert len(nothing.text.splitlines()) == 1
