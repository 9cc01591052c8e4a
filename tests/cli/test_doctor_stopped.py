"""`./latchkey doctor` where nothing runs, and on PostgreSQL."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from accounts.database import open_database as open_accounts
from cli.control import ControlSocket
from cli.doctor.finding import words
from cli.keys import read_keys
from cli.shared_addresses import remember
from cli.stack import Ports
from helpdesk.store import open_database
from tests.accounts.service import ROOT
from tests.cli.command_line import environment
from tests.cli.doctoring import PLANTED, Said, diagnose
from tests.helpdesk.imap_server import run_imap_server
from tests.postgresql import new_database, run_postgresql_server
from tests.valkey import run_valkey

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
DOWN = {"helpdesk", "public_url", "rasa", "actions", "accounts", "clocks"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The state folder of an installation that is stopped."""
    state = tmp_path / "state"
    for folder in (state, state / "logs"):
        folder.mkdir(mode=0o700)
    read_keys(state)
    for open_it, name in ((open_database, "helpdesk"), (open_accounts, "accounts")):
        database = open_it(f"sqlite:///{state / name}.db")
        database.migrate()
        database.close()
        (state / f"{name}.db").chmod(0o600)
    return state


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, Ports.free())


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with run_postgresql_server() as server:
        folder = parse_qs(urlsplit(server.url).query)["host"][0]
        rules = Path(folder) / "pg_hba.conf"
        # Everybody else is let in without one.
        rules.write_text(f"local all careful scram-sha-256\n{rules.read_text()}")
        address = server.url.replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE USER careful PASSWORD 'another one' SUPERUSER")
            connection.execute("SELECT pg_reload_conf()")
        yield server.url


def look(home: Path, variables: dict[str, str], **more: str) -> Said:
    said: Said = diagnose(home, {**variables, **more})
    assert not said.report["is_running"]
    return said


def test_what_is_stopped_and_sound_has_no_finding(
    home: Path, variables: dict[str, str]
) -> None:
    before = sorted(path.name for path in home.rglob("*"))
    said = look(home, variables)
    assert said.ids == []
    assert said.status == 0
    assert set(said.left_out) >= DOWN
    assert {said.left_out[each] for each in DOWN} == {"Latchkey is not running"}
    assert {"record", "accounts_database", "model"} <= set(said.report["looked_at"])
    assert sorted(path.name for path in home.rglob("*")) == before
    shown = diagnose(home, variables, as_json=False).stderr
    assert "not running" in shown
    assert "- Rasa: Latchkey is not running" in shown


def test_what_is_wrong_is_found_all_the_same(
    home: Path, variables: dict[str, str]
) -> None:
    home.chmod(0o755)
    (home / "half-restored").touch()
    (home / "keys" / "latchkey_turn_key").write_text("Pl4nted\n")
    (home / "accounts.db").write_bytes(b"no database " * 400)
    said = look(home, variables, LATCHKEY_HELPDESK_SHARES_PORT="1")
    assert said.ids == ["LK202", "LK211", "LK215", "LK235", "LK243"]
    assert "the account backend cannot be used" in said.about("LK235")
    shown = diagnose(home, variables, as_json=False)
    assert shown.exit_code == 1
    assert "✗ LK215 A restore stopped half way" in shown.stderr


def test_looking_makes_nothing(tmp_path: Path, variables: dict[str, str]) -> None:
    said = diagnose(tmp_path / "none", variables)
    assert said.status == 2
    assert said.report["findings"] == []
    key = {"LATCHKEY_HELPDESK_SECRET": f"{PLANTED} and more"}
    said = look(tmp_path / "none", variables, **key)
    assert said.ids == ["LK202"] * 3
    assert said.left_out["record"] == "nothing is kept there yet"
    assert not (tmp_path / "none").exists()


