"""Signing in with one-time codes, and setting them up at the door where a role must."""

import json
from collections.abc import Iterator

import pyotp
import pytest

from helpdesk.store.words import Role
from tests.console.agent_client import (
    COOKIE,
    PASSWORD,
    AgentClient,
    add_person,
)
from tests.console.door_steps import RECOVERY, read_offer, set_codes_up
from tests.helpdesk.running import HelpdeskRun, run_helpdesk

ACCOUNT, CODE, SET_UP = (
    "/console/account",
    "/console/sign-in/code",
    "/console/sign-in/set-up",
)


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    """A help desk where admins and leads must use one-time codes."""
    folder = tmp_path_factory.mktemp("codes")
    with run_helpdesk(
        folder, LATCHKEY_CODES_FOR="admin, lead", LATCHKEY_LIMIT_FACTOR="1000"
    ) as running:
        yield running


@pytest.fixture
def client(helpdesk: HelpdeskRun) -> AgentClient:
    """An agent, signed in, whose role may do without codes."""
    return AgentClient.of_new_agent(helpdesk)


@pytest.fixture
def newcomer(helpdesk: HelpdeskRun) -> AgentClient:
    """An admin who has never signed in."""
    person = add_person(helpdesk.database_url, "Sam Okafor", Role.ADMIN)
    return AgentClient(helpdesk.base_url, person)


def leave(client: AgentClient) -> None:
    client.submit("/console/sign-out", page=ACCOUNT)


def forget_steps(helpdesk: HelpdeskRun, client: AgentClient) -> None:
    """Let the present code count as unused, as if half a minute had passed."""
    helpdesk.sql(
        "UPDATE agents SET totp_last_step = 0 WHERE email = :email",
        email=client.person.email,
    )


def is_inside(client: AgentClient) -> bool:
    return client.get(ACCOUNT).status_code == 200


def actions(helpdesk: HelpdeskRun, client: AgentClient) -> list[tuple[str, str | None]]:
    rows = helpdesk.sql(
        "SELECT action, CAST(details AS TEXT) FROM audit_entries WHERE target = :target"
        " ORDER BY number",
        target=f"agent:{client.id}",
    )
    return [(action, json.loads(details).get("by")) for action, details in rows]


