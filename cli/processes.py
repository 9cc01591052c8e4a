"""Child processes: started, watched, started again when they die, stopped together.

Each child leads a process group of its own, so stopping it takes what it started along;
and the kernel is asked to end it should this process be killed outright. A child that
lives and does not answer any more is ended and started again, like a dead one.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.pulse import Pulse

STOP_GRACE_S = 5.0
RESTART_PAUSE_S = (0.5, 1, 2, 5, 10, 30)  # longer each time it dies soon after starting
HEALTHY_AFTER_S = 60.0  # a child that lived this long starts again without delay
_PR_SET_PDEATHSIG = 1
# Looked up here, because little is safe between fork and exec.
_prctl = ctypes.CDLL(None, use_errno=True).prctl


@dataclass
class Child:
    """One program and how to tell that it is ready.

    Attributes:
        name: What it is called: `rasa`, `rasa-2` …
        arguments: Its command line.
        environment: All of its environment.
        log: Where its output goes.
        is_ready: Tells whether it can do its work.
        pulse: Tells whether it still answers; without one that is not looked at.
        stop_signal: What it takes as a wish to end soon.
        deaths: How often it ended soon after it had been started; the longer the pause.
        restarts: How often it had to be started again.
        is_in_hand: Somebody is replacing it, and starts it again.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool]
    pulse: Pulse | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    restarts: int = 0
    due_at: float = field(default=0.0)
    is_in_hand: bool = False

    @property
    def part(self) -> str:
        """What it is one of: `rasa` for `rasa-2`."""
        return self.name.partition("-")[0]

    def start(self) -> None:
        """Start the program; its output goes to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.log, "ab", opener=_for_its_owner) as log:
            self.process = subprocess.Popen(
                list(self.arguments),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,  # addresses and links in what it writes are private
                preexec_fn=_end_with_parent,  # calls libc and no more
            )
        self.started_at = time.monotonic()
        if self.pulse:
            self.pulse.begin(self.started_at)

    def is_running(self) -> bool:
        """Tell whether the program has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def signal_group(self, number: int) -> None:
        """Send a signal to the program and to all that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _end_with_parent() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class ChildNotReadyError(Exception):
    """A child ended, or did not become ready in time."""

    def __init__(self, child: Child, problem: str) -> None:
        super().__init__(f"{child.name} {problem}; its log is {child.log}")
        self.child = child


class Supervisor:
    """Keeps a set of children running until told to stop them."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        pauses_s: Sequence[float] = RESTART_PAUSE_S,
        stop_grace_s: float = STOP_GRACE_S,
    ) -> None:
        self.children = children
        self._pauses_s = pauses_s
        self._stop_grace_s = stop_grace_s

    def start(self, *, within_s: float = 90.0) -> Iterator[Child]:
        """Start all children at once and yield each as it becomes ready.

        Raises:
            ChildNotReadyError: one ended or took too long.
        """
        for child in self.children:
            child.start()
        waiting = list(self.children)
        deadline = time.monotonic() + within_s
        while waiting:
            for child in list(waiting):
                if not child.is_running():
                    raise ChildNotReadyError(child, "ended at once")
                if child.is_ready():
                    waiting.remove(child)
                    yield child
            if waiting and time.monotonic() > deadline:
                raise ChildNotReadyError(
                    waiting[0], f"was not ready in {within_s:.0f} s"
                )
            time.sleep(0.05)

    def revive(self) -> Child | None:
        """Start the next dead child again when its pause is over; return it if so."""
        now = time.monotonic()
        for child in self.children:
            if child.is_running() or child.is_in_hand:
                continue
            if not child.due_at:
                lived_long = now - child.started_at > HEALTHY_AFTER_S
                child.deaths = 0 if lived_long else child.deaths
                pause = self._pauses_s[min(child.deaths, len(self._pauses_s) - 1)]
                child.due_at = now + pause
            elif now >= child.due_at:
                child.deaths += 1
                child.restarts += 1
                child.due_at = 0.0
                child.signal_group(signal.SIGKILL)  # what the dead one left behind
                child.start()
                return child
        return None

    def end_silent(self) -> Child | None:
        """End the next child that lives and does not answer any more; return it if so.

        What is ended here is started again by `revive`.
        """
        now = time.monotonic()
        for child in self.children:
            if child.pulse is None or child.is_in_hand or not child.is_running():
                continue
            child.pulse.feel(now)
            if child.pulse.is_gone(now):
                child.signal_group(signal.SIGKILL)
                child.pulse.begin(now)
                return child
        return None

    def stop(self) -> None:
        """Stop all children: politely, then not."""
        for child in self.children:
            child.signal_group(child.stop_signal)
        deadline = time.monotonic() + self._stop_grace_s
        for child in self.children:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, deadline - time.monotonic()))
        for child in self.children:
            child.signal_group(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
