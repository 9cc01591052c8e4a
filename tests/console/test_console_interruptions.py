"""Consoles when agents vanish, the help desk restarts, or the record is away."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from helpdesk.store import open_database
from helpdesk.store.models import Conversation
from helpdesk.store.rows import change
from tests.accounts.service import wait_for
from tests.console.agent_client import AgentClient
from tests.console.console_client import ConsoleTab
from tests.console.console_steps import API, Case, answer_of, refusal_of
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.postgresql import Postgresql, new_database, run_postgresql_server

QUESTION = "my invitation has expired"


def let_lease_run_out(run: HelpdeskRun, case: Case) -> None:
    """Have it be two minutes later for one conversation."""
    database = open_database(run.database_url)
    past = datetime.now(UTC) - timedelta(seconds=1)
    with database.transaction() as session:
        assert change(session, Conversation, {"id": UUID(case.id)}, lease_until=past)
    database.close()


def lease_of(run: HelpdeskRun, case: Case) -> datetime:
    """Return until when the owner of a conversation holds it."""
    database = open_database(run.database_url)
    with database.reading() as session:
        found = session.get(Conversation, UUID(case.id))
        assert found
        assert found.lease_until
        until = found.lease_until
    database.close()
    return until


def test_a_lost_claim_is_told_to_who_had_it_and_to_the_others(
    helpdesk: HelpdeskRun, agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    with ConsoleTab(agent) as mine, ConsoleTab(other_agent) as others:
        case.claim(agent)
        let_lease_run_out(helpdesk, case)
        lost = mine.notice("lost")["conversation"]
        assert (lost["id"], lost["is_returned"]) == (case.id, True)
        assert others.notice("returned")["conversation"]["owner"] == "queue"
        assert "returned" in {
            f["data"]["kind"]
            for f in [*mine.frames, *mine.pong()]
            if "kind" in f["data"]
        }
    queue = answer_of(agent.get(f"{API}/conversations", params={"view": "queue"}))
    assert queue["conversations"][0]["id"] == case.id
    refused = refusal_of(case.say(agent, "am I still there?"), 409)
    assert refused["code"] == "not_possible"


def test_a_ping_of_any_tab_renews_the_claims(
    helpdesk: HelpdeskRun, agent: AgentClient, other_agent: AgentClient, case: Case
) -> None:
    case.claim(agent)
    before = lease_of(helpdesk, case)
    with ConsoleTab(other_agent) as others, ConsoleTab(agent) as mine:
        others.pong()
        assert lease_of(helpdesk, case) == before
        mine.pong()
        assert lease_of(helpdesk, case) > before


def test_a_restart_loses_nothing_for_a_console(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    with run_helpdesk(tmp_path, LATCHKEY_RASA_URL=assistant.url) as run:
        agent = AgentClient.of_new_agent(run)
        with ChatClient.of_new_contact(run.base_url) as chat, ConsoleTab(agent) as tab:
            case = Case(chat)
            chat.ask(QUESTION)
            case.claim(agent)
            tab.look_at(case.id)
            seen = case.open(agent)["conversation"]["last_seq"]
            run.process.stop()
            assert tab.close_code() == 1012
            chat.drop()
            run.process.start()
            chat.join()
            chat.post("are you still there?")
            with ConsoleTab(agent) as again:
                assert again.counts["mine"] == 1
                path = f"{case.path}/messages"
                missed = answer_of(agent.get(path, params={"after": seen}))["messages"]
                assert [m["text"] for m in missed] == ["are you still there?"]
                again.look_at(case.id)
                assert case.say(agent, "Yes, I am.").status_code == 201
                again.next("message", lambda it: it["message"]["text"] == "Yes, I am.")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    """A PostgreSQL that a test may stop."""
    with run_postgresql_server() as running:
        yield running


def test_without_the_record_everything_is_unavailable_and_nothing_is_lost(
    tmp_path: Path, server: Postgresql, assistant: ScriptedAssistant
) -> None:
    url = new_database(server.url)
    with run_helpdesk(
        tmp_path, LATCHKEY_DATABASE_URL=url, LATCHKEY_RASA_URL=assistant.url
    ) as run:
        agent = AgentClient.of_new_agent(run)
        with ChatClient.of_new_contact(run.base_url) as chat, ConsoleTab(agent) as tab:
            case = Case(chat)
            chat.ask(QUESTION)
            case.claim(agent)
            tab.look_at(case.id)
            said = {"client_id": str(uuid4()), "text": "Good morning", "kind": "reply"}
            server.stop()
            try:
                for _ in range(2):
                    refused = agent.post(f"{case.path}/messages", said)
                    assert refusal_of(refused, 503)["code"] == "unavailable"
                assert refusal_of(agent.get(case.path), 503)["code"] == "unavailable"
                assert tab.refusal("ping") == "unavailable"
                watch = {"conversation": case.id}
                assert tab.refusal("watch", watch) == "unavailable"
            finally:
                server.start()
            wait_for(lambda: agent.get(f"{API}/me").status_code == 200, "the record")
            answer_of(agent.post(f"{case.path}/messages", said), 201)
            tab.next("message", lambda it: it["message"]["text"] == "Good morning")
            answer_of(agent.post(f"{case.path}/messages", said), 200)
            texts = [m["text"] for m in case.open(agent)["messages"]]
            assert texts.count("Good morning") == 1
        assert "Traceback" not in run.process.log