def test_with_codes_the_password_alone_opens_nothing(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    secret, _ = set_codes_up(client)
    leave(client)
    forget_steps(helpdesk, client)
    answer = client.sign_in(next=ACCOUNT)
    assert answer.headers["Location"] == f"{CODE}?next={ACCOUNT}"
    half = client.token
    assert not is_inside(client)
    assert client.get(SET_UP).headers["Location"] == "/console/sign-in"
    shown = client.get(answer.headers["Location"])
    assert f'name="next" value="{ACCOUNT}"' in shown.text
    code = pyotp.TOTP(secret).now()
    answer = client.submit(CODE, code=code, next=ACCOUNT)
    assert answer.headers["Location"] == ACCOUNT
    assert is_inside(client)
    assert client.token != half
    client.session.cookies.clear()
    client.session.cookies.set(COOKIE, half)
    assert not is_inside(client), "the token from before the code stays worthless"


def test_a_code_that_was_used_is_refused(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    secret, _ = set_codes_up(client)
    leave(client)
    forget_steps(helpdesk, client)
    code = pyotp.TOTP(secret).now()
    spy = AgentClient(helpdesk.base_url, client.person)
    client.sign_in()
    spy.sign_in()
    assert client.submit(CODE, code=code).status_code == 303
    answer = spy.submit(CODE, code=code)
    assert answer.status_code == 422
    assert "was used before" in answer.text
    assert not is_inside(spy)


def test_a_recovery_code_signs_in_once(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    _, recovery = set_codes_up(client)
    assert len(recovery) == 10
    leave(client)
    client.sign_in()
    assert client.submit(CODE, code=recovery[3]).status_code == 303
    assert "You have 9 recovery codes left" in client.get(ACCOUNT).text
    leave(client)
    client.sign_in()
    assert client.submit(CODE, code=recovery[3]).status_code == 422
    assert client.submit(CODE, code=recovery[4].upper()).status_code == 303
    assert actions(helpdesk, client)[-6:] == [
        ("agent.sign_in_begun", "password"),
        ("agent.signed_in", "recovery code"),
        ("agent.signed_out", None),
        ("agent.sign_in_begun", "password"),
        ("agent.sign_in_failed", None),
        ("agent.signed_in", "recovery code"),
    ]


def test_without_a_password_first_no_code_is_looked_at(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    secret, _ = set_codes_up(client)
    leave(client)
    stranger = AgentClient(helpdesk.base_url, client.person)
    assert stranger.get(CODE).headers["Location"] == "/console/sign-in"
    code = pyotp.TOTP(secret).now()
    answer = stranger.submit(CODE, page="/console/sign-in", code=code)
    assert answer.headers["Location"] == "/console/sign-in"
    assert not is_inside(stranger)


def test_a_new_password_ends_a_sign_in_that_waits_for_its_code(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    set_codes_up(client)
    thief = AgentClient(helpdesk.base_url, client.person)
    thief.sign_in()
    assert thief.get(CODE).status_code == 200
    another = "another lighthouse with stairs"
    answer = client.submit(
        f"{ACCOUNT}/password",
        page=ACCOUNT,
        current=PASSWORD,
        password=another,
        password_again=another,
    )
    assert answer.status_code == 303
    assert thief.get(CODE).status_code == 303


def test_whose_role_must_have_codes_sets_them_up_at_the_door(
    helpdesk: HelpdeskRun, newcomer: AgentClient
) -> None:
    answer = newcomer.sign_in(next=ACCOUNT)
    assert answer.headers["Location"] == f"{SET_UP}?next={ACCOUNT}"
    assert not is_inside(newcomer)
    half = newcomer.token
    shown = newcomer.get(answer.headers["Location"])
    offer, secret = read_offer(shown.text)
    assert "data:image/svg+xml" in shown.text
    wrong = newcomer.submit(SET_UP, offer=offer, code="000000", next=ACCOUNT)
    assert wrong.status_code == 422
    assert read_offer(wrong.text) == (offer, secret), "the same picture again"
    code = pyotp.TOTP(secret).now()
    done = newcomer.submit(SET_UP, offer=offer, code=code, next=ACCOUNT)
    assert len(RECOVERY.findall(done.text)) == 10
    assert f'href="{ACCOUNT}"' in done.text
    assert newcomer.token != half
    account = newcomer.get(ACCOUNT)
    assert "Your role has to use one-time codes." in account.text
    answer = newcomer.submit(f"{ACCOUNT}/codes/remove", page=ACCOUNT, code=code)
    assert answer.status_code == 403
    assert newcomer.get(SET_UP).status_code == 303
    again = newcomer.submit(SET_UP, page=ACCOUNT, offer=offer, code=code)
    assert again.headers["Location"] == "/console/sign-in"


def test_an_offer_of_somebody_else_or_made_up_is_replaced(
    helpdesk: HelpdeskRun, newcomer: AgentClient, client: AgentClient
) -> None:
    newcomer.sign_in()
    own, _ = read_offer(newcomer.get(SET_UP).text)
    theirs = client.submit(f"{ACCOUNT}/codes", page=ACCOUNT, password=PASSWORD)
    offer, secret = read_offer(theirs.text)
    code = pyotp.TOTP(secret).now()
    for foreign in (offer, "made up", ""):
        answer = newcomer.submit(SET_UP, offer=foreign, code=code)
        assert answer.status_code == 422
        assert "That took more than an hour." in answer.text
        assert read_offer(answer.text)[0] not in {own, foreign}
    assert not is_inside(newcomer)


def test_codes_that_are_set_up_cannot_be_replaced_by_an_old_offer(
    helpdesk: HelpdeskRun, newcomer: AgentClient
) -> None:
    # The one who guessed the password waits at the door while the agent sets codes up.
    thief = AgentClient(helpdesk.base_url, newcomer.person)
    thief.sign_in()
    offer, secret = read_offer(thief.get(SET_UP).text)
    token = thief.form_token(SET_UP)
    newcomer.sign_in()
    own, own_secret = read_offer(newcomer.get(SET_UP).text)
    newcomer.submit(SET_UP, offer=own, code=pyotp.TOTP(own_secret).now())
    assert is_inside(newcomer)
    code = pyotp.TOTP(secret).now()
    answer = thief.submit(SET_UP, offer=offer, code=code, form_token=token)
    assert answer.headers["Location"] == "/console/sign-in"
    assert not is_inside(thief)


def test_a_role_that_must_have_codes_is_asked_at_the_next_sign_in(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    helpdesk.sql(
        "UPDATE agents SET role = 'lead' WHERE email = :email",
        email=client.person.email,
    )
    assert is_inside(client)
    leave(client)
    assert client.sign_in().headers["Location"].startswith(SET_UP)
    assert not is_inside(client)
