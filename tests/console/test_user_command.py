"""`./latchkey user`, `team` and `audit`: agents from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import update
from typer.testing import CliRunner

from cli.__main__ import app
from cli.keys import NAMES
from foundation.passwords import is_password
from helpdesk.desk.agent_accounts import access_agent
from helpdesk.store import open_database
from helpdesk.store.models import Agent, AuditEntry
from helpdesk.store.rows import table_of
from tests.cli.command_line import environment, latchkey
from tests.console.agent_client import AgentClient, Person
from tests.helpdesk.running import TEST_KEY, HelpdeskRun
from tests.postgresql import new_database
from tests.tampering import allow_changes

ANA, IVO = "ana@example.com", "ivo@example.com"
WORDS = "correct horse battery"
Run = Callable[..., Result]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'helpdesk.db'}"
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on it."""
    return runner(url, monkeypatch)


def runner(url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in NAMES:
        monkeypatch.setenv(name, TEST_KEY)
    monkeypatch.setenv("LATCHKEY_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, list(words), input=typed)

    return run


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def add(run: Run, email: str = ANA, *more: str) -> Any:
    words = ("user", "add", email, "--name", "Ana Costa", "--role", "admin", "--json")
    return said(run(*words, *more))


def row_of(url: str, email: str) -> Agent:
    database = open_database(url)
    with database.reading() as session:
        agent = access_agent(session, email)
    database.close()
    return agent


def test_agents_are_added_listed_and_changed(run: Run, url: str) -> None:
    added = add(run)
    assert is_password(added["password"], row_of(url, ANA).password_hash)
    assert (added["role"], added["team"], added["is_active"]) == ("admin", None, True)
    assert said(run("team", "add", "Front desk", "--json"))["name"] == "Front desk"
    given = ("--role", "agent", "--team", "Front desk", "--password-stdin")
    result = run("user", "add", IVO, "--name", "Ivo", *given, typed=f"{WORDS}\n")
    assert result.exit_code == 0, result.output
    assert WORDS not in result.output
    assert is_password(WORDS, row_of(url, IVO).password_hash)
    for words in (
        ("role", IVO, "lead"),
        ("rename", IVO, "Ivo Novak"),
        ("team", IVO),
        ("deactivate", ANA),
    ):
        assert run("user", *words).exit_code == 0
    ana, ivo = said(run("user", "list", "--json"))["users"]
    assert (ana["email"], ana["is_active"]) == (ANA, False)
    assert (ivo["name"], ivo["role"], ivo["team"]) == ("Ivo Novak", "lead", None)
    assert ivo["signs_in_with"] == ["password"]
    listed = run("user", "list").stdout
    assert "deactivated" in listed
    assert "Ivo Novak" in listed
    assert run("team", "list").stdout.split("\n")[0] == "Front desk"
    assert said(run("team", "list", "--json"))["teams"][0]["name"] == "Front desk"
    assert run("user", "activate", ANA).exit_code == 0
    assert row_of(url, ANA).is_active


def test_a_password_is_made_and_shown_once(run: Run, url: str) -> None:
    words = ("user", "add", ANA, "--name", "Ana", "--role", "agent")
    made = run(*words)
    password = made.stdout.strip()
    assert len(password) == 20
    assert is_password(password, row_of(url, ANA).password_hash)
    another = said(run("user", "password", ANA, "--json"))["password"]
    assert another != password
    assert is_password(another, row_of(url, ANA).password_hash)
    assert run("user", "password", ANA, "--password-stdin", typed=WORDS).exit_code == 0
    assert is_password(WORDS, row_of(url, ANA).password_hash)


def test_everything_is_audited_and_the_record_is_checked(run: Run, url: str) -> None:
    add(run)
    run("user", "role", ANA, "agent")
    run("user", "reset-codes", ANA)
    chain = said(run("audit", "verify", "--json"))
    assert (chain["entries"], chain["is_right"]) == (3, True)
    last = f"3:{chain['digest']}"
    assert last in run("audit", "verify").output.replace("\n", "")
    assert run("audit", "verify", "--expect", last).exit_code == 0
    cut_off = run("audit", "verify", "--expect", f"4:{'0' * 64}", "--expect", last)
    assert cut_off.exit_code == 1
    assert "Entry 4 is missing" in cut_off.stderr
    assert run("audit", "verify", "--expect", "four").exit_code == 2
    database = open_database(url)
    allow_changes(database)
    with database.transaction() as session:
        session.execute(update(table_of(AuditEntry)).values(actor="nobody"))
    database.close()
    result = run("audit", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["broken_at"] == 1
    assert "Entry 1 is not what was written." in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (
            ("user", "add", ANA, "--name", "A", "--role", "admin"),
            1,
            "There is an agent",
        ),
        (("user", "add", "ana", "--name", "A", "--role", "admin"), 2, "not an e-mail"),
        (("user", "add", IVO, "--name", " ", "--role", "admin"), 1, "A name has"),
        (("user", "add", IVO, "--name", "A", "--role", "boss"), 2, "boss"),
        (
            ("user", "add", IVO, "--name", "A", "--role", "agent", "--team", "None"),
            1,
            "There is no team",
        ),
        (("user", "role", IVO, "lead"), 1, "There is no agent"),
        (("user", "deactivate", IVO), 1, "There is no agent"),
        (("user", "password", ANA, "--password-stdin"), 2, "too short"),
        (("team", "add", " "), 1, "A name has"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    why: str,
) -> None:
    run = runner(f"sqlite:///{tmp_path / 'helpdesk.db'}", monkeypatch)
    add(run)
    result = run(*words, typed="short\n")
    assert result.exit_code == code
    assert result.stdout == ""
    assert why in result.stderr
    assert "Traceback" not in result.output


def test_a_database_that_is_away_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nowhere = "postgresql+psycopg://127.0.0.1:9/nothing"
    run = runner(nowhere, monkeypatch)
    result = run("user", "list")
    assert result.exit_code == 1
    assert "The database cannot be used" in result.stderr
    result = runner("nonsense", monkeypatch)("user", "list")
    assert result.exit_code == 2
    assert "LATCHKEY_DATABASE_URL" in result.stderr


def test_it_works_while_the_help_desk_runs_and_counts_at_once(
    helpdesk: HelpdeskRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = helpdesk.database_url
    run = runner(url, monkeypatch)
    password = add(run, "sam@example.com")["password"]
    row = row_of(url, "sam@example.com")
    person = Person(row.id, row.email, row.name, row.role, None)
    client = AgentClient(helpdesk.base_url, person)
    assert client.sign_in(password).status_code == 303
    assert "<dd>Admin</dd>" in client.get("/console/account").text
    run("user", "role", person.email, "auditor")
    assert "<dd>Auditor" in client.get("/console/account").text
    run("user", "deactivate", person.email)
    assert client.get("/console/account").status_code == 303
    assert client.sign_in(password).status_code == 422


def test_the_real_command_uses_the_record_of_the_installation(tmp_path: Path) -> None:
    words = ("--name", "Ana", "--role", "admin", "--json")
    variables = environment(tmp_path)
    result = latchkey("user", "add", ANA, *words, variables=variables)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["email"] == ANA
    assert row_of(f"sqlite:///{tmp_path / 'helpdesk.db'}", ANA).role == "admin"
