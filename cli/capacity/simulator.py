"""A model of the product in time: messages go from part to part, and wait where others are.

A process has one interpreter, so it does one thing at a time; so many processes of a part
share its work. Where everything is on one machine, whoever works also needs one of its
processors. A commit takes time and no processor. Each of Rasa's processes has at most as
many turns at once as the help desk gives it; while an action runs it works on another one.
"""

import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from helpdesk.assistant_pool import BUSY

# One queue for all of a part's processes; all others have one each.
SHARED_OUT = frozenset({"postgresql", "load"})
SLICE_MS = 3.0  # how long something runs before it is another one's turn
Steps = Generator[simpy.Event, Any, None]
Draw = Callable[[random.Random], float]


@dataclass(frozen=True)
class Stage:
    """Work at a part, or with no processor, with its mean duration.

    Attributes:
        part: Where; empty for waiting that nobody else notices, such as a commit.
        ms: How long on the average.
        draw: How many times its mean it takes this time.
    """

    part: str
    ms: float
    draw: Draw


@dataclass(frozen=True)
class Message:
    """What a message goes through.

    Attributes:
        visit: Before the first message of a conversation.
        accept: Until it is committed.
        turn: While it has a place at one of Rasa's processes.
        reply: From the answer to the contact.
        events: How many events it makes, which every other help desk hears.
        heard_ms: What an event costs whoever hears it.
    """

    visit: tuple[Stage, ...]
    accept: tuple[Stage, ...]
    turn: tuple[Stage, ...]
    reply: tuple[Stage, ...]
    events: float = 0.0
    heard_ms: float = 0.0


@dataclass(frozen=True)
class Fleet:
    """How many processes there are of each part, on how many processors.

    Attributes:
        processes: By part. PostgreSQL's are the processors that it has.
        cores: Those that all of them share; None where each has one of its own.
        others: How many of these something else keeps busy, in short pieces.
    """

    processes: dict[str, int]
    cores: int | None = None
    others: float = 0.0


@dataclass
class Outcome:
    """What a simulation came to, its first fifth left out.

    Attributes:
        seconds: How long the rest took.
        answered: Messages that had their answer in that time.
        times_ms: How long those took that also began in it.
        busy: The share of the time that each part's processes worked.
        left: Messages without an answer at the end.
    """

    seconds: float
    answered: int
    times_ms: list[float]
    busy: dict[str, float]
    left: int

    @property
    def messages_per_s(self) -> float:
        """How many were answered in a second."""
        return self.answered / self.seconds


class _Process:
    """One process: one thing at a time, in the order of coming."""

    def __init__(self, env: simpy.Environment, capacity: int = 1) -> None:
        self.lock = simpy.Resource(env, capacity)
        self.places = simpy.Resource(env, BUSY)
        self.busy_ms = 0.0
        self.heard = 0.0


