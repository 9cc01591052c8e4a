"""The PostgreSQL and the Valkey that `up --scale` starts, without the parts above them."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
import typer

from cli import server_wheels
from cli.processes import Supervisor
from cli.servers import Servers
from cli.shared_addresses import DATABASE_URL, REDIS_URL, url_in
from tests.accounts.service import wait_for


@pytest.fixture
def servers(tmp_path: Path) -> Servers:
    return Servers.missing_in({}, tmp_path)


@pytest.fixture
def running(servers: Servers) -> Iterator[Supervisor]:
    supervisor = Supervisor(servers.children(), pauses_s=(0.0,))
    try:
        list(supervisor.start())
        servers.make_database()
        yield supervisor
    finally:
        supervisor.stop()


def connect(servers: Servers) -> "psycopg.Connection[tuple[object, ...]]":
    url = servers.settings[DATABASE_URL].replace("+psycopg", "")
    return psycopg.connect(url, autocommit=True)


def test_what_is_kept_outlives_a_death_and_a_stop(
    servers: Servers, running: Supervisor, tmp_path: Path
) -> None:
    with connect(servers) as connection:
        connection.execute("CREATE TABLE kept (email text PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES ('ana@example.com')")
        lowered = connection.execute("SELECT lower('ÉÖ'), 'Ä' ILIKE 'ä'").fetchone()
        assert lowered == ("éö", True)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO kept VALUES ('ana@example.com')")
    postgresql = running.children[0]
    assert postgresql.process
    os.kill(postgresql.process.pid, signal.SIGKILL)
    wait_for(lambda: not postgresql.is_running(), "its death")
    wait_for(running.revive, "its revival")
    wait_for(postgresql.is_ready, "its recovery", 60)
    running.stop()
    assert not postgresql.is_running()
    # Nothing of a row is in the log, whatever went wrong with it.
    log = postgresql.log.read_text()
    assert "duplicate key" in log
    assert "ana@example.com" not in log
    # Another start has other ports, and the same password and data.
    again = Servers.missing_in({}, tmp_path)
    assert again.password == servers.password
    supervisor = Supervisor(again.children())
    try:
        list(supervisor.start())
        again.make_database()
        with connect(again) as connection:
            found = connection.execute("SELECT email FROM kept").fetchall()
        assert found == [("ana@example.com",)]
    finally:
        supervisor.stop()


def test_neither_lets_anybody_in_without_the_password(
    servers: Servers, running: Supervisor
) -> None:
    for password in ("", "guess"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(
                host="127.0.0.1",
                port=servers.postgresql_port,
                user="latchkey",
                password=password,
                dbname="latchkey",
            )
    with (
        redis.Redis(port=servers.valkey_port) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.get("x")
    with redis.Redis.from_url(servers.settings[REDIS_URL]) as client:
        assert client.ping()
    for child in running.children:
        assert not [word for word in child.arguments if servers.password in word]
        assert servers.password not in child.log.read_text()
        assert child.process
        given = Path(f"/proc/{child.process.pid}/environ").read_bytes()
        assert servers.password.encode() not in given


def test_both_are_heard_by_the_supervisor(running: Supervisor) -> None:
    def are_well() -> bool:
        assert running.end_silent() is None
        return all(child.pulse and child.pulse.is_well for child in running.children)

    wait_for(are_well, "their answers")


@pytest.mark.parametrize(
    ("named", "made"),
    [
        ({}, {DATABASE_URL, REDIS_URL}),
        ({REDIS_URL: "redis://h"}, {DATABASE_URL}),
        ({DATABASE_URL: "postgresql+psycopg://h/d"}, {REDIS_URL}),
        ({DATABASE_URL: "postgresql+psycopg://h/d", REDIS_URL: "redis://h"}, set()),
    ],
)
def test_only_those_that_nobody_named_are_started(
    tmp_path: Path, named: dict[str, str], made: set[str]
) -> None:
    found = Servers.missing_in(named, tmp_path)
    assert set(found.settings) == made
    if not made:
        assert found.children() == []


def test_an_address_may_stand_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "url"
    path.write_text("redis://h\n")
    assert url_in({f"{REDIS_URL}_FILE": str(path)}, REDIS_URL) == "redis://h"
    assert set(
        Servers.missing_in({f"{REDIS_URL}_FILE": str(path)}, tmp_path).settings
    ) == {DATABASE_URL}
    with pytest.raises(typer.Exit):
        url_in({f"{REDIS_URL}_FILE": str(path), REDIS_URL: "redis://h"}, REDIS_URL)
    assert "not both" in capsys.readouterr().err


def test_root_is_told_what_to_do_where_it_cannot_be_somebody_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(server_wheels.subprocess, "run", refuse)
    with pytest.raises(typer.Exit):
        server_wheels.not_as_root(["postgres"])
    said = capsys.readouterr().err
    assert "does not run as root" in said
    assert DATABASE_URL in said
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert server_wheels.not_as_root(["postgres"]) == ["postgres"]
