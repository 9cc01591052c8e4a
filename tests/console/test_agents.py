"""Who a request comes from: sessions, roles, origins; for the API, pages and sockets."""

from collections.abc import Iterator

import pytest
import requests
from websockets.exceptions import InvalidStatus

from helpdesk.desk.agent_accounts import (
    access_agent,
    change_role,
    deactivate_agent,
    set_password,
)
from helpdesk.desk.audit import Who
from helpdesk.store import open_database
from helpdesk.store.words import Role
from tests.console.agent_client import COOKIE, AgentClient
from tests.console.probe_launcher import PROBE
from tests.helpdesk.running import HelpdeskRun, on_sqlite, run_helpdesk
from tests.helpdesk.test_database_outage import another_writer

SOCKET = f"{PROBE}/socket"
FOREIGN = "https://evil.example"


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    """The real help desk, with addresses that ask who is there."""
    folder = tmp_path_factory.mktemp("probe")
    module = "tests.console.probe_launcher"
    settings = {"LATCHKEY_LIMIT_FACTOR": "1000", **on_sqlite(folder)}
    with run_helpdesk(folder, module, **settings) as running:
        yield running


@pytest.fixture
def shift(helpdesk: HelpdeskRun) -> Iterator[object]:
    """Moves the help desk's clock forward by some hours."""
    file = helpdesk.folder / "shift"
    yield lambda hours: file.write_text(str(hours * 3600))
    file.unlink(missing_ok=True)


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["code"])


def edit(run: HelpdeskRun, agent: AgentClient, how: str) -> None:
    """Change an agent's account as the command line does."""
    database = open_database(run.database_url)
    with database.transaction() as session:
        row = access_agent(session, agent.person.email)
        now = row.created_at
        if how == "deactivate":
            deactivate_agent(session, Who("test"), row, now)
        elif how == "password":
            set_password(session, Who("test"), row, "another", now)
        else:
            change_role(session, Who("test"), row, Role(how), now)
    database.close()


def test_a_signed_in_agent_is_known(agent: AgentClient) -> None:
    said = agent.get(PROBE).json()
    assert said == {"id": agent.id, "name": "Ana Costa", "role": "agent"}
    assert agent.post(PROBE).json() == {"id": agent.id}


def test_a_stranger_is_refused(helpdesk: HelpdeskRun, agent: AgentClient) -> None:
    stranger = AgentClient(helpdesk.base_url, agent.person)
    assert refused(stranger.get(PROBE)) == (401, "unauthorized")
    assert refused(stranger.post(PROBE)) == (401, "unauthorized")
    stranger.session.cookies.set(COOKIE, "x" * 43)
    assert refused(stranger.get(PROBE)) == (401, "unauthorized")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("origin", [FOREIGN, None, "null", "http://127.0.0.1"])
def test_a_change_must_come_from_our_own_page(
    agent: AgentClient, method: str, origin: str | None
) -> None:
    answer = agent.request(method, PROBE, headers={"Origin": origin})
    assert refused(answer) == (403, "forbidden")


def test_an_answer_is_for_nobody_elses_page(agent: AgentClient) -> None:
    answer = agent.get(PROBE, headers={"Origin": FOREIGN})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_role_may_do_what_its_role_may(
    agent: AgentClient, lead: AgentClient, admin: AgentClient, auditor: AgentClient
) -> None:
    assert auditor.get(PROBE).status_code == 200
    assert refused(auditor.post(PROBE)) == (403, "forbidden")
    for who, status in {agent: 403, lead: 200, admin: 200, auditor: 403}.items():
        assert who.post(f"{PROBE}/lead").status_code == status


def test_a_new_role_counts_at_once(helpdesk: HelpdeskRun, agent: AgentClient) -> None:
    with agent.socket(SOCKET) as socket:
        socket.send("?")
        assert socket.recv() == "agent"
        edit(helpdesk, agent, "lead")
        assert agent.post(f"{PROBE}/lead").status_code == 200
        socket.send("?")
        assert socket.recv() == "lead"
        edit(helpdesk, agent, "auditor")
        assert agent.post(PROBE).status_code == 403


@pytest.mark.parametrize("how", ["deactivate", "password"])
def test_whoever_is_locked_out_is_out_at_once(
    helpdesk: HelpdeskRun, agent: AgentClient, how: str
) -> None:
    with agent.socket(SOCKET) as socket:
        edit(helpdesk, agent, how)
        assert refused(agent.get(PROBE)) == (401, "unauthorized")
        socket.send("?")
        assert socket.recv() == "unauthorized"


def test_after_the_sign_out_a_stolen_token_is_worth_nothing(agent: AgentClient) -> None:
    stolen = agent.token
    answer = agent.submit("/console/sign-out", page="/console/account")
    assert answer.headers["Location"] == "/console/sign-in"
    assert not agent.token
    thief = {"Cookie": f"{COOKIE}={stolen}"}
    assert refused(agent.get(PROBE, headers=thief)) == (401, "unauthorized")


def test_a_socket_opens_only_for_an_agent_and_our_own_page(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    for origin, status in ((FOREIGN, 403), (None, 403)):
        agent.origin = origin  # type: ignore[assignment]
        with pytest.raises(InvalidStatus) as caught:
            agent.socket(SOCKET)
        assert caught.value.response.status_code == status
    agent.origin = helpdesk.base_url
    agent.session.cookies.clear()
    with pytest.raises(InvalidStatus) as caught:
        agent.socket(SOCKET)
    assert caught.value.response.status_code == 401


def test_use_keeps_a_session_and_idleness_ends_it(
    agent: AgentClient, other_agent: AgentClient, shift: object
) -> None:
    assert callable(shift)
    for hours in (11, 22):
        shift(hours)
        assert agent.get(PROBE).status_code == 200
    assert refused(other_agent.get(PROBE)) == (401, "unauthorized")
    shift(22 + 12)
    assert refused(agent.get(PROBE)) == (401, "unauthorized")


def test_an_agent_reads_on_while_nothing_can_be_written(
    helpdesk: HelpdeskRun, agent: AgentClient, shift: object
) -> None:
    assert callable(shift)
    shift(1)
    with another_writer(helpdesk):
        assert agent.get(PROBE).status_code == 200


def test_a_page_asks_to_sign_in_and_leads_back(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    assert agent.get("/console/probe?q=1").text == "Ana Costa sees 1"
    stranger = AgentClient(helpdesk.base_url, agent.person)
    sent = stranger.get("/console/probe?q=1&r=%C3%A9").headers["Location"]
    assert sent == "/console/sign-in?next=/console/probe%3Fq%3D1%26r%3D%25C3%25A9"
    shown = stranger.get(sent)
    wanted = "/console/probe?q=1&amp;r=%C3%A9"
    assert f'name="next" value="{wanted}"' in shown.text
    answer = stranger.sign_in(next="/console/probe?q=1&r=%C3%A9")
    assert answer.headers["Location"] == "/console/probe?q=1&r=%C3%A9"


def test_a_link_in_a_mail_leads_to_the_page_and_not_to_the_sign_in(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    # The browser keeps the cookie back on the first request, and sends it on the next.
    mailed = {"Sec-Fetch-Site": "cross-site"}
    stranger = AgentClient(helpdesk.base_url, agent.person)
    shown = stranger.get("/console/probe?q=1&r=2", headers=mailed)
    assert shown.status_code == 200
    assert 'content="0;url=/console/probe?q=1&amp;r=2"' in shown.text
