"""What each process uses, looked at again and again from outside."""

import contextlib
import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    import psycopg

TASKS, SOCKETS = "latchkey_event_loop_tasks", "latchkey_sockets"
PATIENCE_S = 5.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One process, with all that it started, at one moment.

    Attributes:
        at_s: Seconds since the beginning.
        name: Which one.
        rss_mb: Memory in use; what several of its processes share counts for each.
        pss_mb: Likewise, but what is shared counts in parts.
        uss_mb: What is this process's alone.
        anon_mb: What it asked for itself: neither files nor memory shared by intention,
            both of which have an upper bound. A leak is here.
        cpu_s: Processor seconds so far, of the ended processes too.
        fds: Open files and sockets.
        threads: Threads.
        tasks: Tasks of the event loop, if it tells.
        sockets: Chat sockets, if it tells.
        connections: Connections to the database, if it is the database.
    """

    at_s: float
    name: str
    rss_mb: float
    pss_mb: float
    uss_mb: float
    anon_mb: float
    cpu_s: float
    fds: int
    threads: int
    tasks: int | None = None
    sockets: int | None = None
    connections: int | None = None


class Sampler:
    """Looks at processes.

    Args:
        processes: The id of each by its name.
        measures: Where those that tell of themselves do, by name.
        database_url: PostgreSQL, whose connections are counted; empty without it.
    """

    def __init__(
        self,
        processes: Mapping[str, int],
        measures: Mapping[str, str],
        database_url: str = "",
    ) -> None:
        self._processes, self._measures = processes, measures
        self._database_url = database_url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between neighbours

    def look(self, at_s: float) -> list[Sample]:
        """Return a sample of each; one that is gone has none."""
        below, samples = _descendants(), []
        for name, process in self._processes.items():
            with contextlib.suppress(OSError):
                told = self._told(name)
                samples.append(
                    Sample(at_s=at_s, name=name, **_used(process, below), **told)
                )
        return samples

    def _told(self, name: str) -> dict[str, int]:
        if name == "postgresql" and self._database_url:
            return {"connections": self._connections()}
        if name not in self._measures:
            return {}
        try:
            answer = self._session.get(self._measures[name], timeout=PATIENCE_S)
        except requests.RequestException:
            return {}  # the rest is worth having
        found = {
            family.name: int(family.samples[0].value)
            for family in text_string_to_metric_families(answer.text)
            if family.name in (TASKS, SOCKETS)
        }
        return {
            key: found[measure]
            for key, measure in (("tasks", TASKS), ("sockets", SOCKETS))
            if measure in found
        }

    def _connections(self) -> int:
        with connect(self._database_url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        return int(row[0]) if row else 0


def connect(url: str) -> "psycopg.Connection[Any]":
    """Return a connection to PostgreSQL."""
    import psycopg  # only here: it takes a while to load

    return psycopg.connect(url, connect_timeout=int(PATIENCE_S), autocommit=True)


class SampleFile:
    """Samples as a table in a file, each round as soon as it is known.

    Args:
        path: The file; what was in it is gone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns = [field.name for field in fields(Sample)]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(self._columns)

    def add(self, samples: Iterable[Sample]) -> None:
        """Write down samples."""
        with self._path.open("a", newline="", encoding="utf-8") as file:
            for sample in samples:
                row = (getattr(sample, column) for column in self._columns)
                csv.writer(file).writerow(
                    round(x, 3) if isinstance(x, float) else x for x in row
                )


def _descendants() -> dict[int, list[int]]:
    """Return which processes each has started."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int(_stat(int(folder.name))[1])
            below.setdefault(parent, []).append(int(folder.name))
    return below


def _stat(process: int) -> list[str]:
    """Return what follows the name, which may contain anything."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _used(process: int, below: Mapping[int, list[int]]) -> dict[str, Any]:
    """Return what a process and all that it started use."""
    total: dict[str, float] = dict.fromkeys(
        ("rss_mb", "pss_mb", "uss_mb", "anon_mb", "cpu_s", "fds", "threads"), 0
    )
    waiting, is_first = [process], True
    while waiting:
        one = waiting.pop()
        waiting += below.get(one, [])
        try:
            used = _used_by_one(one)
        except OSError:
            if is_first:
                raise
            continue  # a server's processes come and go
        finally:
            is_first = False
        for name, value in used.items():
            total[name] += value
    return {**total, "fds": int(total["fds"]), "threads": int(total["threads"])}


def _used_by_one(process: int) -> dict[str, float]:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    mb = {
        name: int(rest.split()[0]) * 1024 / 1e6
        for name, _, rest in (line.partition(":") for line in lines)
    }
    stat = _stat(process)
    return {
        "rss_mb": mb["Rss"],
        "pss_mb": mb["Pss"],
        "uss_mb": mb["Private_Clean"] + mb["Private_Dirty"],
        "anon_mb": mb["Pss_Anon"],
        # Its own, and those of the processes that it started and that have ended.
        "cpu_s": sum(map(int, stat[11:15])) / _TICKS,
        "fds": len(os.listdir(f"/proc/{process}/fd")),  # noqa: PTH208 - names will do
        "threads": int(stat[17]),
    }
