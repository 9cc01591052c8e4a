"""What was backed up is there after the restore, on either kind of database."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError

from accounts.models import FailedLogin
from cli.backup.contents import ACCOUNTS, AUDIT, RECORD
from cli.keys import HELPDESK_SECRET, TURN_KEY, read_keys, rotate_keys
from foundation.database import version_of
from helpdesk.desk.audit import Who, write_audit
from tests.backup.conftest import NewMachine
from tests.backup.machines import KINDS, SQLITE, Machine, keys_of, without_last_entry
from tests.cli.command_line import environment, latchkey
from tests.helpdesk.desk_steps import Desk
from tests.personal.full_life import MARKER

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_row_comes_back_on_either_kind(
    machine: Machine, empty: Machine, tmp_path: Path
) -> None:
    taken = machine.good("backup", tmp_path / "a.backup")
    before = machine.everything()
    assert [name for name, rows in before[RECORD].items() if rows == [b""]] == []
    restored = empty.good("restore", tmp_path / "a.backup")
    after = empty.everything()
    assert without_last_entry(after) == before
    assert b"record.restored" in after[RECORD][AUDIT][-1]
    assert restored["mark"] == taken["mark"]
    assert restored["audit"]["number"] == taken["mark"]["number"] + 1
    assert restored["aside"] is None
    assert empty.search(MARKER) == machine.search(MARKER) > 0
    assert keys_of(empty) == keys_of(machine)
    goes_on(empty)


def goes_on(restored: Machine) -> None:
    """What the database numbers goes on after what was restored, and its guards hold."""
    with restored.opened(ACCOUNTS) as accounts, accounts.transaction() as session:
        for _ in range(2):
            session.execute(insert(FailedLogin), {"email": "x@y.example", "at": NOW})
    with restored.opened() as record:
        Desk(record).enter().say("a quaggaword after all")
        with record.transaction() as session:
            write_audit(session, Who("test"), "thing.happened", "thing:1", NOW)
        forged = "UPDATE audit_entries SET actor = 'nobody'"
        with (
            pytest.raises(SQLAlchemyError, match="cannot be changed"),
            record.transaction() as session,
        ):
            session.execute(text(forged))
    assert restored.search("quaggaword") == 1
    assert restored.good("audit", "verify")["is_right"]


def test_the_audit_record_says_who_took_and_who_restored(
    machine: Machine, machine_of: NewMachine, tmp_path: Path
) -> None:
    empty = machine_of(SQLITE)
    taken = machine.good("backup", tmp_path / "a.backup", "--without-keys")
    assert taken["keys"] == []
    last = machine.rows(RECORD)[AUDIT][-1].decode()
    assert f"backup:{taken['id']}" in last
    assert "record.backed_up" in last
    assert "has_keys" in last
    mark = f"{taken['mark']['number']}:{taken['mark']['digest']}"
    assert machine.good("audit", "verify", "--expect", mark)["is_right"]
    empty.good("restore", tmp_path / "a.backup", "--other-keys")
    assert empty.good("audit", "verify", "--expect", mark)["is_right"]


def test_files_are_for_their_owner_only(
    machine: Machine, machine_of: NewMachine, tmp_path: Path
) -> None:
    machine.good("backup", tmp_path / "a.backup")
    restored = machine_of(SQLITE)
    restored.good("restore", tmp_path / "a.backup")
    files = [p for p in restored.home.rglob("*") if p.is_file()]
    assert {"helpdesk.db", "accounts.db"} <= {p.name for p in files}
    private = [tmp_path / "a.backup", *files]
    assert [p.name for p in private if p.stat().st_mode & 0o077] == []
    folders = [restored.home, restored.home / "keys"]
    assert [p for p in folders if p.stat().st_mode & 0o077] == []
    assert sorted(p.name for p in restored.home.iterdir()) == [
        "accounts.db",
        "helpdesk.db",
        "keys",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_of_older_tables_is_brought_up_to_date(
    machine_of: NewMachine, tmp_path: Path, kind: str
) -> None:
    old, new = machine_of(kind), machine_of(kind)
    old.home.mkdir()
    read_keys(old.home)
    with old.opened() as record, record.engine.begin() as connection:
        record.migrate_in(connection, "0003")
        connection.execute(
            text(
                "INSERT INTO contacts (id, created_at, name) VALUES (:id, :at, 'Ana')"
            ),
            {"id": uuid4().hex, "at": "2025-03-01 09:00:00.000000"},
        )
    taken = old.good("backup", tmp_path / "a.backup")
    assert taken["versions"][RECORD] == "0003"
    assert version(old) == "0003"  # a backup changes no table
    new.good("restore", tmp_path / "a.backup")
    assert version(new) > "0003"
    (contact,) = new.rows(RECORD)["contacts"]
    assert b'"2025-03-01T09:00:00Z",null,null,"Ana"' in contact


def version(machine: Machine) -> str:
    with machine.opened() as record, record.engine.connect() as connection:
        return version_of(connection) or ""


def test_an_account_backend_of_somebody_else_is_left_out(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    own, other = installed(SQLITE), machine_of(SQLITE)
    (own.home / "accounts.db").unlink()
    taken = own.good("backup", tmp_path / "a.backup")
    assert set(taken["rows"]) == {RECORD}
    other.good("restore", tmp_path / "a.backup")
    assert not other.installation.has(ACCOUNTS)
    assert len(other.rows(RECORD)) > 20


def test_secrets_from_elsewhere_stay_there(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    source, target = installed(SQLITE), machine_of(SQLITE)
    secret = keys_of(source)[HELPDESK_SECRET]
    source.variables[HELPDESK_SECRET] = secret
    taken = source.good("backup", tmp_path / "a.backup")
    assert HELPDESK_SECRET not in taken["keys"]
    assert TURN_KEY in taken["keys"]
    said = target.refused("restore", tmp_path / "a.backup")
    assert f"{HELPDESK_SECRET} (else the agents' one-time codes" in said
    assert not (target.home / "helpdesk.db").exists()
    target.variables[HELPDESK_SECRET] = f"not {secret}"
    target.refused("restore", tmp_path / "a.backup")
    file = tmp_path / "secret"
    file.write_text(secret)
    del target.variables[HELPDESK_SECRET]
    target.variables[f"{HELPDESK_SECRET}_FILE"] = str(file)
    target.good("restore", tmp_path / "a.backup")
    assert not (target.home / "keys" / HELPDESK_SECRET.lower()).exists()


def test_former_secrets_come_along_and_other_ones_do_not_stay(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    source, target = installed(SQLITE), machine_of(SQLITE)
    first = keys_of(source)
    rotate_keys(source.home)
    rotate_keys(target.home)  # some command has made others, twice
    source.good("backup", tmp_path / "a.backup")
    target.good("restore", tmp_path / "a.backup")
    assert read_keys(target.home) == read_keys(source.home)
    assert read_keys(target.home)[f"{TURN_KEY}_FORMER"] == first[TURN_KEY]


def test_a_backup_without_secrets_fits_where_they_are(
    machine: Machine, tmp_path: Path
) -> None:
    machine.good("backup", tmp_path / "a.backup", "--without-keys")
    keys = keys_of(machine)
    machine.good("restore", tmp_path / "a.backup", "--replace")
    assert keys_of(machine) == keys
    assert b"secret" not in (tmp_path / "a.backup").read_bytes()


def test_a_folder_keeps_the_newest(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "latchkey-20250101T000000Z.backup").write_text("old")
    (folder / "latchkey-20250102T000000Z.backup").write_text("newer")
    (folder / "holiday.backup").write_text("not ours")
    taken = machine.good("backup", folder, "--keep", "2")
    assert taken["deleted"] == ["latchkey-20250101T000000Z.backup"]
    kept = sorted(p.name for p in folder.iterdir())
    assert len(kept) == 3
    assert kept[1] == "latchkey-20250102T000000Z.backup"
    assert machine.good("backup", "verify", taken["file"])["is_right"]
    assert "--keep" in machine.refused("backup", folder)
    assert "--keep" in machine.refused("backup", tmp_path / "new", "--keep", "2")


def test_people_are_told_what_they_have(machine: Machine, tmp_path: Path) -> None:
    place = tmp_path / f"{uuid4().hex}.backup"
    ended = machine.run("backup", place)
    assert ended.exit_code == 0
    assert "rows of record and accounts" in ended.stderr
    assert "Whoever has the file has the secrets of this installation" in ended.stderr
    verified = machine.run("backup", "verify", place)
    assert verified.exit_code == 0
    assert "7 secrets of the installation" in verified.stderr
    restored = machine.run("restore", place, "--replace")
    assert restored.exit_code == 0, restored.output
    assert "The audit record is whole" in restored.stderr
    assert "is kept as before-restore-" in restored.stderr


def test_the_command_itself_finds_what_the_environment_names(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    source, target, file = installed(SQLITE), machine_of(SQLITE), tmp_path / "a.backup"
    taken = latchkey("backup", str(file), "--json", variables=by_itself(source))
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["rows"] == {
        name: {
            table: len(lines) if lines != [b""] else 0 for table, lines in rows.items()
        }
        for name, rows in source.everything().items()
    }
    restored = latchkey("restore", str(file), variables=by_itself(target))
    assert restored.returncode == 0, restored.stderr
    assert without_last_entry(target.everything()) == source.everything()


def by_itself(machine: Machine) -> dict[str, str]:
    """Return variables that name the state folder, and not the files in it."""
    named = {"LATCHKEY_DATABASE_URL", "LATCHKEY_ACCOUNTS_DATABASE_URL"}
    own = {n: v for n, v in machine.environment.items() if n not in named}
    return environment(machine.home.parent) | own
