"""Signing in through the pages: what works, what is refused, and what nobody learns."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from helpdesk.desk.agent_accounts import access_agent, deactivate_agent
from helpdesk.desk.audit import Who, verify_chain
from helpdesk.store import open_database
from helpdesk.web.console_door import browser_of, safe_next
from tests.accounts.service import free_port
from tests.console.agent_client import (
    COOKIE,
    DEVICES,
    PASSWORD,
    AgentClient,
    Person,
    add_person,
)
from tests.helpdesk.running import HelpdeskRun, on_sqlite, run_helpdesk
from tests.helpdesk.test_database_outage import another_writer
from tests.postgresql import new_database, run_postgresql_server

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FOREIGN = "https://evil.example"


@pytest.fixture
def person(helpdesk: HelpdeskRun) -> Person:
    """An agent who has not signed in."""
    return add_person(helpdesk.database_url)


@pytest.fixture
def client(helpdesk: HelpdeskRun, person: Person) -> AgentClient:
    """Their browser."""
    return AgentClient(helpdesk.base_url, person)


def cookies_of(answer: requests.Response) -> dict[str, str]:
    """Return what the browser is told to keep, by name."""
    given = answer.raw.headers.getlist("Set-Cookie")
    return {line.partition("=")[0]: line for line in given}


def audited(run: HelpdeskRun, about: Person) -> list[tuple[str, str, str]]:
    return run.sql(
        "SELECT actor, action, CAST(details AS TEXT) FROM audit_entries WHERE target = :target"
        " ORDER BY number",
        target=f"agent:{about.id}",
    )


def test_an_agent_signs_in_and_is_sent_to_the_console(client: AgentClient) -> None:
    answer = client.sign_in()
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/console"
    assert answer.headers["Cache-Control"] == "no-store"
    account = client.get("/console/account")
    assert account.status_code == 200
    assert client.person.email in account.text
    assert client.get("/console/sign-in").headers["Location"] == "/console"


def test_case_and_spaces_of_the_address_do_not_matter(client: AgentClient) -> None:
    assert client.sign_in(email=f" {client.person.email.upper()} ").status_code == 303


def test_the_cookies_are_out_of_reach_for_scripts_and_other_sites(
    client: AgentClient,
) -> None:
    given = cookies_of(client.sign_in())
    for name in (COOKIE, DEVICES):
        assert "HttpOnly" in given[name]
        assert "SameSite=Strict" in given[name]
        assert "Secure" not in given[name]
    assert "Path=/;" in given[COOKIE]
    assert "Path=/console;" in given[DEVICES]


def test_behind_https_the_cookies_are_secure(tmp_path: Path) -> None:
    public_url = "https://help.example.com"
    with run_helpdesk(tmp_path, LATCHKEY_PUBLIC_URL=public_url) as run:
        person = add_person(run.database_url)
        port = run.process.health.rsplit(":", 1)[-1].partition("/")[0]
        client = AgentClient(f"http://127.0.0.1:{port}", person, public_url)
        shown = client.get("/console/sign-in")
        token = re.findall(r'name="form_token" value="(\w+)"', shown.text)[0]
        visitor = cookies_of(shown)["latchkey_visitor"].partition(";")[0]
        # The client itself would send a secure cookie over https only.
        fields = {"email": person.email, "password": PASSWORD, "form_token": token}
        kept = {"Cookie": visitor}
        answer = client.request("POST", "/console/sign-in", data=fields, headers=kept)
        assert answer.status_code == 303, answer.text
        assert all("Secure" in line for line in cookies_of(answer).values())


def test_cookies_that_are_no_text_are_none(client: AgentClient) -> None:
    token = client.form_token("/console/sign-in")
    kept = client.session.cookies.get("latchkey_visitor") or ""
    client.session.cookies.clear()
    rubbish = f"latchkey_visitor={kept}; {DEVICES}=".encode() + b"\x80~\xff"
    fields = {"email": client.person.email, "password": PASSWORD, "form_token": token}
    answer = client.request(
        "POST", "/console/sign-in", data=fields, headers={"Cookie": rubbish}
    )
    assert answer.status_code == 303, answer.text


def test_every_failure_looks_the_same(helpdesk: HelpdeskRun) -> None:
    url = helpdesk.database_url
    active, locked, without = (add_person(url) for _ in range(3))
    nobody = Person(active.id, "nobody@example.com", "", active.role, None)
    database = open_database(url)
    with database.transaction() as session:
        row = access_agent(session, locked.email)
        deactivate_agent(session, Who("test"), row, row.created_at)
    helpdesk.sql(
        "UPDATE agents SET password_hash = NULL WHERE email = :email",
        email=without.email,
    )
    database.close()
    pages = set()
    tries = [(active, "wrong"), (active, ""), (active, "x" * 3000), (nobody, PASSWORD)]
    tries += [(locked, PASSWORD), (without, PASSWORD), (without, "")]
    for person, password in tries:
        client = AgentClient(helpdesk.base_url, person)
        answer = client.sign_in(password)
        assert answer.status_code == 422
        assert COOKIE not in cookies_of(answer)
        said = answer.text.replace(person.email, "EMAIL")
        pages.add(re.sub(r'value="[0-9a-f]{64}"', "", said))
    assert len(pages) == 1
    assert "That did not work." in pages.pop()


@pytest.mark.parametrize("email", ["", "no address", "\0", "'; --", "a@b" * 200, "é@ü"])
def test_what_is_no_address_fails_like_any_other(
    client: AgentClient, email: str
) -> None:
    assert client.sign_in(email=email).status_code == 422


def test_what_was_typed_is_shown_as_text(client: AgentClient) -> None:
    answer = client.sign_in("wrong", email='"><script>alert(1)</script>@example.com')
    assert "<script>alert" not in answer.text
    assert "wrong" not in answer.text


def test_a_session_that_somebody_else_planted_is_not_taken_over(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    evil = AgentClient.of_new_agent(helpdesk, "Eve")
    for planted in ("x" * 43, evil.token):
        client.session.cookies.clear()
        client.session.cookies.set(COOKIE, planted)
        if planted == evil.token:  # who is inside is not shown the form
            assert client.get("/console/sign-in").status_code == 303
            token = client.form_token("/console/account")
        else:
            token = client.form_token("/console/sign-in")
        answer = client.sign_in(form_token=token)
        given = cookies_of(answer)[COOKIE].partition(";")[0].partition("=")[2]
        assert given != planted
    assert evil.get("/console/account").status_code == 303, "the planted one has ended"


def test_each_sign_in_has_a_token_of_its_own(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    client.sign_in()
    other = AgentClient(helpdesk.base_url, client.person)
    other.sign_in()
    assert other.token != client.token
    assert client.get("/console/account").status_code == 200
    assert other.get("/console/account").status_code == 200


@pytest.mark.parametrize("origin", [FOREIGN, None, "null"])
def test_another_site_cannot_sign_anybody_in_or_out(
    client: AgentClient, origin: str | None
) -> None:
    token = client.form_token("/console/sign-in")
    fields = {"email": client.person.email, "password": PASSWORD, "form_token": token}
    foreign = {"Origin": origin}
    answer = client.request("POST", "/console/sign-in", data=fields, headers=foreign)
    assert answer.status_code == 403
    assert COOKIE not in cookies_of(answer)
    client.sign_in()
    token = {"form_token": client.form_token("/console/account")}
    answer = client.request("POST", "/console/sign-out", data=token, headers=foreign)
    assert answer.status_code == 403
    assert client.get("/console/account").status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_our_token_is_refused(client: AgentClient, token: str) -> None:
    assert client.sign_in(form_token=token).status_code == 403
    client.sign_in()
    answer = client.submit("/console/sign-out", form_token=token)
    assert answer.status_code == 403
    assert client.get("/console/account").status_code == 200


def test_a_token_of_another_browser_is_refused(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    other = AgentClient(helpdesk.base_url, client.person)
    token = other.form_token("/console/sign-in")
    client.get("/console/sign-in")
    assert client.sign_in(form_token=token).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/console/account", "/console/account"),
        ("/console?view=mine&q=%20a", "/console?view=mine&q=%20a"),
        ("/console/c/0a-b_c/", "/console/c/0a-b_c/"),
        *[
            (wanted, "/console")
            for wanted in (
                "",
                "https://evil.example/console",
                "//evil.example/console",
                "/\\evil.example",
                "/console//evil.example",
                "/console\\..\\evil",
                "/console/../../evil",
                "/console@evil.example",
                "/console.evil.example",
                "/consoles",
                "javascript:alert(1)",
                "/console\r\nSet-Cookie: a=b",
                "/console/\tx",
                "/",
                "/chat",
                "/console/sign-in",
                "/console/sign-in/oidc",
                "/console?" + "a" * 600,
            )
        ],
    ],
)
def test_the_sign_in_leads_into_the_console_only(wanted: str, leads_to: str) -> None:
    assert safe_next(wanted) == leads_to


def test_a_next_in_the_form_is_checked_again(client: AgentClient) -> None:
    answer = client.sign_in(next="//evil.example/console")
    assert answer.headers["Location"] == "/console"


def test_a_page_of_the_door_is_kept_by_nobody(client: AgentClient) -> None:
    client.sign_in()
    for path in ("/console/account", "/console/sign-in"):
        assert client.get(path).headers["Cache-Control"] == "no-store"
    headers = client.get("/console/account").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_signing_in_and_out_is_audited_without_what_was_typed(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    client.session.headers["User-Agent"] = FIREFOX
    client.sign_in("a wrong password")
    client.sign_in()
    client.submit("/console/sign-out", page="/console/account")
    entries = audited(helpdesk, client.person)
    me = f"agent:{client.person.id}"
    assert [(actor, action) for actor, action, _ in entries] == [
        ("test", "agent.added"),
        ("nobody", "agent.sign_in_failed"),
        (me, "agent.signed_in"),
        (me, "agent.signed_out"),
    ]
    assert "127.0.0.1" in entries[1][2]
    assert "Firefox, Linux" in entries[2][2]
    written = "".join(details for *_, details in entries)
    assert "wrong password" not in written
    assert PASSWORD not in written
    database = open_database(helpdesk.database_url)
    with database.reading() as session:
        assert verify_chain(session).broken_at is None
    database.close()


def test_neither_password_nor_address_is_logged(
    helpdesk: HelpdeskRun, client: AgentClient
) -> None:
    client.sign_in("a wrong password")
    client.sign_in()
    log = helpdesk.process.log
    for secret in ("a wrong password", PASSWORD, client.person.email, client.token):
        assert secret not in log


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("… (Windows NT 10.0) … Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("… (Linux; Android 16) … Chrome/140.0 Mobile Safari/537", "Chrome, Android"),
        ("… (iPhone; … like Mac OS X) … Version/26.0 Safari/604.1", "Safari, iPhone"),
        ("… (Macintosh; Intel Mac OS X 10_15) … Safari/605", "Safari, Mac"),
        ("curl/8.0", None),
        ("", None),
    ],
)
def test_a_browser_is_named_so_that_its_owner_knows_it(
    user_agent: str, name: str | None
) -> None:
    assert browser_of(user_agent) == name


def test_while_nothing_can_be_written_the_page_says_so_in_plain_words(
    tmp_path: Path,
) -> None:
    with run_helpdesk(tmp_path, **on_sqlite(tmp_path)) as helpdesk:
        client = AgentClient(helpdesk.base_url, add_person(helpdesk.database_url))
        with another_writer(helpdesk):
            answer = client.sign_in()
        assert client.sign_in().status_code == 303
    assert answer.status_code == 503
    assert "Please try again in a minute." in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")


def test_with_redis_away_agents_still_get_in_and_guessing_stays_slow(
    tmp_path: Path,
) -> None:
    nobody = f"redis://127.0.0.1:{free_port()}"
    with run_helpdesk(tmp_path, LATCHKEY_REDIS_URL=nobody) as run:
        person = add_person(run.database_url)
        guesser = AgentClient(run.base_url, add_person(run.database_url))
        statuses = [guesser.sign_in("wrong").status_code for _ in range(12)]
        assert statuses == [422] * 10 + [429] * 2
        assert AgentClient(run.base_url, person).sign_in().status_code == 303
        assert run.process.log.count("rate limits cannot be counted") == 1


@pytest.fixture
def on_postgresql(tmp_path: Path) -> Iterator[tuple[HelpdeskRun, object]]:
    with run_postgresql_server() as server:
        url = new_database(server.url)
        with run_helpdesk(tmp_path, LATCHKEY_DATABASE_URL=url) as run:
            yield run, server


def test_on_postgresql_agents_sign_in_and_hear_when_it_is_away(
    on_postgresql: tuple[HelpdeskRun, object],
) -> None:
    run, server = on_postgresql
    client = AgentClient.of_new_agent(run)
    assert client.get("/console/account").status_code == 200
    server.stop()  # type: ignore[attr-defined]
    for path in ("/console/account", "/console/sign-in"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "Please try again in a minute." in answer.text
    server.start()  # type: ignore[attr-defined]
    assert client.get("/console/account").status_code == 200
