"""The figures of a load: times and failures on one side, what processes use on the other."""

import os
import resource
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.processes import Child

PERCENTILES = (50, 95, 99)
LOAD = "load"  # this process, which makes the load
Figures = dict[str, Any]


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """Return p50, p95 and p99, each a value that did occur; None without values."""
    ordered = sorted(values)
    return {
        f"p{percent}_ms": (
            # The smallest value that so many per cent do not exceed.
            ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None
        )
        for percent in PERCENTILES
    }


def ratio(above: float | None, below: float | None) -> float | None:
    """Return how many times one figure is another, if both are known."""
    return above / below if above is not None and below else None


def median(values: Sequence[float]) -> float | None:
    """Return the median, if there are values."""
    return statistics.median(values) if values else None


@dataclass
class Tally:
    """What a load came to. A turn is either timed or counted as a failure, never neither."""

    times_ms: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        """Take in what another load came to."""
        self.times_ms += other.times_ms
        self.failures += other.failures
        self.seconds += other.seconds

    def figures(self) -> Figures:
        """Return times and failures."""
        failed = {"failures": dict(self.failures)} if self.failures else {}
        return {
            "turns": len(self.times_ms),
            **percentiles(self.times_ms),
            "failed": self.failures.total(),
            **failed,
        }

    def throughput(self) -> Figures:
        """Return times, failures and the answered messages in a second."""
        rate = ratio(len(self.times_ms), self.seconds)
        return {"messages_per_s": rate, **self.figures()}


def pid_of(child: Child) -> int:
    """Return the process id of a started child."""
    assert child.process is not None
    return child.process.pid


def memory_mb(child: Child) -> float:
    """Return the resident memory of a child now."""
    pages = int(Path(f"/proc/{pid_of(child)}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def cpu_s(child: Child) -> float:
    """Return the processor seconds that a child has used so far, all threads together."""
    stat = Path(f"/proc/{pid_of(child)}/stat").read_text()
    fields = stat.rpartition(")")[2].split()  # the name before may contain anything
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def allow_open_files(wanted: int) -> None:
    """Raise the number of files that this process and its children may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Used:
    """Processor time that a load took: of the processes, and of this one that makes it."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        self._children = children
        self._spent: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def begin(self) -> None:
        """Begin to count."""
        self._began = self._now()

    def end(self) -> None:
        """Add what was used since."""
        for name, now in self._now().items():
            used = now - self._began[name]
            self._spent[name] = self._spent.get(name, 0.0) + used

    def figures(self, tally: Tally) -> Figures:
        """Return milliseconds for each answered message."""
        turns = max(1, len(tally.times_ms))
        spent = {name: seconds / turns * 1e3 for name, seconds in self._spent.items()}
        return {"cpu_ms": {name: ms for name, ms in spent.items() if ms >= 0.1}}

    def _now(self) -> dict[str, float]:
        used = {name: cpu_s(child) for name, child in self._children.items()}
        return {**used, LOAD: time.process_time()}
