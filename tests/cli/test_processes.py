"""Children are watched, started again, and never left behind."""

import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.processes import Child, ChildNotReadyError, Supervisor
from tests.accounts.service import wait_for

PAUSES_S = (0.05, 0.3, 0.6)
READY = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch();"
SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}{SLEEP}"
)
WITH_GRANDCHILD = (
    "import subprocess, sys, pathlib;"
    f"g = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]);"
    "pathlib.Path(sys.argv[1]).write_text(str(g.pid));"
)
MakeChild = Callable[..., Child]


@pytest.fixture
def make_child(tmp_path: Path) -> Iterator[MakeChild]:
    """Makes children that run Python code; it may touch the file in `sys.argv[1]`."""
    made: list[Child] = []

    def make(code: str, name: str = "child") -> Child:
        mark = tmp_path / f"{name}.ready"
        arguments = [sys.executable, "-c", code, str(mark)]
        log = tmp_path / "logs" / f"{name}.log"
        made.append(Child(name, arguments, os.environ, log, mark.exists))
        return made[-1]

    yield make
    Supervisor(made, stop_grace_s=0).stop()


def mark_of(child: Child) -> Path:
    return Path(child.arguments[-1])


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def pid_of(child: Child) -> int:
    assert child.process
    return child.process.pid


def test_each_child_is_announced_when_it_is_ready(make_child: MakeChild) -> None:
    slow = make_child(f"import time; time.sleep(0.3); {READY}{SLEEP}", "slow")
    fast = make_child(READY + SLEEP, "fast")
    supervisor = Supervisor([slow, fast])
    assert [child.name for child in supervisor.start()] == ["fast", "slow"]
    assert slow.is_running()
    assert fast.is_running()


def test_what_a_child_says_is_in_its_log(make_child: MakeChild) -> None:
    child = make_child("print('to stdout', flush=True); 1 / 0")
    child.start()
    wait_for(lambda: not child.is_running(), "its end")
    log = child.log.read_text()
    assert "to stdout" in log
    assert "ZeroDivisionError" in log


def test_a_child_that_ends_at_once_is_an_error_that_names_its_log(
    make_child: MakeChild,
) -> None:
    child = make_child("raise SystemExit('no')", "hasty")
    with pytest.raises(ChildNotReadyError) as caught:
        list(Supervisor([child]).start())
    assert "hasty ended at once" in str(caught.value)
    assert str(child.log) in str(caught.value)
    assert child.log.read_text() == "no\n"


def test_a_child_that_never_gets_ready_is_an_error_that_names_its_log(
    make_child: MakeChild,
) -> None:
    child = make_child(SLEEP, "lazy")
    with pytest.raises(ChildNotReadyError) as caught:
        list(Supervisor([child]).start(within_s=0.2))
    assert "lazy was not ready" in str(caught.value)
    assert str(child.log) in str(caught.value)


def test_a_child_that_dies_is_started_again(make_child: MakeChild) -> None:
    child = make_child(READY + SLEEP)
    supervisor = Supervisor([child], pauses_s=PAUSES_S)
    list(supervisor.start())
    assert supervisor.revive() is None
    first = pid_of(child)
    os.kill(first, 9)
    wait_for(lambda: not child.is_running(), "its death")
    assert wait_for(supervisor.revive, "its revival") is child
    assert child.is_running()
    assert pid_of(child) != first


def test_a_child_that_keeps_dying_is_started_more_and_more_slowly(
    make_child: MakeChild,
) -> None:
    child = make_child("raise SystemExit(1)")
    supervisor = Supervisor([child], pauses_s=PAUSES_S)
    child.start()
    begun = [time.monotonic()]
    for _ in range(4):
        wait_for(supervisor.revive, "its revival")
        begun.append(time.monotonic())
    pauses = [later - earlier for earlier, later in itertools.pairwise(begun)]
    assert all(took >= least for took, least in zip(pauses, PAUSES_S, strict=False))
    assert pauses[3] >= PAUSES_S[-1]


def test_one_dead_child_does_not_keep_another_from_being_revived(
    make_child: MakeChild,
) -> None:
    doomed = make_child("raise SystemExit(1)", "doomed")
    healthy = make_child(READY + SLEEP, "healthy")
    supervisor = Supervisor([doomed, healthy], pauses_s=(0.05, 60))
    doomed.start()
    healthy.start()
    assert wait_for(supervisor.revive, "the first revival") is doomed
    wait_for(lambda: not doomed.is_running(), "its second death")
    os.kill(pid_of(healthy), 9)
    wait_for(lambda: not healthy.is_running(), "its death")
    assert wait_for(supervisor.revive, "the second revival") is healthy


def test_a_revival_takes_away_what_the_dead_one_left_behind(
    make_child: MakeChild,
) -> None:
    child = make_child(WITH_GRANDCHILD + SLEEP)
    supervisor = Supervisor([child], pauses_s=PAUSES_S)
    child.start()
    grandchild = int(wait_for(lambda: read(mark_of(child)), "the grandchild"))
    os.kill(pid_of(child), 9)
    wait_for(supervisor.revive, "its revival")
    wait_for(lambda: not is_alive(grandchild), "the end of the grandchild")


def test_stopping_takes_grandchildren_along(make_child: MakeChild) -> None:
    child = make_child(WITH_GRANDCHILD + SLEEP)
    supervisor = Supervisor([child])
    list(supervisor.start())
    grandchild = int(wait_for(lambda: read(mark_of(child)), "the grandchild"))
    supervisor.stop()
    wait_for(lambda: not is_alive(grandchild), "the end of the grandchild")
    assert not child.is_running()


def test_a_grandchild_is_stopped_also_when_its_parent_is_dead(
    make_child: MakeChild,
) -> None:
    child = make_child(WITH_GRANDCHILD)
    supervisor = Supervisor([child])
    child.start()
    grandchild = int(wait_for(lambda: read(mark_of(child)), "the grandchild"))
    wait_for(lambda: not child.is_running(), "the end of the child")
    assert is_alive(grandchild)
    supervisor.stop()
    wait_for(lambda: not is_alive(grandchild), "the end of the grandchild")


def test_a_child_that_ignores_sigterm_is_killed(make_child: MakeChild) -> None:
    stubborn = make_child(STUBBORN, "stubborn")
    polite = make_child(READY + SLEEP, "polite")
    supervisor = Supervisor([stubborn, polite], stop_grace_s=0.3)
    list(supervisor.start())
    begin = time.monotonic()
    supervisor.stop()
    assert 0.3 <= time.monotonic() - begin < 3
    assert stubborn.process
    assert stubborn.process.returncode == -9
    assert polite.process
    assert polite.process.returncode == -15


def test_stopping_twice_or_before_the_start_is_harmless(make_child: MakeChild) -> None:
    child = make_child(READY + SLEEP)
    supervisor = Supervisor([child])
    supervisor.stop()
    list(supervisor.start())
    supervisor.stop()
    supervisor.stop()
    assert not child.is_running()


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
