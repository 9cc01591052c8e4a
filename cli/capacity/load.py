"""Load of the kind that a help desk has: closed to find its capacity, open to live with.

Closed: so many contacts, each of whom writes as soon as there is an answer. Open: contacts
come by chance (a Poisson process) whatever the answers take, talk, think, and go.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from cli.capacity.contacts import Contact
from cli.capacity.scripts import HURRIED, Habits, Script, Step, mean_turns, write_script
from cli.chat_load import FAILURES, word_of
from cli.load_figures import Figures, percentiles, ratio

MOST_AT_ONCE = 3_000  # more than this do not come to an answer any more
PIECES = 10


@dataclass
class Ledger:
    """What became of every message; nothing is left out."""

    answers: list[tuple[float, float]] = field(default_factory=list)  # moment, ms
    failures: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    begun: int = 0
    returned: int = 0
    held: int = 0
    missed: int = 0
    at_once: int = 0
    most_at_once: int = 0
    seconds: float = 0.0
    load_cpu_s: float = 0.0

    @property
    def messages_per_s(self) -> float | None:
        """How many messages were answered in a second; what came too late is not."""
        in_time = sum(moment <= self.seconds for moment, _ in self.answers)
        return ratio(in_time, self.seconds)

    def figures(self) -> Figures:
        """Return the counts, and the times of all answers."""
        failed = {"failures": dict(self.failures)} if self.failures else {}
        return {
            "conversations": self.begun,
            "conversations_at_once": self.most_at_once,
            "came_back": self.returned,
            "held_open": self.held,
            "asked": self.asked,
            "answered": len(self.answers),
            "messages_per_s": self.messages_per_s,
            **percentiles([ms for _, ms in self.answers]),
            "failed": self.failures.total(),
            **failed,
            "messages_missed": self.missed,
            "seconds": self.seconds,
            "load_maker_cpu_share": ratio(self.load_cpu_s, self.seconds),
        }

    def over_time(self, pieces: int = PIECES) -> list[Figures]:
        """Return the times of each part of the run."""
        each_s = self.seconds / pieces
        parts: list[list[float]] = [[] for _ in range(pieces)]
        for moment, ms in self.answers:
            if each_s:
                parts[min(pieces - 1, max(0, int(moment / each_s)))].append(ms)
        return [{"answered": len(part), **percentiles(part)} for part in parts]


class Load:
    """Contacts on a site.

    Args:
        site: Its address.
        seed: What chance begins with.
        habits: How contacts behave.
    """

    def __init__(self, site: str, seed: int, habits: Habits) -> None:
        self._site, self._seed, self._habits = site, seed, habits
        self._numbers = itertools.count()
        self._is_over = asyncio.Event()
        self._began = 0.0
        self.ledger = Ledger()

    def stop(self) -> None:
        """Let nobody come any more, and everybody go after the answer to come."""
        self._is_over.set()

    async def press(self, at_once: int, seconds: float) -> Ledger:
        """Have so many contacts at a time talk as fast as they are answered."""
        with _Measured(self) as ledger:
            await asyncio.gather(
                *(self._one_after_the_other() for _ in range(at_once)),
                self._end_after(seconds),
            )
        return ledger

    async def go_on(self, messages_per_s: float, seconds: float) -> Ledger:
        """Have contacts come by chance, so that so many messages are written."""
        chance = random.Random(self._seed)  # noqa: S311 - the same on every run
        rate = messages_per_s / mean_turns(self._seed, self._habits)
        with _Measured(self) as ledger:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._end_after(seconds))
                while not self._is_over.is_set():
                    if ledger.at_once < MOST_AT_ONCE:
                        group.create_task(self._converse(next(self._numbers)))
                    else:
                        ledger.failures["too many at once"] += 1
                    await self._pause(chance.expovariate(rate))
        return ledger

    async def _end_after(self, seconds: float) -> None:
        await self._pause(seconds)
        self.ledger.seconds = time.monotonic() - self._began
        self.stop()

    async def _one_after_the_other(self) -> None:
        while not self._is_over.is_set():
            await self._converse(next(self._numbers))

    async def _converse(self, number: int) -> None:
        """Be one contact, from the first message to the last."""
        ledger, contact = self.ledger, Contact(self._site)
        script = write_script(self._seed, number, self._habits)
        ledger.begun += 1
        ledger.at_once += 1
        ledger.most_at_once = max(ledger.most_at_once, ledger.at_once)
        try:
            await contact.arrive()
            await self._follow(contact, script)
            ledger.missed += contact.missed
        except FAILURES as error:
            ledger.failures[word_of(error)] += 1
        finally:
            await contact.leave()
            ledger.at_once -= 1

    async def _follow(self, contact: Contact, script: Script) -> None:
        for pause_s, act in script.acts:
            if act.step is Step.LEAVE:
                await contact.leave()
            if await self._pause(pause_s):
                return
            if act.step is Step.LEAVE:
                await contact.join()
                self.ledger.returned += 1
                continue
            self.ledger.asked += 1
            ms = await (
                contact.say(act.text) if act.step is Step.SAY else contact.confirm()
            )
            self.ledger.answers.append((time.monotonic() - self._began, ms))
        if script.hold_s:
            self.ledger.held += 1
            await self._pause(script.hold_s)

    async def _pause(self, seconds: float) -> bool:
        """Wait; tell whether it is all over."""
        if seconds > 0 and not self._is_over.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._is_over.wait()
            except TimeoutError:
                pass
        return self._is_over.is_set()

    def begin(self) -> None:
        """Begin to count."""
        self._began = time.monotonic()


class _Measured:
    """The time around a load, of the clock and of this process."""

    def __init__(self, load: Load) -> None:
        self._load = load

    def __enter__(self) -> Ledger:
        self._load.begin()
        self._cpu_s = time.process_time()
        return self._load.ledger

    def __exit__(self, *error: object) -> None:
        self._load.ledger.load_cpu_s = time.process_time() - self._cpu_s


async def find_capacity(
    site: str, seed: int, at_once: int, warm_up_s: float, seconds: float
) -> Ledger:
    """Measure how many messages a second are answered with so many contacts at a time."""
    await Load(site, seed, HURRIED).press(at_once, warm_up_s)
    return await Load(site, seed + 1, HURRIED).press(at_once, seconds)
