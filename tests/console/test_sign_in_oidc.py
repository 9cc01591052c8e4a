"""Signing in through another system, against a real one that signs its tokens."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import requests

from foundation.environment import SettingsError
from helpdesk.settings import HelpdeskSettings
from helpdesk.store.words import Role
from tests.console.agent_client import (
    COOKIE,
    AgentClient,
    Person,
    add_person,
)
from tests.console.openid_system import (
    CLIENT_ID,
    CLIENT_SECRET,
    OpenIdSystem,
    new_key,
    run_openid_system,
)
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.test_installations import VARIABLES

HERE = "/console/sign-in/oidc"
BACK = f"{HERE}/callback"
KEPT = "latchkey_agent_oidc"


def settings_of(system: OpenIdSystem) -> dict[str, str]:
    return {
        "LATCHKEY_OIDC_ISSUER": system.issuer,
        "LATCHKEY_OIDC_CLIENT_ID": CLIENT_ID,
        "LATCHKEY_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "LATCHKEY_CODES_FOR": "admin",
        "LATCHKEY_LIMIT_FACTOR": "1000",
    }


@pytest.fixture(scope="module")
def running_system() -> Iterator[OpenIdSystem]:
    with run_openid_system() as system:
        yield system


@pytest.fixture
def system(running_system: OpenIdSystem) -> OpenIdSystem:
    """The other system, saying the usual things."""
    running_system.reset()
    return running_system


@pytest.fixture(scope="module")
def helpdesk(
    tmp_path_factory: pytest.TempPathFactory, running_system: OpenIdSystem
) -> Iterator[HelpdeskRun]:
    """A help desk that trusts it."""
    folder = tmp_path_factory.mktemp("oidc")
    with run_helpdesk(folder, **settings_of(running_system)) as running:
        yield running


@pytest.fixture
def client(helpdesk: HelpdeskRun, system: OpenIdSystem) -> AgentClient:
    """The browser of an agent whom the other system knows."""
    person = add_person(helpdesk.database_url, password_hash=None)
    system.claims = {
        "sub": uuid4().hex,
        "email": person.email.upper(),
        "email_verified": True,
        "name": "Ana at work",
    }
    return AgentClient(helpdesk.base_url, person)


def leave(client: AgentClient, wanted: str = "") -> str:
    """Press the button; return where the browser is sent."""
    answer = client.get(f"{HERE}?next={wanted}")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def come_back(client: AgentClient, **query: str) -> requests.Response:
    return client.get(f"{BACK}?{urlencode(query)}")


def sign_in(
    client: AgentClient, system: OpenIdSystem, wanted: str = ""
) -> requests.Response:
    return come_back(client, **system.authorize(leave(client, wanted)))


def is_inside(client: AgentClient) -> bool:
    return client.get("/console/account").status_code == 200


def refusal(client: AgentClient, answer: requests.Response, status: int = 403) -> str:
    """Return what a refused agent reads."""
    assert answer.status_code == status
    assert not client.token
    assert not is_inside(client)
    return answer.text


UNKNOWN, REFUSED = "You are not an agent here.", "did not let you in"
NOT_BEGUN = "it was begun in another window"


def test_an_agent_whom_the_system_vouches_for_gets_in(
    client: AgentClient, system: OpenIdSystem
) -> None:
    assert HERE in client.get("/console/sign-in").text
    answer = sign_in(client, system, "/console/account")
    # A page of ours and no redirect: else the browser would keep the cookie back.
    assert answer.status_code == 200
    assert 'content="0;url=/console/account"' in answer.text
    assert client.person.email in client.get("/console/account").text
    given = answer.raw.headers.getlist("Set-Cookie")
    assert any(line.startswith(COOKIE) and "SameSite=Strict" in line for line in given)


def test_the_first_time_links_and_later_the_address_does_not_matter(
    helpdesk: HelpdeskRun, client: AgentClient, system: OpenIdSystem
) -> None:
    sign_in(client, system)
    system.claims |= {"email": "renamed@example.com", "email_verified": False}
    again = AgentClient(helpdesk.base_url, client.person)
    sign_in(again, system)
    assert is_inside(again)
    rows = helpdesk.sql(
        "SELECT action FROM audit_entries WHERE target = :target ORDER BY number",
        target=f"agent:{client.id}",
    )
    actions = ["agent.added", "agent.linked", "agent.signed_in", "agent.signed_in"]
    assert [action for (action,) in rows] == actions


def test_an_address_that_is_linked_belongs_to_no_other_subject(
    helpdesk: HelpdeskRun, client: AgentClient, system: OpenIdSystem
) -> None:
    sign_in(client, system)
    system.claims["sub"] = "somebody else with the same address"
    other = AgentClient(helpdesk.base_url, client.person)
    assert UNKNOWN in refusal(other, sign_in(other, system))


def test_who_is_no_agent_stays_outside(
    helpdesk: HelpdeskRun, client: AgentClient, system: OpenIdSystem
) -> None:
    system.claims["email"] = "visitor@example.com"
    assert UNKNOWN in refusal(client, sign_in(client, system))


def test_a_deactivated_agent_stays_outside(
    helpdesk: HelpdeskRun, client: AgentClient, system: OpenIdSystem
) -> None:
    def deactivate() -> None:
        helpdesk.sql(
            "UPDATE agents SET is_active = false WHERE email = :email",
            email=client.person.email,
        )

    deactivate()
    assert UNKNOWN in refusal(client, sign_in(client, system))
    helpdesk.sql("UPDATE agents SET is_active = true")
    sign_in(client, system)
    deactivate()
    client.session.cookies.clear()
    assert UNKNOWN in refusal(client, sign_in(client, system))


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"email": "no address"},
    ],
)
def test_an_address_that_is_not_verified_links_nobody(
    client: AgentClient, system: OpenIdSystem, claims: dict[str, object]
) -> None:
    system.claims |= claims
    assert "We cannot tell who you are." in refusal(client, sign_in(client, system))


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    client: AgentClient, system: OpenIdSystem, claims: dict[str, object]
) -> None:
    system.claims |= claims
    assert REFUSED in refusal(client, sign_in(client, system))


def test_a_token_that_somebody_else_signed_is_refused(
    client: AgentClient, system: OpenIdSystem
) -> None:
    sign_in(AgentClient(client.base_url, client.person), system)  # the keys are known
    looks = system.looks
    for _ in range(3):
        system.signing_key = new_key()
        assert REFUSED in refusal(client, sign_in(client, system))
    assert system.looks <= looks + 1, "made-up keys do not make us ask each time"


def test_who_comes_back_with_another_state_is_refused(
    helpdesk: HelpdeskRun, client: AgentClient, system: OpenIdSystem
) -> None:
    back = system.authorize(leave(client))
    for wrong in ("", "another", "é"):
        answer = come_back(client, code=back["code"], state=wrong)
        assert NOT_BEGUN in refusal(client, answer)
    # Led here by somebody else's link: this browser began nothing, or something else.
    victim = AgentClient(helpdesk.base_url, client.person)
    answer = come_back(victim, **back)
    assert NOT_BEGUN in refusal(victim, answer)
    leave(victim)
    assert NOT_BEGUN in refusal(victim, come_back(victim, **back))


def test_a_sign_in_cannot_be_finished_twice(
    client: AgentClient, system: OpenIdSystem
) -> None:
    back = system.authorize(leave(client))
    kept = client.session.cookies[KEPT]
    come_back(client, **back)
    assert is_inside(client)
    client.session.cookies.clear()
    assert NOT_BEGUN in refusal(client, come_back(client, **back))
    client.session.cookies.set(KEPT, kept)
    assert REFUSED in refusal(client, come_back(client, **back))


def test_a_cookie_that_we_did_not_seal_is_none(
    client: AgentClient, system: OpenIdSystem
) -> None:
    back = system.authorize(leave(client))
    for forged in ("x", client.session.cookies[KEPT][:-2] + "xx"):
        client.session.cookies.clear()
        client.session.cookies.set(KEPT, forged)
        assert NOT_BEGUN in refusal(client, come_back(client, **back))
    client.session.cookies.clear()
    no_text = {"Cookie": f"{KEPT}=".encode() + b"\x80"}
    answer = client.get(f"{BACK}?{urlencode(back)}", headers=no_text)
    assert NOT_BEGUN in refusal(client, answer)


def test_when_the_system_says_no_the_agent_is_told(
    client: AgentClient, system: OpenIdSystem
) -> None:
    url = leave(client)
    answer = come_back(
        client, error="access_denied", state=system.authorize(url)["state"]
    )
    assert REFUSED in refusal(client, answer)
    url = leave(client)
    state = system.authorize(url)["state"]
    answer = come_back(client, code="made up", state=state)
    assert REFUSED in refusal(client, answer)


def test_a_system_that_breaks_halfway_is_named(
    client: AgentClient, system: OpenIdSystem
) -> None:
    back = system.authorize(leave(client))
    system.is_away = True
    answer = come_back(client, **back)
    assert "sign-in does not answer" in refusal(client, answer, 502)
    system.is_away = False
    sign_in(client, system)
    assert is_inside(client)


def test_it_leads_into_the_console_only(
    client: AgentClient, system: OpenIdSystem
) -> None:
    answer = sign_in(client, system, "//evil.example")
    assert 'content="0;url=/console"' in answer.text


def test_one_time_codes_are_the_other_systems_business(
    helpdesk: HelpdeskRun, client: AgentClient, system: OpenIdSystem
) -> None:
    person = add_person(helpdesk.database_url, "Sam Okafor", Role.ADMIN)
    system.claims |= {"sub": uuid4().hex, "email": person.email}
    admin = AgentClient(helpdesk.base_url, person)
    sign_in(admin, system)
    assert is_inside(admin)
    assert (
        admin.sign_in(form_token=admin.form_token("/console/account"))
        .headers["Location"]
        .startswith("/console/sign-in/set-up")
    )


def test_people_are_added_only_where_the_settings_say_so(
    tmp_path: Path, system: OpenIdSystem
) -> None:
    variables = settings_of(system) | {"LATCHKEY_OIDC_NEW_AGENTS": "1"}
    with run_helpdesk(tmp_path, **variables) as run:
        new = Person(uuid4(), "new@example.com", "", Role.AGENT, None)
        system.claims = {"sub": "1", "email": new.email, "email_verified": False}
        client = AgentClient(run.base_url, new)
        refusal(client, sign_in(client, system))
        system.claims |= {"email_verified": True, "name": "New\n \x07One"}
        sign_in(client, system)
        shown = client.get("/console/account").text
        assert "New One" in shown
        assert "<dd>Agent</dd>" in shown


def test_a_system_that_is_away_or_another_keeps_nobody_with_a_password_out(
    tmp_path: Path, system: OpenIdSystem
) -> None:
    with run_helpdesk(tmp_path, **settings_of(system)) as run:
        client = AgentClient(run.base_url, add_person(run.database_url))
        system.is_away = True
        answer = client.get(HERE)
        assert "sign-in does not answer" in refusal(client, answer, 502)
        system.is_away, system.named = False, "https://evil.example"
        assert REFUSED in refusal(client, client.get(HERE))
        assert client.sign_in().status_code == 303
        # A new key is found without a restart.
        system.named = None
        system.claims = {
            "sub": "2",
            "email": client.person.email,
            "email_verified": True,
        }
        other = AgentClient(run.base_url, client.person)
        sign_in(other, system)
        assert is_inside(other)


def test_without_another_system_there_is_no_such_door(agent: AgentClient) -> None:
    assert "your organisation" in agent.get("/console/sign-in/oidc/callback").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"LATCHKEY_OIDC_ISSUER": "http://login.example.com"},
        {"LATCHKEY_OIDC_ISSUER": "login.example.com"},
        {"LATCHKEY_OIDC_CLIENT_ID": ""},
        {"LATCHKEY_OIDC_CLIENT_SECRET": ""},
        {"LATCHKEY_OIDC_NEW_AGENTS": "perhaps"},
        {"LATCHKEY_CODES_FOR": "admin,boss"},
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str]) -> None:
    good = {
        "LATCHKEY_OIDC_ISSUER": "https://login.example.com/",
        "LATCHKEY_OIDC_CLIENT_ID": CLIENT_ID,
        "LATCHKEY_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    settings = HelpdeskSettings.from_environment(VARIABLES | good)
    assert settings.openid
    assert settings.openid.issuer == "https://login.example.com"
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        HelpdeskSettings.from_environment(VARIABLES | good | wrong)
