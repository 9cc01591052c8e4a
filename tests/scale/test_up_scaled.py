"""`./latchkey up --scale`: two processes of each part on one machine, by one command."""

import asyncio
import json
import os
import random
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import requests

from cli.shared_addresses import DATABASE_URL, REDIS_URL, remembered
from cli.stack import Ports
from tests.accounts.service import wait_for
from tests.cli.command_line import RunningUp, latchkey, processes_of
from tests.e2e.lossy_contact import LossyContact
from tests.helpdesk.chat_client import begin_visit

UP = "Latchkey is up."
START_S = 280.0
CONTACTS = 6
QUESTION = "how long is an invitation valid?"
PARTS = {
    *("helpdesk", "helpdesk-2", "rasa", "rasa-2", "actions", "actions-2"),
    *("accounts", "outbox"),
}
SERVERS = {"postgresql", "valkey"}
AGENT = "sam@example.com"


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """The whole product with two processes of each part, and servers of its own."""
    running = RunningUp(
        tmp_path_factory.mktemp("scaled"),
        Ports.free(),
        {"LATCHKEY_LIMIT_FACTOR": "1000"},
        ("--scale", "helpdesk=2,rasa=2,actions=2"),
    )
    running.start()
    try:
        running.wait_until(UP, START_S)
        yield running
    finally:
        running.clean_up()


def run(up: RunningUp, *arguments: str) -> dict[str, Any]:
    """Run a command beside it and return its JSON."""
    result = latchkey(*arguments, "--json", variables=up.variables, within_s=START_S)
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def processes(up: RunningUp) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in run(up, "status")["processes"]}


def test_every_process_is_there_and_well(scaled: RunningUp) -> None:
    found = processes(scaled)
    assert set(found) == PARTS | SERVERS
    assert all(each["ready"] for each in found.values())
    assert len({each["pid"] for each in found.values()}) == len(found)
    assert all(f"✓ {name}" in scaled.said for name in found)


def test_nothing_secret_is_said_or_shown(scaled: RunningUp) -> None:
    password = (scaled.home / "servers" / "password").read_text()
    assert len(password) > 40
    for line in processes_of(scaled.home).values():
        assert password not in line
    for log in scaled.log_files:
        assert password not in log.read_text(errors="replace"), log
    for name in ("password", "addresses.json", "valkey.conf"):
        assert (scaled.home / "servers" / name).stat().st_mode & 0o777 == 0o600
    assert (scaled.home / "servers").stat().st_mode & 0o077 == 0


def test_the_servers_want_the_password(scaled: RunningUp) -> None:
    shared = remembered(scaled.home)
    wrong = shared[DATABASE_URL].replace("+psycopg", "")
    password = (scaled.home / "servers" / "password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        psycopg.connect(wrong.replace(password, "guess"))
    with (
        redis.Redis.from_url(shared[REDIS_URL].replace(password, "guess")) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_both_help_desks_serve_the_one_port(scaled: RunningUp) -> None:
    ports = [
        int(line.rpartition("=")[2])
        for pid in (
            processes(scaled)[name]["pid"] for name in ("helpdesk", "helpdesk-2")
        )
        for line in Path(f"/proc/{pid}/environ").read_text().split("\0")
        if line.startswith("LATCHKEY_HELPDESK_PRIVATE_PORT=")
    ]
    assert len(set(ports)) == 2
    site = scaled.stack.url("helpdesk")
    for _ in range(40):  # by a connection of its own each
        assert requests.get(f"{site}/api/v1/search?q=password", timeout=20).ok
    for port in ports:
        answer = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=20)
        assert answer.json() == {"status": "ok", "parts": {"database": "ok"}}
        measures = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=20)
        assert "latchkey_sockets" in measures.text


def test_other_commands_find_the_record(scaled: RunningUp) -> None:
    arguments = ("--name", "Sam Okafor", "--role", "admin")
    assert run(scaled, "user", "add", AGENT, *arguments)["email"] == AGENT
    assert not (scaled.home / "helpdesk.db").exists()
    url = remembered(scaled.home)[DATABASE_URL].replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT email FROM agents").fetchall()
    assert found == [(AGENT,)]


@pytest.mark.timeout(900)
def test_everything_is_replaced_under_load_and_no_message_fails(
    scaled: RunningUp,
) -> None:
    before = processes(scaled)
    site, is_over = scaled.stack.url("helpdesk"), threading.Event()
    contacts = [
        LossyContact(site, begin_visit(site), 0.0, random.Random(seed))
        for seed in range(CONTACTS)
    ]

    async def talk(contact: LossyContact) -> int:
        asked = 0
        while asked < 3 or not is_over.is_set():
            said = [each["text"] for each in await contact.ask(text=QUESTION)]
            assert any("72 hours" in each for each in said), said
            asked += 1
        await contact.close()
        return asked

    async def talk_all() -> list[int]:
        return await asyncio.gather(*map(talk, contacts))

    with ThreadPoolExecutor(1) as thread:
        talking = thread.submit(asyncio.run, talk_all())
        try:
            replaced = run(scaled, "restart")["replaced"]
        finally:
            is_over.set()
        asked = talking.result()
    assert set(replaced) == PARTS - {"outbox"}
    after = processes(scaled)
    for name in PARTS - {"outbox"}:
        assert after[name]["pid"] != before[name]["pid"]
        assert after[name]["restarts"] == before[name]["restarts"]
    for contact, count in zip(contacts, asked):
        numbers = sorted(contact.messages)
        assert numbers == list(range(1, len(numbers) + 1))
        mine = [m for m in contact.messages.values() if m["sender"] == "contact"]
        assert len(mine) == count
        assert {m["client_id"] for m in mine} == set(contact.acknowledged)


@pytest.mark.parametrize("name", ["helpdesk-2", "rasa-2", "postgresql"])
def test_one_that_is_stuck_is_started_again(scaled: RunningUp, name: str) -> None:
    old = processes(scaled)[name]["pid"]
    os.kill(old, signal.SIGSTOP)
    scaled.wait_until(f"{name} did not answer any more and is ended.")
    scaled.wait_until(f"{name} had stopped and is started again.")
    wait_for(lambda: processes(scaled)[name]["ready"], f"{name} to be well", 120)
    assert processes(scaled)[name]["pid"] != old


def test_what_was_kept_is_there_after_a_stop_and_a_start(scaled: RunningUp) -> None:
    scaled.signal(signal.SIGINT)
    assert scaled.wait_for_end() == 0
    assert scaled.is_gone(), processes_of(scaled.home)
    result = latchkey("status", variables=scaled.variables)
    assert result.returncode == 1
    assert "Latchkey is not up" in result.stderr
    scaled.start()
    scaled.wait_until(UP, START_S)
    users = run(scaled, "user", "list")["users"]
    assert [each["email"] for each in users] == [AGENT]


def test_nothing_outlives_one_that_is_killed(scaled: RunningUp) -> None:
    assert scaled.process
    scaled.process.kill()
    scaled.process.wait()
    wait_for(scaled.is_gone, "the end of every process", 30)
