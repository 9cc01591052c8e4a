"""What a chaos run does to processes, clocks, disks and mailboxes, each for itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bench_parts import KEPT, forget_installation
from cli.chaos.guards import GUARDS, take_out
from cli.chaos.keeper import Keeper, family, kill, send
from cli.chaos.launcher import CLOCK_FILE
from cli.chaos.report import COUNTED
from cli.chaos.run import read_mails
from cli.chaos.site import OF_NEIGHBOURS
from cli.chaos.store import Disk
from cli.processes import Child
from tests.accounts.service import ROOT, wait_for

SLEEPS = "sleep 300 & echo $! > {file}; wait"
TELL_TIME = """
import time
from foundation.clock import SystemClock
print(time.time(), SystemClock().now().timestamp())
"""


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.stop()


def sleeper(folder: Path, name: str = "sleeper") -> Child:
    """Return a process with a child of its own, whose number it writes down."""
    script = SLEEPS.format(file=folder / name)
    arguments = ["sh", "-c", script]
    file = folder / name
    return Child(name, arguments, os.environ, folder / "log", file.exists)


def test_a_family_is_a_process_and_all_that_it_started(
    tmp_path: Path, keeper: Keeper
) -> None:
    child = sleeper(tmp_path)
    keeper.start([child]).result()
    assert child.process
    below = wait_for((tmp_path / "sleeper").read_text, "the number of its child")
    assert family(child.process.pid) == [child.process.pid, int(below)]
    send([*family(child.process.pid), 2**22 + 1], signal.SIGCONT)  # one is gone
    kill(child)
    wait_for(lambda: not Path(f"/proc/{int(below)}/fd").exists() or None, "its end")


def test_the_keeper_starts_again_what_dies_and_lets_go_of_what_it_should(
    tmp_path: Path, keeper: Keeper
) -> None:
    child, other = sleeper(tmp_path), sleeper(tmp_path, "other")
    keeper.start([child, other]).result()
    first = child.process
    assert first
    kill(child)
    wait_for(lambda: child.process is not first or None, "its start")
    assert [(note.name, note.what) for note in keeper.notes] == [
        ("sleeper", "was started again")
    ]
    keeper.let_go(other).result()
    assert keeper.children == [child]
    assert not other.is_running()
    assert keeper.are_all_ready()


@pytest.mark.parametrize("shift", [3600.0, -90.0])
def test_a_clock_that_jumps_jumps_for_everything_in_a_process(
    tmp_path: Path, shift: float
) -> None:
    (tmp_path / "clock").write_text(str(shift))
    (tmp_path / "tell_time.py").write_text(TELL_TIME)
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    told = subprocess.run(
        [sys.executable, "-m", "cli.chaos.launcher", "tell_time"],
        env={**os.environ, "PYTHONPATH": path, CLOCK_FILE: str(tmp_path / "clock")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for moment in map(float, told.split()):
        assert moment - time.time() == pytest.approx(shift, abs=60)


def test_a_guard_is_taken_out_of_the_part_that_has_it_only() -> None:
    take_out(",".join(GUARDS), "another part")  # would import what it patches
    take_out("", "helpdesk")
    assert {guard.module for guard in GUARDS.values()} <= {
        "helpdesk",
        "bot.serve",
        "accounts",
    }


def test_each_promise_has_a_guard_that_can_be_taken_out() -> None:
    assert {guard.figure for guard in GUARDS.values()} == set(COUNTED)


def test_a_disk_of_its_own_can_be_full_and_is_given_back(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk")
    if not disk.is_own:
        pytest.skip("only root can mount a small disk")
    try:
        disk.fill()
        with pytest.raises(OSError, match="No space"):
            (disk.folder / "more").write_bytes(bytes(10_000))
        disk.free()
        (disk.folder / "more").write_bytes(bytes(10_000))
    finally:
        disk.drop()
    assert str(disk.folder) not in Path("/proc/mounts").read_text()


MOUNT = """
from pathlib import Path
from cli.chaos.store import Disk, keep_mounts_to_ourselves
keep_mounts_to_ourselves()
disk = Disk(Path({folder!r}))
print(disk.is_own, {folder!r} in Path("/proc/mounts").read_text())
"""


def test_a_disk_goes_with_a_process_that_does_not_give_it_back(tmp_path: Path) -> None:
    folder = str(tmp_path / "disk")
    command = [sys.executable, "-c", MOUNT.format(folder=folder)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    is_own, is_seen = told.stdout.split()
    assert is_own == is_seen
    assert folder not in Path("/proc/mounts").read_text()


def test_mails_are_told_apart_by_their_message_id(tmp_path: Path) -> None:
    for number, (to, name) in enumerate([("ada", "1"), ("ada", "1"), ("bob", "2")]):
        mail = f"X-Outbox-To: {to}@example.com\r\nMessage-ID: <{name}>\r\n\r\nHello"
        (tmp_path / f"{number}.eml").write_text(mail)
    (tmp_path / "3.part").write_text("not yet a mail")
    assert read_mails(tmp_path) == {
        "ada@example.com": ["<1>", "<1>"],
        "bob@example.com": ["<2>"],
    }


def test_settings_of_a_real_installation_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("LATCHKEY_DATABASE_URL", "LATCHKEY_RASA_URL", "PGHOST", KEPT[0], "HOME")
    monkeypatch.setattr(os, "environ", dict.fromkeys(names, "of a real one"))
    forget_installation(OF_NEIGHBOURS)
    assert list(os.environ) == [KEPT[0], "HOME"]