class Simulation:
    """Messages on a fleet.

    Args:
        message: What each goes through.
        fleet: Who does it.
        turns: How many messages a conversation has.
        seed: What chance begins with.
    """

    def __init__(
        self, message: Message, fleet: Fleet, turns: float, seed: int = 1
    ) -> None:
        self._message, self._fleet, self._turns = message, fleet, turns
        self._chance = random.Random(seed)  # noqa: S311 - the same on every run
        self._env = simpy.Environment()
        self._cores = simpy.Resource(self._env, fleet.cores) if fleet.cores else None
        self._parts = {
            part: (
                [_Process(self._env, count)]
                if part in SHARED_OUT
                else [_Process(self._env) for _ in range(count)]
            )
            for part, count in fleet.processes.items()
        }
        if self._cores is not None and fleet.others:
            self._env.process(self._come_between(self._cores, fleet.others))
        self._events = 0.0
        self._counted_from = 0.0
        self._under_way = self._answered = 0
        self._times_ms: list[float] = []

    def open(self, per_s: float, messages: int) -> Outcome:
        """Have so many messages come by chance, so many in a second."""

        def come() -> Steps:
            for number in range(messages):
                if number == messages // 5:
                    self._begin_to_count()
                yield self._env.timeout(self._chance.expovariate(per_s) * 1e3)
                is_first = self._chance.random() * self._turns < 1
                self._env.process(self._go(is_first))

        coming = self._env.process(come())
        self._env.run(coming)
        return self._outcome()

    def closed(self, contacts: int, messages: int) -> Outcome:
        """Have so many contacts write as soon as they have their answer."""
        answered = self._env.event()
        left = [messages]

        def talk() -> Steps:
            while left[0] > 0:
                is_first = self._chance.random() * self._turns < 1
                yield self._env.process(self._go(is_first))
                left[0] -= 1
                if left[0] == messages - messages // 5:
                    self._begin_to_count()
                if left[0] == 0:
                    answered.succeed()

        for _ in range(contacts):
            self._env.process(talk())
        self._env.run(answered)
        return self._outcome()

    def _go(self, is_first: bool) -> Steps:
        """Be one message. Its time begins after the visit, as a client measures it."""
        message, here = self._message, self._any_of("helpdesk")
        if is_first:
            yield from self._pass(message.visit, here)
        began, counts = self._env.now, self._counted_from
        self._under_way += 1
        yield from self._pass(message.accept, here)
        rasa = min(
            self._parts.get("rasa", [here]),
            key=lambda each: each.places.count + len(each.places.queue),
        )
        with rasa.places.request() as place:
            yield place
            yield from self._pass(message.turn, here, rasa)
        self._events += message.events
        here.heard += message.events  # what it tells itself it need not hear
        yield from self._pass(message.reply, here)
        self._under_way -= 1
        self._answered += 1
        if counts == self._counted_from:
            self._times_ms.append(self._env.now - began)

    def _pass(
        self, stages: Sequence[Stage], here: _Process, rasa: _Process | None = None
    ) -> Steps:
        for stage in stages:
            ms = stage.ms * stage.draw(self._chance)
            if not stage.part:
                yield self._env.timeout(ms)
            elif stage.part == "helpdesk":
                ms += (self._events - here.heard) * self._message.heard_ms
                here.heard = self._events
                yield from self._work(here, ms)
            elif stage.part == "rasa" and rasa is not None:
                yield from self._work(rasa, ms)
            else:
                yield from self._work(self._any_of(stage.part), ms)

    def _work(self, process: _Process, ms: float) -> Steps:
        with process.lock.request() as lock:
            yield lock
            if self._cores is None:
                yield self._env.timeout(ms)
            else:
                with self._cores.request() as core:
                    yield core
                    yield self._env.timeout(ms)
        process.busy_ms += ms

    def _come_between(self, cores: simpy.Resource, busy: float) -> Steps:
        """Be the other work on the machine: it takes its turn like everything else."""

        def work() -> Steps:
            with cores.request() as core:
                yield core
                yield self._env.timeout(SLICE_MS)

        while True:
            yield self._env.timeout(self._chance.expovariate(busy / SLICE_MS))
            self._env.process(work())

    def _any_of(self, part: str) -> _Process:
        processes = self._parts[part]
        return processes[int(self._chance.random() * len(processes))]

    def _begin_to_count(self) -> None:
        self._counted_from, self._answered = self._env.now, 0
        self._times_ms.clear()
        for processes in self._parts.values():
            for process in processes:
                process.busy_ms = 0.0

    def _outcome(self) -> Outcome:
        span_ms = self._env.now - self._counted_from
        busy = {
            part: sum(each.busy_ms for each in processes)
            / (span_ms * self._fleet.processes[part])
            for part, processes in self._parts.items()
        }
        return Outcome(
            span_ms / 1e3, self._answered, self._times_ms, busy, self._under_way
        )
