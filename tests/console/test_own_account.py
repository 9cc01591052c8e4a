"""The agent's own account: password, codes, sessions; and nobody else's."""

import re

import pyotp
import pytest

from tests.console.agent_client import PASSWORD, AgentClient
from tests.console.door_steps import RECOVERY, read_offer, set_codes_up
from tests.helpdesk.running import HelpdeskRun

HERE = "/console/account"
ANOTHER = "another lighthouse with stairs"
SESSION = re.compile(r'name="session" value="([0-9a-f-]{36})"')


def change_password(
    client: AgentClient, current: str = PASSWORD, new: str = ANOTHER, again: str = ""
) -> tuple[int, str]:
    answer = client.submit(
        f"{HERE}/password",
        page=HERE,
        current=current,
        password=new,
        password_again=again or new,
    )
    return answer.status_code, answer.text


def is_inside(client: AgentClient) -> bool:
    return client.get(HERE).status_code == 200


def second_browser(helpdesk: HelpdeskRun, client: AgentClient) -> AgentClient:
    other = AgentClient(helpdesk.base_url, client.person)
    assert other.sign_in().status_code == 303
    return other


def test_a_new_password_ends_all_other_sessions(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    other, old = second_browser(helpdesk, agent), agent.token
    assert change_password(agent)[0] == 303
    assert is_inside(agent)
    assert agent.token != old
    assert not is_inside(other)
    assert "Your password is changed." in agent.get(f"{HERE}?done=password").text
    assert other.sign_in().status_code == 422
    assert other.sign_in(ANOTHER).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("wrong", ANOTHER, "", "This is not your password."),
        (PASSWORD, "short", "", "Too short"),
        (PASSWORD, "x" * 257, "", "Too long"),
        (PASSWORD, "aaaaaaaaaaaa", "", "One character"),
        (PASSWORD, ANOTHER, "something else", "are not the same"),
    ],
)
def test_a_password_that_does_not_do_changes_nothing(
    helpdesk: HelpdeskRun,
    agent: AgentClient,
    current: str,
    new: str,
    again: str,
    said: str,
) -> None:
    status, text = change_password(agent, current, new, again)
    assert status == 422
    assert said in text
    assert is_inside(agent)
    assert second_browser(helpdesk, agent).token
    assert ANOTHER not in text


def test_the_own_address_is_no_password(agent: AgentClient) -> None:
    status, text = change_password(agent, new=agent.person.email)
    assert (status, "too easy to guess" in text) == (422, True)


def test_an_agent_signs_one_of_their_browsers_out(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    other = second_browser(helpdesk, agent)
    (listed,) = SESSION.findall(agent.get(HERE).text)
    answer = agent.submit(f"{HERE}/sessions/end", page=HERE, session=listed)
    assert answer.headers["Location"] == f"{HERE}?done=session"
    assert is_inside(agent)
    assert not is_inside(other)


def test_nobody_signs_somebody_else_out(
    helpdesk: HelpdeskRun, agent: AgentClient, other_agent: AgentClient
) -> None:
    second_browser(helpdesk, other_agent)
    (theirs,) = SESSION.findall(other_agent.get(HERE).text)
    for session in (theirs, "x", ""):
        answer = agent.submit(f"{HERE}/sessions/end", page=HERE, session=session)
        assert answer.status_code == 404
    assert SESSION.findall(other_agent.get(HERE).text) == [theirs]


def test_signing_out_everywhere_includes_this_browser(
    helpdesk: HelpdeskRun, agent: AgentClient, other_agent: AgentClient
) -> None:
    other = second_browser(helpdesk, agent)
    answer = agent.submit(f"{HERE}/sessions/end-all", page=HERE)
    assert answer.headers["Location"] == "/console/sign-in"
    assert not is_inside(agent)
    assert not is_inside(other)
    assert is_inside(other_agent)


def test_codes_are_set_up_by_whoever_knows_the_password(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    answer = agent.submit(f"{HERE}/codes", page=HERE, password="wrong")
    assert answer.status_code == 422
    assert "scan" not in answer.text
    other, old = second_browser(helpdesk, agent), agent.token
    _, recovery = set_codes_up(agent)
    assert len(recovery) == 10
    assert agent.token != old
    assert not is_inside(other)
    assert "You have 10 recovery codes left" in agent.get(HERE).text


def test_codes_are_removed_with_a_code(agent: AgentClient) -> None:
    _, recovery = set_codes_up(agent)
    answer = agent.submit(f"{HERE}/codes/remove", page=HERE, code="000000")
    assert answer.status_code == 422
    answer = agent.submit(f"{HERE}/codes/remove", page=HERE, code=recovery[0])
    assert answer.headers["Location"] == f"{HERE}?done=codes_removed"
    assert agent.submit("/console/sign-out", page=HERE).status_code == 303
    assert agent.sign_in().headers["Location"] == "/console"


def test_new_recovery_codes_replace_the_old_ones(agent: AgentClient) -> None:
    _, old = set_codes_up(agent)
    here = f"{HERE}/codes/recovery"
    assert agent.submit(here, page=HERE, code="000000").status_code == 422
    shown = agent.submit(here, page=HERE, code=old[0])
    new = RECOVERY.findall(shown.text)
    assert len(new) == 10
    assert agent.submit(here, page=HERE, code=old[1]).status_code == 422
    assert agent.submit(here, page=HERE, code=new[0]).status_code == 200


def test_codes_that_are_there_are_not_replaced_without_one(agent: AgentClient) -> None:
    shown = agent.submit(f"{HERE}/codes", page=HERE, password=PASSWORD)
    offer, secret = read_offer(shown.text)
    set_codes_up(agent)
    answer = agent.submit(
        f"{HERE}/codes/accept", page=HERE, offer=offer, code=pyotp.TOTP(secret).now()
    )
    assert answer.status_code == 422


def test_whoever_has_no_password_here_is_asked_for_none(
    helpdesk: HelpdeskRun, agent: AgentClient
) -> None:
    helpdesk.sql(
        "UPDATE agents SET password_hash = NULL WHERE email = :email",
        email=agent.person.email,
    )
    shown = agent.get(HERE)
    assert "Change the password" not in shown.text
    assert "One-time codes" not in shown.text
    assert change_password(agent)[0] == 422
    assert agent.submit(f"{HERE}/codes", page=HERE, password="").status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        "password",
        "sessions/end",
        "sessions/end-all",
        "codes",
        "codes/accept",
        "codes/recovery",
        "codes/remove",
    ],
)
def test_every_form_is_for_agents_on_our_own_page_only(
    helpdesk: HelpdeskRun, agent: AgentClient, form: str
) -> None:
    path = f"{HERE}/{form}"
    foreign = {"Origin": "https://evil.example"}
    token = {"form_token": agent.form_token(HERE)}
    assert agent.request("POST", path, data=token, headers=foreign).status_code == 403
    assert agent.request("POST", path, data=token, headers={"Origin": None}).ok is False
    assert agent.submit(path, form_token="0" * 64).status_code == 403
    stranger = AgentClient(helpdesk.base_url, agent.person)
    answer = stranger.submit(path, page="/console/sign-in")
    assert answer.headers["Location"] == "/console/sign-in"
    assert is_inside(agent)
