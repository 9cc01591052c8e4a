"""A backup or a restore that is killed, or has no room left, and is made again."""

import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.backup.contents import RECORD
from tests.accounts.service import wait_for
from tests.backup.conftest import NewMachine
from tests.backup.dying import killed
from tests.backup.machines import (
    POSTGRESQL,
    SQLITE,
    Machine,
    without_last_entry,
)
from tests.helpdesk.desk_steps import Desk

LATER = "something that was said later"


def restored_at_last(machine: Machine, *words: object) -> None:
    """Restore again; PostgreSQL notices a moment later that the dead one is gone."""

    def is_done() -> bool:
        ended = machine.run("restore", *words)
        assert ended.exit_code == 0 or "other connections" in ended.stderr
        return ended.exit_code == 0

    wait_for(is_done, "the restore", 30)


@contextmanager
def little_room(limit: int) -> Iterator[None]:
    """Let no file grow beyond a limit, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_backup_that_was_killed_leaves_no_file_that_looks_whole(
    installed: NewMachine, tmp_path: Path
) -> None:
    machine, file = installed(SQLITE), tmp_path / "a.backup"
    killed(machine, "cli.backup.taking:_write_table:9", "backup", file)
    assert not file.exists()
    assert [p.name for p in tmp_path.glob("*.part")] == ["a.backup.part"]
    machine.good("backup", file)
    assert list(tmp_path.glob("*.part")) == []


LOADING = "cli.backup.restoring:write_rows:20"
BEFORE_THE_FIRST_MOVE = "cli.backup.restoring:half_restored_mark:1"


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (SQLITE, LOADING),
        (SQLITE, BEFORE_THE_FIRST_MOVE),
        (POSTGRESQL, BEFORE_THE_FIRST_MOVE),
    ],
)
def test_killed_before_the_end_everything_is_as_it_was(
    installed: NewMachine, tmp_path: Path, kind: str, place: str
) -> None:
    machine, file = installed(kind), tmp_path / "a.backup"
    machine.good("backup", file)
    saved = machine.everything()
    with machine.opened() as database:
        Desk(database).enter().say(LATER)
    before = machine.everything()
    killed(machine, place, "restore", file, "--replace")
    assert machine.everything() == before
    assert machine.good("audit", "verify")["is_right"]
    restored_at_last(machine, file, "--replace")
    assert without_last_entry(machine.everything()) == saved


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (SQLITE, "cli.backup.targets:flush:1"),  # the old record is gone, no new one
        (SQLITE, "cli.backup.targets:FileTarget.install:2"),  # record, no accounts
        (POSTGRESQL, "cli.backup.targets:ServerTarget.install:2"),
        (SQLITE, "cli.backup.restoring:set_aside:2"),  # databases, no secrets
    ],
)
def test_killed_at_the_end_nothing_starts_before_it_is_restored_again(
    installed: NewMachine, tmp_path: Path, kind: str, place: str
) -> None:
    machine, file = installed(kind), tmp_path / "a.backup"
    machine.good("backup", file)
    saved = machine.everything()
    killed(machine, place, "restore", file, "--replace")
    said = machine.refused("audit", "verify")
    assert "A restore did not come to its end" in said
    restored_at_last(machine, file)  # whoever has begun has agreed
    assert without_last_entry(machine.everything()) == saved
    assert machine.good("audit", "verify")["is_right"]
    assert not (machine.home / "half-restored").exists()


def test_a_full_disk_leaves_no_backup(installed: NewMachine, tmp_path: Path) -> None:
    """The database, which has room, is a server's."""
    machine, file = installed(POSTGRESQL), tmp_path / "a.backup"
    with little_room(2_000):
        said = machine.refused("backup", file)
    assert f"{file} cannot be written: File too large" in said
    assert list(tmp_path.glob("a.backup*")) == []
    machine.good("backup", file)


def test_a_full_disk_leaves_what_was_there(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    machine, new, file = installed(SQLITE), machine_of(SQLITE), tmp_path / "a.backup"
    machine.good("backup", file)
    before = machine.rows(RECORD)
    for where, words in ((machine, ("--replace",)), (new, ())):
        with little_room(200_000):
            said = where.refused("restore", file, *words)
        assert "The restore was not made" in said
        assert list(where.home.glob("*.restoring*")) == []
    assert machine.rows(RECORD) == before
    assert list(new.home.glob("*.db*")) == []
    new.good("restore", file)


def test_two_restores_at_once_are_one(
    installed: NewMachine, machine_of: NewMachine, tmp_path: Path
) -> None:
    machine, file = machine_of(SQLITE), tmp_path / "a.backup"
    installed(SQLITE).good("backup", file)
    machine.home.mkdir()
    folder = os.open(machine.home, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    assert "Another restore is under way" in machine.refused("restore", file)
    os.close(folder)
    machine.good("restore", file)
