"""Restoring where something is: refused, or kept aside; never while it runs."""

import socket
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import text

from cli.backup.contents import ACCOUNTS, RECORD
from cli.keys import rotate_keys
from cli.stack import HOST
from helpdesk.store import open_database
from tests.accounts.service import wait_for
from tests.backup.conftest import NewMachine
from tests.backup.machines import (
    KINDS,
    POSTGRESQL,
    SQLITE,
    Machine,
    keys_of,
    without_last_entry,
)
from tests.helpdesk.desk_steps import Desk
from tests.personal.full_life import ADDRESS
from tests.personal.stand_ins import PSEUDONYMS
from tests.personal.stand_ins import Installation as Erasing

LATER = "something that was said later"


def test_what_is_there_is_only_replaced_when_asked_and_then_kept(
    machine: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "a.backup"
    machine.good("backup", file)
    saved, keys = machine.everything(), keys_of(machine)
    with machine.opened() as database:
        Desk(database).enter().say(LATER)
    (machine.home / "tracker.db").write_bytes(b"of the old record")
    before = machine.everything()
    assert "There is an installation already" in machine.refused("restore", file)
    assert machine.everything() == before
    restored = machine.good("restore", file, "--replace")
    assert without_last_entry(machine.everything()) == saved
    assert restored["aside"].startswith("before-restore-")
    assert machine.search(LATER) == 0
    aside = machine.home / restored["aside"]
    assert (aside / "tracker.db").read_bytes() == b"of the old record"
    assert not (machine.home / "tracker.db").exists()
    assert {p.name: p.read_text() for p in (aside / "keys").iterdir()} == {
        name.lower(): value for name, value in keys.items()
    }
    assert LATER in said_in_the_old_one(machine, restored["aside"])


def said_in_the_old_one(machine: Machine, aside: str) -> list[str]:
    file = machine.installation.file_of(RECORD)
    statement = "SELECT text FROM messages"
    if file is None:
        statement = f"SELECT text FROM {aside.replace('-', '_')}.messages"
        database = machine.installation.open(RECORD)
    else:
        database = open_database(f"sqlite:///{file.parent / aside / file.name}")
    with closing(database), database.reading() as session:
        return list(session.execute(text(statement)).scalars())


def test_tables_without_a_row_are_no_installation(
    installed: NewMachine, empty: Machine, tmp_path: Path
) -> None:
    installed(SQLITE).good("backup", tmp_path / "a.backup")
    for name in (RECORD, ACCOUNTS):
        with empty.opened(name) as database:
            database.migrate()
    assert empty.good("restore", tmp_path / "a.backup")["aside"] is None
    assert len(empty.rows(RECORD)["messages"]) > 3


def test_another_installation_can_be_replaced_too(
    installed: NewMachine, tmp_path: Path
) -> None:
    """Its secrets go with it; those of the backup come."""
    source, other = installed(SQLITE), installed(SQLITE)
    rotate_keys(other.home)
    source.good("backup", tmp_path / "a.backup")
    restored = other.good("restore", tmp_path / "a.backup", "--replace")
    assert keys_of(other) == keys_of(source)
    assert restored["erased_since"] == []


def test_who_was_erased_since_is_named(machine: Machine, tmp_path: Path) -> None:
    machine.good("backup", tmp_path / "a.backup", "--without-keys")
    with machine.opened() as database:
        assert Erasing(database, machine.home).erase(ADDRESS).is_complete
    restored = machine.good("restore", tmp_path / "a.backup", "--replace")
    targets = [each["target"] for each in restored["erased_since"]]
    assert targets == [PSEUDONYMS.target(ADDRESS)]
    again = machine.run("restore", tmp_path / "a.backup", "--replace")
    assert "was erased" not in again.stderr  # in the record before this one
    assert "run each `erase` since then again" in again.stderr


def test_nothing_is_restored_below_others_on_the_same_server(
    installed: NewMachine, tmp_path: Path
) -> None:
    """Help desks may run on other machines; SQLite's case is among those under load."""
    machine, file = installed(POSTGRESQL), tmp_path / "a.backup"
    machine.good("backup", file)
    with psycopg.connect(machine.urls[ACCOUNTS].replace("+psycopg", "")):
        said = machine.refused("restore", file, "--replace")
    assert "There are 1 other connections to the database of the accounts" in said
    wait_for(lambda: machine.run("restore", file, "--replace").exit_code == 0, "it")


def test_a_taken_port_is_a_help_desk_that_runs(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    machine, empty = installed(SQLITE), machine_of(SQLITE)
    machine.good("backup", tmp_path / "a.backup")
    with socket.create_server((HOST, 0)) as listener:
        port = str(listener.getsockname()[1])
        empty.variables["LATCHKEY_HELPDESK_PORT"] = port
        said = empty.refused("restore", tmp_path / "a.backup")
    assert f"Port {port} is taken" in said
    assert not empty.home.exists()


def test_the_assistants_tables_stay(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    """Its working memory may live beside the record; no backup has it."""
    installed(SQLITE).good("backup", tmp_path / "a.backup")
    target = machine_of(POSTGRESQL)
    place = target.urls[RECORD].replace("+psycopg", "")
    with psycopg.connect(place) as connection:
        connection.execute("CREATE TABLE rasa_trackers (id int)")
        connection.execute("INSERT INTO rasa_trackers VALUES (7)")
    target.good("restore", tmp_path / "a.backup")
    with psycopg.connect(place) as connection:
        assert connection.execute("SELECT id FROM rasa_trackers").fetchall() == [(7,)]
    taken = target.good("backup", tmp_path / "b.backup")
    assert "rasa_trackers" not in taken["rows"][RECORD]


def test_there_must_be_something_to_back_up(
    machine_of: NewMachine, tmp_path: Path
) -> None:
    for kind in KINDS:
        said = machine_of(kind).refused("backup", tmp_path / "a.backup")
        assert "no help desk here that could be backed up" in said
    assert not (tmp_path / "a.backup").exists()


def test_a_file_that_is_there_is_left_alone(
    installed: NewMachine, tmp_path: Path
) -> None:
    file = tmp_path / "a.backup"
    file.write_text("precious")
    machine = installed(SQLITE)
    assert "is there already" in machine.refused("backup", file)
    assert file.read_text() == "precious"
    said = machine.refused("backup", tmp_path / "nowhere" / "a.backup")
    assert "cannot be written: No such file or directory" in said


def test_a_database_that_is_away_is_said(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    file = tmp_path / "a.backup"
    installed(SQLITE).good("backup", file)
    away = machine_of(SQLITE)
    away.urls[RECORD] = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"
    assert "the database cannot be used" in away.refused("backup", tmp_path / "b")
    assert "the database cannot be used" in away.refused("restore", file)
    away.urls[RECORD] = f"sqlite:///{tmp_path / 'noise'}"
    (tmp_path / "noise").write_bytes(b"no database at all" * 99)
    assert "file is not a database" in away.refused("restore", file)