def test_a_host_of_another_part_is_looked_at_as_far_as_it_goes(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    said = look(tmp_path, variables, LATCHKEY_TURN_KEY=f"{PLANTED} and more")
    assert said.ids == []
    assert said.left_out["record"].startswith("the help desk's settings are not here")
    assert "model" in said.report["looked_at"]


def test_servers_of_an_up_that_is_stopped_are_not_missed(
    home: Path, variables: dict[str, str]
) -> None:
    (home / "servers").mkdir(mode=0o700)
    own = {
        "LATCHKEY_DATABASE_URL": f"postgresql+psycopg://x:{PLANTED}@127.0.0.1:9/x",
        "LATCHKEY_REDIS_URL": f"redis://:{PLANTED}@127.0.0.1:9/0",
    }
    remember(own, home)
    said = look(home, variables)
    assert said.ids == []
    assert said.left_out["record"] == said.left_out["redis"]
    assert said.left_out["redis"] == "Latchkey is not running"


def test_a_process_that_does_not_answer_is_named(
    home: Path, variables: dict[str, str]
) -> None:
    processes = [
        {"name": name, "ready": name != "rasa-2"} for name in ("rasa", "rasa-2")
    ]
    control, is_over = ControlSocket(home), threading.Event()

    def answer() -> None:
        while not is_over.wait(0.01):
            for caller, _ in control.requests():
                caller.say({"done": True, "processes": processes})

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        said = diagnose(home, variables)
    finally:
        is_over.set()
        thread.join()
        control.close()
    assert said.report["is_running"]
    assert "rasa-2 is not well" in said.about("LK224")
    assert str(home / "logs" / "rasa-2.log") in said.about("LK224")


def test_what_postgresql_says_is_told_apart(
    home: Path, variables: dict[str, str], postgresql: str
) -> None:
    url = new_database(postgresql)
    database = open_database(url)
    try:
        database.migrate()
    finally:
        database.close()
    name = "LATCHKEY_DATABASE_URL"
    assert look(home, variables, **{name: url}).ids == []
    said = look(home, variables, **{name: url, "LATCHKEY_HELPDESK_SHARES_PORT": "1"})
    assert said.ids == ["LK244"]
    wrong = url.replace("postgres:@", f"careful:{PLANTED}@")
    said = look(home, variables, **{name: wrong})
    assert said.ids == ["LK232"]
    assert "authentication failed" in said.about("LK232")
    missing = url.replace("/test_", "/gone_")
    assert look(home, variables, **{name: missing}).ids == ["LK232"]
    away = f"postgresql+psycopg://careful:{PLANTED}@127.0.0.1:9/x"
    said = look(home, variables, **{name: away})
    assert said.ids == ["LK231"]
    assert "LATCHKEY_DATABASE_URL" in said.about("LK231")


@pytest.mark.parametrize(
    ("place", "mode", "ids"),
    [
        (".", 0o755, ["LK211"]),
        ("keys", 0o711, ["LK211"]),
        ("keys/latchkey_turn_key", 0o644, ["LK012"]),
        ("helpdesk.db", 0o640, ["LK012"]),
        ("logs", 0o755, ["LK214"]),
    ],
)
def test_what_others_could_read_is_found(
    home: Path, variables: dict[str, str], place: str, mode: int, ids: list[str]
) -> None:
    path = (home / place).resolve()
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        said = look(home, variables)
    finally:
        path.chmod(before)
    assert said.ids == ids
    assert str(path) in said.about(ids[0])
    assert "chmod" in said.about(ids[0])


@pytest.mark.parametrize(
    ("database", "version", "number"),
    [
        ("helpdesk.db", "0009", "LK233"),
        ("helpdesk.db", "9999", "LK234"),
        ("accounts.db", "0001", "LK233"),
        ("accounts.db", "9999", "LK234"),
    ],
)
def test_tables_of_another_version_are_found(
    home: Path, variables: dict[str, str], database: str, version: str, number: str
) -> None:
    with closing(sqlite3.connect(home / database, isolation_level=None)) as connection:
        before = connection.execute(
            "SELECT version_num FROM alembic_version"
        ).fetchone()
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
        try:
            said = look(home, variables)
        finally:
            connection.execute("UPDATE alembic_version SET version_num = ?", before)
    assert said.ids == [number]
    assert version in said.about(number)
    assert before[0] in said.about(number)


def test_a_model_that_is_missing_or_old_is_found(
    home: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    trained = tmp_path / "model.tar.gz"
    assert look(home, variables, LATCHKEY_MODEL=str(trained)).ids == ["LK253"]
    trained.touch()
    assert look(home, variables, LATCHKEY_MODEL=str(trained)).ids == ["LK254"]
    trained.with_suffix(".sources").write_text("a digest of something else")
    assert look(home, variables, LATCHKEY_MODEL=str(trained)).ids == ["LK254"]


def test_a_redis_that_is_away_or_refuses_is_found(
    home: Path, variables: dict[str, str]
) -> None:
    # The record is in SQLite, for which Redis is good for nothing.
    away = f"redis://:{PLANTED}@127.0.0.1:9/0"
    assert look(home, variables, LATCHKEY_REDIS_URL=away).ids == ["LK241"]
    with run_valkey() as server:
        assert look(home, variables, LATCHKEY_REDIS_URL=server.url).ids == []
        with redis.Redis.from_url(server.url) as client:
            client.config_set("requirepass", PLANTED)
        right, wrong = (
            server.url.replace("//", f"//:{word}@") for word in (PLANTED, f"{PLANTED}x")
        )
        assert look(home, variables, LATCHKEY_REDIS_URL=right).ids == []
        for url in (wrong, server.url):
            assert look(home, variables, LATCHKEY_REDIS_URL=url).ids == ["LK242"]
        server.hang()
        assert look(home, variables, LATCHKEY_REDIS_URL=right).ids == ["LK241"]
        server.go_on()


def test_a_mailbox_that_refuses_is_found(home: Path, variables: dict[str, str]) -> None:
    address = {"LATCHKEY_INBOUND_ADDRESS": "answers@help.example.com"}
    with run_imap_server() as server:
        server.put(b"Subject: hello\n\nhello")
        assert (
            look(home, variables, **address, LATCHKEY_INBOUND_IMAP_URL=server.url).ids
            == []
        )
        wrong = server.url.replace("secret%20pass%40word", f"{PLANTED}%40")
        assert look(
            home, variables, **address, LATCHKEY_INBOUND_IMAP_URL=wrong
        ).ids == ["LK282"]
        assert server.flags(1) == set()
    assert look(
        home, variables, **address, LATCHKEY_INBOUND_IMAP_URL=server.url
    ).ids == ["LK281"]


def in_a_small_room(script: str, home: Path, variables: dict[str, str]) -> Said:
    """Run the command where its state folder is on a file system of its own."""
    if subprocess.run(["unshare", "-rm", "true"]).returncode:
        pytest.skip("this kernel lets nobody have mounts of their own")
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    mounted = (
        f"mount -t tmpfs -o size=8m,mode=0700 none {home} && cp -a {copy}/. {home}"
    )
    command = f"{mounted} && {script} && exec {sys.executable} -m cli doctor --json"
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command],
        env={**os.environ, **variables, "LATCHKEY_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.stdout, ended.stderr
    return Said(ended.returncode, json.loads(ended.stdout))


def test_a_disk_that_is_nearly_full_is_found(
    home: Path, variables: dict[str, str]
) -> None:
    said = in_a_small_room("true", home, variables)
    assert said.ids == ["LK213"]
    assert "MB left" in said.about("LK213")


def test_a_folder_that_cannot_be_written_to_is_found(
    home: Path, variables: dict[str, str]
) -> None:
    script = f"mount -o remount,ro,size=1g {home}"
    said = in_a_small_room(script, home, variables)
    assert said.status == 1
    assert "LK212" in said.ids


def test_every_id_is_documented_as_it_is_said() -> None:
    section = PAGE.partition("## Doctor\n")[2].partition("\n## ")[0]
    rows = [
        row.split("|")[1:4] for row in section.splitlines() if row.startswith("| `")
    ]
    written = {
        number.strip().strip("`"): (level.strip(), about.strip())
        for number, level, about in rows
    }
    said = {
        number: (each["level"], each["about"])
        for number, each in words()["findings"].items()
    }
    assert written == said
