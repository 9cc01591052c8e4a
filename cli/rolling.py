"""Replacing processes one after the other while the others work.

Each is asked to end, which finishes what it has begun; then it is started, and only when it
is ready is it the next one's turn. If one does not come back, the rest stay as they are.
"""

import signal
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from cli.processes import Child

ENDS_WITHIN_S = 12.0
READY_WITHIN_S = 90.0
# Whoever is called comes before whoever calls: it must know what the other may say.
ORDER = ("accounts", "actions", "rasa", "helpdesk")


class Stage(StrEnum):
    """What is being waited for."""

    TURN = "turn"  # the next one has not begun
    END = "end"
    READY = "ready"


class RollingError(Exception):
    """A process did not come back; the sentence says which."""


class Rolling:
    """Replaces children one by one; `step` is called again and again until it is done.

    Args:
        children: Those to replace.
        report: Takes a sentence for each thing that happened.
        clock: The time, in seconds.
    """

    def __init__(
        self,
        children: Sequence[Child],
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = sorted(children, key=_place)
        self._report = report
        self._clock = clock
        self._stage = Stage.TURN
        self._child: Child | None = None
        self._since = 0.0
        self.replaced: list[str] = []

    def step(self) -> bool:
        """Do what can be done without waiting; tell whether all are replaced.

        Raises:
            RollingError: One did not come back. It is left to the supervisor.
        """
        if self._stage is Stage.TURN:
            return not self._begin_next()
        assert self._child
        if self._stage is Stage.END:
            self._end(self._child)
        else:
            self._await(self._child)
        return False

    def give_up(self) -> None:
        """Leave the one in hand to the supervisor, as it is."""
        if self._child:
            self._child.is_in_hand = False

    def _begin_next(self) -> bool:
        if not self._waiting:
            return False
        self._child = self._waiting.pop(0)
        self._child.is_in_hand = True
        self._child.signal_group(self._child.stop_signal)
        self._enter(Stage.END)
        return True

    def _end(self, child: Child) -> None:
        if not child.is_running():
            child.signal_group(signal.SIGKILL)  # what it left behind
            child.start()
            self._enter(Stage.READY)
        elif self._passed_s > ENDS_WITHIN_S:
            self._report(
                f"{child.name} did not end in {ENDS_WITHIN_S:.0f} s and is killed"
            )
            child.signal_group(signal.SIGKILL)
            self._enter(Stage.END)

    def _await(self, child: Child) -> None:
        if not child.is_running():
            self._fail(child, "ended at once")
        if child.is_ready():
            child.is_in_hand, child.deaths = False, 0
            self.replaced.append(child.name)
            self._report(f"{child.name} is replaced")
            self._stage, self._child = Stage.TURN, None
        elif self._passed_s > READY_WITHIN_S:
            self._fail(child, f"was not ready in {READY_WITHIN_S:.0f} s")

    def _fail(self, child: Child, problem: str) -> None:
        self.give_up()
        raise RollingError(f"{child.name} {problem}; its log is {child.log}")

    def _enter(self, stage: Stage) -> None:
        self._stage, self._since = stage, self._clock()

    @property
    def _passed_s(self) -> float:
        return self._clock() - self._since


def _place(child: Child) -> int:
    return ORDER.index(child.part) if child.part in ORDER else len(ORDER)
