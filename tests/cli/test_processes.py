"""Children are watched, started again, and never left behind."""

import itertools
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.processes import Child, ChildNotReadyError, Supervisor
from cli.pulse import Pulse
from tests.accounts.service import free_port, wait_for

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
ANSWERING = (
    "import http.server, sys;"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[2])),"
    " http.server.SimpleHTTPRequestHandler).serve_forever()"
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


def answering(make_child: MakeChild, name: str = "child") -> Child:
    """Return a child that listens, and is asked how it is."""
    child, port = make_child(READY + ANSWERING, name), free_port()
    child.arguments = [*child.arguments, str(port)]
    child.pulse = Pulse.of(f"http://127.0.0.1:{port}/nothing")
    child.pulse.patience_s = 0.4
    return child


def test_a_child_that_lives_and_does_not_answer_is_ended_and_started_again(
    make_child: MakeChild,
) -> None:
    stuck, well = answering(make_child, "stuck"), answering(make_child, "well")
    supervisor = Supervisor([stuck, well], pauses_s=PAUSES_S)
    list(supervisor.start())
    wait_for(lambda: not supervisor.end_silent() and pulses(stuck, well), "answers")
    old, other = pid_of(stuck), pid_of(well)
    os.kill(old, signal.SIGSTOP)
    assert wait_for(supervisor.end_silent, "its end") is stuck
    assert wait_for(supervisor.revive, "its revival") is stuck
    assert pid_of(stuck) != old
    wait_for(lambda: not supervisor.end_silent() and pulses(stuck), "its answer")
    assert (stuck.restarts, well.restarts) == (1, 0)
    assert pid_of(well) == other


def pulses(*children: Child) -> bool:
    return all(child.pulse and child.pulse.is_well for child in children)


def test_watching_a_silent_child_keeps_nobody_waiting(make_child: MakeChild) -> None:
    child = answering(make_child)
    supervisor = Supervisor([child])
    list(supervisor.start())
    wait_for(lambda: not supervisor.end_silent() and pulses(child), "its answer")
    assert child.pulse
    child.pulse.patience_s = 600
    os.kill(pid_of(child), signal.SIGSTOP)
    begun = time.process_time()
    looks = [supervisor.end_silent() for _ in range(1000)]
    assert looks == [None] * 1000
    assert time.process_time() - begun < 5  # none of them waited for an answer


def test_a_child_that_never_answers_gets_time_to_start(make_child: MakeChild) -> None:
    child = make_child(READY + SLEEP)
    child.pulse = Pulse.of(f"http://127.0.0.1:{free_port()}/")
    supervisor = Supervisor([child])
    list(supervisor.start())
    child.pulse.patience_s = 0.0
    assert [supervisor.end_silent() for _ in range(20)] == [None] * 20
    child.pulse.starts_within_s = 0.0
    assert supervisor.end_silent() is child


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 503 Not now\r\n\r\n", b"-NOAUTH\r\n", b"N"]
)
def test_any_answer_is_a_sign_of_life(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pulse = Pulse("127.0.0.1", listener.getsockname()[1], b"well?")
        pulse.begin(0)
        pulse.feel(0)
        with listener.accept()[0] as connection:
            wait_for(lambda: pulse.feel(0) or connection.recv(5) == b"well?", "it")
            assert not pulse.is_well
            connection.sendall(answer)
            wait_for(lambda: pulse.feel(0) or pulse.is_well, "the answer to be heard")


def test_it_takes_two_misses_in_a_row_to_be_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pulse = Pulse("127.0.0.1", listener.getsockname()[1], b"?", patience_s=4.5)
        pulse.begin(0)
        pulse.was_heard = True
        heard = []
        for now in (0.0, 4.0, 4.6, 4.7, 9.0, 9.3):
            pulse.feel(now)
            heard.append((pulse.misses, pulse.is_gone(now)))
    assert heard == [(0, False)] * 2 + [(1, False)] * 3 + [(2, True)]


def test_a_child_in_hand_is_left_alone(make_child: MakeChild) -> None:
    child = make_child("raise SystemExit(1)")
    supervisor = Supervisor([child], pauses_s=(0,))
    child.start()
    child.is_in_hand = True
    wait_for(lambda: not child.is_running(), "its end")
    assert [supervisor.revive() for _ in range(5)] == [None] * 5
    child.is_in_hand = False
    assert wait_for(supervisor.revive, "its revival") is child


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
