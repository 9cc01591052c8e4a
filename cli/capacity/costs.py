"""What a turn, a visit, a commit and an event cost, measured on the product that runs."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis

from cli.capacity.contacts import Contact
from cli.capacity.load import Load
from cli.capacity.product import Product
from cli.capacity.sampling import Sample, Sampler, connect
from cli.capacity.scripts import FAQ, HURRIED
from cli.load_figures import Figures, percentiles, pid_of
from cli.shared_addresses import REDIS_URL
from helpdesk.assistant import Turn

AT_ONCE = (1, 16, 64)
OPENED_AT_ONCE = 16
COMMITS = 200
EVENTS_HEARD = 3_000
QUANTILES = 50
LISTENS_S = 0.5
OTHER_PROCESS = b"0" * 32


class Meter:
    """Processor time by part: `rasa` and `rasa-2` are one."""

    def __init__(self, product: Product) -> None:
        processes = {name: pid_of(each) for name, each in product.children.items()}
        self._sampler = Sampler(processes, {})
        self._before: list[Sample] = []
        self._machine_before_s = self._own_before_s = self._began = 0.0

    def begin(self) -> None:
        """Begin to count."""
        self._before = self._sampler.look(0.0)
        self._machine_before_s, self._began = _machine_s(), time.monotonic()
        self._own_before_s = time.process_time()

    def others(self) -> float:
        """Return how many processors were busy with what is none of ours."""
        passed_s = time.monotonic() - self._began
        ours_s = time.process_time() - self._own_before_s + sum(self.used_s().values())
        used_s = _machine_s() - self._machine_before_s - ours_s
        return max(0.0, used_s / passed_s)

    def used_s(self) -> dict[str, float]:
        """Return what each part used since."""
        used: dict[str, float] = {}
        for before, now in zip(self._before, self._sampler.look(0.0), strict=True):
            part = now.name.partition("-")[0]
            used[part] = used.get(part, 0.0) + now.cpu_s - before.cpu_s
        return used

    def ms_for_each(self, count: int) -> dict[str, float]:
        """Return milliseconds of each part for each of so many."""
        return {part: s / max(1, count) * 1e3 for part, s in self.used_s().items()}


def _machine_s() -> float:
    """Return the processor seconds of the whole machine so far."""
    first = Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
    user, nice, system, _idle, _waiting, *rest = map(int, first)
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


async def warm_up(product: Product, seconds: float, seed: int) -> None:
    """Talk for a while: what is loaded once is no cost of a turn."""
    await Load(product.site, seed, HURRIED).press(OPENED_AT_ONCE, seconds)


async def measure_levels(product: Product, seconds: float, seed: int) -> Figures:
    """Measure turns with 1, 16 and 64 busy contacts: how many, how long, at what cost."""
    meter, levels = Meter(product), {}
    for number, at_once in enumerate(AT_ONCE, 1):
        load = Load(product.site, seed + number, HURRIED)
        meter.begin()
        ledger = await load.press(at_once, seconds)
        others, answered = meter.others(), len(ledger.answers)
        levels[str(at_once)] = {
            **ledger.figures(),
            "cores_of_others": others,
            "cpu_ms": {
                **meter.ms_for_each(answered),
                "load": ledger.load_cpu_s / max(1, answered) * 1e3,
            },
        }
    return levels


async def measure_idle(product: Product, seconds: float) -> Figures:
    """Measure what each part uses in a second while nobody is there."""
    meter = Meter(product)
    meter.begin()
    await asyncio.sleep(seconds)
    return {part: s / seconds * 1e3 for part, s in meter.used_s().items()}


def commits_of(product: Product) -> int:
    """Return how many transactions PostgreSQL has committed so far; 0 without it."""
    if not product.database_url:
        return 0
    with connect(product.database_url) as server:
        row = server.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return int(row[0]) if row else 0


async def measure_visits(product: Product, visits: int) -> Figures:
    """Measure what it costs that somebody comes: the visit, the socket, the conversation."""
    meter, left = Meter(product), iter(range(visits))
    contacts: list[Contact] = []

    async def come() -> None:
        for _ in left:
            contact = Contact(product.site)
            await contact.arrive()
            contacts.append(contact)

    meter.begin()
    began = time.process_time()
    await asyncio.gather(*(come() for _ in range(OPENED_AT_ONCE)))
    cpu_ms = meter.ms_for_each(visits)
    load_ms = (time.process_time() - began) / max(1, visits) * 1e3
    for contact in contacts:
        await contact.leave()
    return {"visits": visits, "cpu_ms": {**cpu_ms, "load": load_ms}}


def measure_turns(product: Product, turns: int) -> Figures:
    """Measure turns at one Rasa alone, one after the other: how long each takes there."""
    client, times = product.stack.assistant(), []
    conversation = str(uuid4())
    for number in range(turns):
        if number % 4 == 0:
            conversation = str(uuid4())
        turn = Turn(conversation, str(uuid4()), FAQ[number % len(FAQ)])
        times.append(_ms_of(lambda turn=turn: client.take_turn(turn)))  # type: ignore[misc]
    return _spread(times[turns // 10 :])


def measure_commits(product: Product) -> Figures:
    """Measure small transactions, each until it is safe on the disk that is used."""
    insert = "INSERT INTO commits_measured VALUES (1)"
    make = "CREATE TABLE commits_measured (a INTEGER)"
    if product.database_url:
        with connect(product.database_url) as server:
            server.execute(make)
            times = _times_of(lambda: server.execute(insert))
            server.execute("DROP TABLE commits_measured")
        return _spread(times)
    path = product.stack.state / "commits.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        file.execute(make)
        return _spread(_times_of(lambda: file.execute(insert)))


async def measure_events(product: Product, seed: int) -> Figures | None:
    """Measure what an event costs each help desk that hears it; None if there is one only.

    Real events are written down under a load, and then told again.
    """
    if REDIS_URL not in product.stack.shared:
        return None
    with redis.Redis.from_url(product.stack.shared[REDIS_URL]) as client:
        channel = client.pubsub_channels()[0]
        with client.pubsub(ignore_subscribe_messages=True) as line:
            line.subscribe(channel)
            line.get_message(timeout=LISTENS_S)  # that it does
            load = Load(product.site, seed, HURRIED)
            ledger = await load.press(2, 4.0)
            heard = [text for text in _said(line) if text]
        for_a_message = len(heard) / max(1, len(ledger.answers))
        texts = [heard[n % len(heard)] for n in range(EVENTS_HEARD)]
        await asyncio.sleep(LISTENS_S)
        meter = Meter(product)
        meter.begin()
        listeners = client.publish(channel, OTHER_PROCESS + b" ")
        with client.pipeline(transaction=False) as pipe:
            for text in texts:
                pipe.publish(channel, OTHER_PROCESS + b" " + text)
            pipe.execute()
        await asyncio.sleep(4 * LISTENS_S)
        used = meter.used_s()
    return {
        "for_a_message": for_a_message,
        "bytes": sum(map(len, texts)) / len(texts),
        "heard_ms": used["helpdesk"] / listeners / EVENTS_HEARD * 1e3,
        "valkey_ms": used["valkey"] / EVENTS_HEARD * 1e3,
    }


def _said(line: Any) -> Iterator[bytes]:
    """Yield what the processes told each other, heartbeats left out."""
    while (got := line.get_message(timeout=LISTENS_S)) is not None:
        yield got["data"].partition(b" ")[2]


def _times_of(do: Callable[[], object]) -> list[float]:
    return [_ms_of(do) for _ in range(COMMITS)]


def _ms_of(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return (time.perf_counter() - started) * 1e3


def _spread(times_ms: Sequence[float]) -> Figures:
    """Return the mean, percentiles, and values at equal steps to draw from."""
    ordered = sorted(times_ms)
    last = len(ordered) - 1
    steps = [ordered[round(last * n / QUANTILES)] for n in range(QUANTILES + 1)]
    mean = sum(ordered) / len(ordered)
    return {"mean_ms": mean, **percentiles(ordered), "quantiles_ms": steps}
