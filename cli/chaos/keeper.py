"""Keeps the processes of the run going, as `up` does: in one thread that outlives them all."""

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cli.processes import Child, Supervisor

LOOK_EVERY_S = 0.1
READY_WITHIN_S = 180.0

Result = TypeVar("Result")


@dataclass(frozen=True)
class Note:
    """Something that the supervisor did."""

    at: float
    name: str
    what: str


class Keeper:
    """Supervises children in a thread of its own: they end with the one that started them."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.notes: list[Note] = []
        self._supervisor = Supervisor(self.children)
        self._work: queue.Queue[Callable[[], None]] = queue.Queue()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def start(self, children: Sequence[Child]) -> Future[None]:
        """Start children and keep them going from then on."""

        def start() -> None:
            for _ in Supervisor(children).start(within_s=READY_WITHIN_S):
                pass
            self.children += children

        return self._submit(start)

    def let_go(self, child: Child) -> Future[None]:
        """End a child for good, as a power cut would."""

        def end() -> None:
            self.children.remove(child)
            kill(child)

        return self._submit(end)

    def child(self, name: str) -> Child:
        """Return the child of that name."""
        return next(each for each in self.children if each.name == name)

    def are_all_ready(self) -> bool:
        """Tell whether every part can do its work; takes a while."""
        return all(each.is_running() and each.is_ready() for each in self.children)

    def stop(self) -> None:
        """Stop all of them."""
        self._is_over.set()
        self._thread.join()

    def _submit(self, work: Callable[[], Result]) -> Future[Result]:
        done: Future[Result] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        self._work.put(run)
        return done

    def _run(self) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(queue.Empty):
                self._work.get(timeout=LOOK_EVERY_S)()
            self._note(self._supervisor.end_silent(), "did not answer and was ended")
            self._note(self._supervisor.revive(), "was started again")
        self._supervisor.stop()

    def _note(self, child: Child | None, what: str) -> None:
        if child is not None:
            self.notes.append(Note(time.monotonic(), child.name, what))


def family(pid: int) -> list[int]:
    """Return a process and all that it started, however they group themselves."""
    found = [pid]
    for each in found:
        try:
            text = Path(f"/proc/{each}/task/{each}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in text.split()]
    return found


def send(pids: Sequence[int], number: int) -> None:
    """Send a signal to processes; those that are gone do not matter."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def kill(child: Child) -> None:
    """End a process and all that it started, at once."""
    if child.process is not None and child.is_running():
        send(family(child.process.pid), signal.SIGKILL)
        child.process.wait()
