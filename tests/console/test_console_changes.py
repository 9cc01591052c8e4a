"""What agents change over HTTP: each verb, and whose it is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.console.agent_client import AgentClient
from tests.console.console_client import ConsoleTab
from tests.console.console_steps import API, Case, answer_of, refusal_of

SOMEBODY = str(uuid4())


@pytest.fixture
def online(other_agent: AgentClient) -> Iterator[AgentClient]:
    """Another agent, with a console open."""
    with ConsoleTab(other_agent):
        yield other_agent


def test_a_claim_is_won_by_one_and_the_other_sees_who(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    line = case.claim(agent)
    assert (line["owner"], line["agent"]["id"]) == ("agent", agent.id)
    taken = refusal_of(other_agent.post(f"{case.path}/claim"), 409)
    assert taken["code"] == "taken"
    assert taken["agent"]["name"] == "Ana Costa"
    activity = case.open(agent)["messages"][-1]
    assert activity["event"]["name"] == "claimed"
    assert activity["kind"] == "activity"
    stretches = case.open(agent)["stretches"]
    assert [each["owner"] for each in stretches] == ["assistant", "agent"]


def test_a_lead_may_take_from_an_agent(
    agent: AgentClient, lead: AgentClient, case: Case
) -> None:
    case.claim(agent)
    assert "claim" in case.open(lead)["may"]
    assert case.claim(lead)["agent"]["id"] == lead.id


def test_a_reply_reaches_the_contact_once(agent: AgentClient, case: Case) -> None:
    case.claim(agent)
    client_id = str(uuid4())
    first = case.say(agent, "I have sent you a new one.", client_id=client_id)
    message = answer_of(first, 201)["message"]
    assert message["agent"] == {"id": agent.id, "name": "Ana Costa"}
    again = case.say(agent, "I have sent you a new one.", client_id=client_id)
    assert answer_of(again)["message"] == message
    heard = case.chat.next("message", lambda it: it["sender"] == "agent")
    assert heard["text"] == "I have sent you a new one."
    other = case.say(agent, "Something else.", client_id=client_id)
    assert refusal_of(other, 409)["code"] == "client_id_taken"


def test_only_the_owner_may_reply(
    agent: AgentClient, other_agent: AgentClient, lead: AgentClient, case: Case
) -> None:
    refused = refusal_of(case.say(agent, "hello"), 409)
    assert refused["code"] == "not_possible"
    case.claim(agent)
    for colleague in (other_agent, lead):
        refused = refusal_of(case.say(colleague, "me too"), 409)
        assert refused["code"] == "not_owner"
        assert refused["agent"]["id"] == agent.id
    assert "me too" not in str(case.open(agent)["messages"])


def test_notes_are_for_agents_only(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    case.claim(agent)
    answer_of(case.say(other_agent, "ask for the site", kind="note"), 201)
    answer_of(case.say(agent, "Which site is it?"), 201)
    heard = case.chat.next("message", lambda it: it["sender"] == "agent")
    assert heard["text"] == "Which site is it?"
    joined = case.chat.join(after=0)
    assert "ask for the site" not in str(joined)
    assert case.open(agent)["messages"][-2]["kind"] == "note"


def test_a_change_of_what_was_seen_before_is_stale(
    agent: AgentClient, case: Case
) -> None:
    epoch = case.claim(agent)["epoch"]
    answer_of(case.do(agent, "release"))
    case.claim(agent)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for verb, more in (
        ("release", {}),
        ("hand_back", {}),
        ("resolve", {}),
        ("snooze", {"until": until}),
        ("transfer", {"agent": SOMEBODY}),
    ):
        refused = refusal_of(case.do(agent, verb, epoch=epoch, **more), 409)
        assert refused["code"] == "stale", verb
        assert refused["conversation"]["epoch"] > epoch
        assert "reply" in refused["may"]
    assert case.open(agent)["conversation"]["agent"]["id"] == agent.id


def test_what_a_colleague_has_cannot_be_given_away(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    case.claim(agent)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for verb, more in (
        ("release", {}),
        ("hand_back", {}),
        ("resolve", {}),
        ("snooze", {"until": until}),
        ("transfer", {"agent": other_agent.id}),
    ):
        refused = refusal_of(case.do(other_agent, verb, **more), 409)
        assert (refused["code"], refused["agent"]["id"]) == ("not_owner", agent.id)


def test_a_lead_may_release_transfer_and_resolve_for_others(
    agent: AgentClient, lead: AgentClient, online: AgentClient, case: Case
) -> None:
    case.claim(agent)
    moved = answer_of(case.do(lead, "transfer", agent=online.id))
    assert moved["conversation"]["agent"]["id"] == online.id
    released = answer_of(case.do(lead, "release"))
    assert released["conversation"]["owner"] == "queue"


def test_a_transfer_needs_somebody_who_is_there(
    agent: AgentClient, online: AgentClient, case: Case
) -> None:
    case.claim(agent)
    online.put(f"{API}/me/away", {"is_away": True})
    refused = refusal_of(case.do(agent, "transfer", agent=online.id), 409)
    assert refused["code"] == "not_available"
    online.put(f"{API}/me/away", {"is_away": False})
    done = answer_of(case.do(agent, "transfer", agent=online.id, note="your turn"))
    assert done["conversation"]["agent"]["id"] == online.id
    assert "your turn" in [m["text"] for m in case.open(online)["messages"]]
    for wrong in ({}, {"agent": SOMEBODY, "team": SOMEBODY}):
        refusal_of(case.do(online, "transfer", **wrong), 400)
    refusal_of(case.do(online, "transfer", team=SOMEBODY), 404)


def test_hand_back_gives_the_assistant_the_word_again(
    agent: AgentClient, case: Case
) -> None:
    case.claim(agent)
    line = answer_of(case.do(agent, "hand_back"))["conversation"]
    assert (line["status"], line["owner"], line["agent"]) == (
        "pending",
        "assistant",
        None,
    )
    assert case.chat.ask("and now?")["text"] == "You said: and now?"


def test_a_snooze_ends_in_the_future_and_has_a_time_zone(
    agent: AgentClient, case: Case
) -> None:
    case.claim(agent)
    now = datetime.now(UTC)
    for until in (
        now - timedelta(minutes=1),
        now + timedelta(days=91),
        datetime(2030, 1, 1),
    ):
        refusal_of(case.do(agent, "snooze", until=until.isoformat()), 400)
    until = (now + timedelta(days=1)).isoformat()
    line = answer_of(case.do(agent, "snooze", until=until))["conversation"]
    assert line["status"] == "snoozed"
    assert line["snoozed_until"][:16] == until[:16]


def test_what_is_resolved_can_be_reopened(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    case.claim(agent)
    done = answer_of(case.do(agent, "resolve"))
    assert done["conversation"]["status"] == "resolved"
    assert done["may"] == ["note", "reopen"]
    line = answer_of(case.do(other_agent, "reopen"))["conversation"]
    assert (line["status"], line["agent"]["id"]) == ("open", other_agent.id)


def test_drafts_are_kept_for_each_agent(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    for text in ("Dear", "Dear contact"):
        assert agent.put(f"{case.path}/draft", {"text": text}).status_code == 204
    assert case.open(agent)["draft"] == "Dear contact"
    assert case.open(other_agent)["draft"] == ""
    assert agent.put(f"{case.path}/draft", {"text": " "}).status_code == 204
    assert case.open(agent)["draft"] == ""
    long = agent.put(f"{case.path}/draft", {"text": "x" * 4_001})
    assert refusal_of(long, 400)["code"] == "too_long"


def test_seen_takes_the_unread_away(agent: AgentClient, case: Case) -> None:
    assert case.open(agent)["conversation"]["unread"] == 1
    assert agent.put(f"{case.path}/seen", {"seq": 2}).status_code == 204
    assert agent.put(f"{case.path}/seen", {"seq": 1}).status_code == 204
    assert case.open(agent)["conversation"]["unread"] == 0
    case.chat.ask("one more thing")
    assert case.open(agent)["conversation"]["unread"] == 1
    refusal_of(agent.put(f"{case.path}/seen", {"seq": 99}), 400)


def test_mentions_wait_until_they_are_looked_at(
    agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    mentions = [other_agent.id]
    sent = case.say(agent, "can you look?", kind="note", mentions=mentions)
    note = answer_of(sent, 201)["message"]
    assert note["mentions"] == mentions
    (mention,) = answer_of(other_agent.get(f"{API}/mentions"))["mentions"]
    assert mention["conversation"]["id"] == case.id
    assert (mention["text"], mention["is_seen"]) == ("can you look?", False)
    assert mention["by"]["id"] == agent.id
    assert answer_of(other_agent.get(f"{API}/me"))["counts"]["mentions"] == 1
    seen = {"conversation": case.id, "seq": note["seq"]}
    assert other_agent.put(f"{API}/mentions/seen", seen).status_code == 204
    assert answer_of(other_agent.get(f"{API}/me"))["counts"]["mentions"] == 0
    refusal_of(agent.put(f"{API}/mentions/seen", seen), 404)  # not theirs
    assert answer_of(agent.get(f"{API}/mentions"))["mentions"] == []


def test_away_is_kept_and_shown(agent: AgentClient) -> None:
    for is_away in (True, False):
        answer = agent.put(f"{API}/me/away", {"is_away": is_away})
        assert answer.status_code == 204
        assert answer_of(agent.get(f"{API}/me"))["agent"]["is_away"] is is_away
