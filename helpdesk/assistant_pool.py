"""Several processes of the assistant as one: who gets a turn, and who is left out.

They share one tracker store, so any of them may take any turn. The least busy one gets it.
One that is not there, or hangs, gets nothing for a while and is then looked at before it gets
a turn again. Only a turn that was certainly not taken is sent to another process at once; one
that nobody knows about is tried again by whoever asked for it, which is harmless.

A pool of one passes everything on as it is.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from helpdesk.assistant import (
    Actor,
    AssistantAwayError,
    AssistantClient,
    AssistantSilentError,
    Turn,
)
from helpdesk.metrics import Metrics
from helpdesk.neighbour_lines import Patience
from helpdesk.settings import HelpdeskSettings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
LOOK_PATIENCE = Patience(connect_s=1.0, read_s=1.0)
SHORTEST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 4.0
SILENT_S = (
    2.0  # after which one that has turns is looked at; it answers that at any time
)
LOOKS = 2  # that must fail before it is said to hang
BUSY = 4  # turns at once are as much as a process can make use of
WAIT_S = 0.5  # for one that is not busy; after this the turn waits at the process

Answered = TypeVar("Answered")
Moment = Callable[[], float]


@dataclass(eq=False)
class _Process:
    """One process, and what is known of it."""

    name: str
    client: AssistantClient
    begun: list[float] = field(default_factory=list)  # when its open turns began
    heard_at: float = 0.0
    given_at: float = 0.0
    failed_looks: int = 0
    is_left_out: bool = False
    pause_s: float = 0.0
    due_at: float = 0.0

    def leave_out(self, now: float) -> None:
        self.pause_s = min(max(2 * self.pause_s, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
        self.due_at = now + self.pause_s
        self.is_left_out = True

    def is_silent(self, now: float) -> bool:
        """Tell whether it has had a turn for long and says nothing at all."""
        return bool(self.begun) and now - max(self.heard_at, self.begun[0]) > SILENT_S


class AssistantPool:
    """Gives turns to processes, from several threads.

    Args:
        clients: One for each process, by its name.
        metrics: What is measured.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        clients: Mapping[str, AssistantClient],
        metrics: Metrics,
        clock: Moment = time.monotonic,
    ) -> None:
        self._processes = [_Process(name, each) for name, each in clients.items()]
        self._metrics = metrics
        self._clock = clock
        self._change = threading.Condition()
        self._is_closed = threading.Event()
        self._watch = threading.Thread(
            target=self._look_often, name="assistant-watch", daemon=True
        )
        for each in self._processes:
            self._show(each)

    @classmethod
    def of(cls, settings: HelpdeskSettings, metrics: Metrics) -> Self:
        """Return the pool that the settings name."""
        clients = {
            urlsplit(url).netloc.rpartition("@")[2]: AssistantClient(
                url, turn_key=settings.turn_key, actor_key=settings.actor_key
            )
            for url in settings.rasa_urls
        }
        return cls(clients, metrics)

    def start(self) -> None:
        """Look after those that are left out, from now on."""
        if self._is_several:
            self._watch.start()

    def close(self) -> None:
        """Look after nobody any more."""
        self._is_closed.set()
        if self._watch.is_alive():
            self._watch.join()

    def take_turn(self, turn: Turn, actor: Actor | None = None) -> dict[str, Any]:
        """Have a turn taken; see `AssistantClient.take_turn`."""
        return self._ask(lambda client: client.take_turn(turn, actor), WAIT_S)

    def parse(self, text: str) -> dict[str, Any]:
        """Have a text understood; see `AssistantClient.parse`."""
        return self._ask(lambda client: client.parse(text), 0.0)

    def forget(
        self, conversations: Sequence[str], before: datetime | None = None
    ) -> int:
        """Have conversations forgotten, by one for all; see `AssistantClient.forget`."""
        return self._ask(lambda client: client.forget(conversations, before), 0.0)

    def look(self) -> None:
        """Look at those that are left out or say nothing, once."""
        for process in self._processes:
            now = self._clock()
            if process.is_left_out:
                if now >= process.due_at:
                    self._look_at(process)
            elif process.is_silent(now):
                self._look_at(process)

    @property
    def _is_several(self) -> bool:
        return len(self._processes) > 1

    def _ask(
        self, ask: Callable[[AssistantClient], Answered], wait_s: float
    ) -> Answered:
        untried = list(self._processes)
        while True:
            with self._chosen(untried, wait_s) as process:
                try:
                    answer = self._timed(process, ask, is_turn=bool(wait_s))
                except AssistantAwayError as error:
                    self._leave_out(process, str(error))
                    if all(each.is_left_out for each in untried):
                        raise
                    continue
                except AssistantSilentError as error:
                    # What else is asked has less patience, so it says nothing of turns.
                    if wait_s:
                        self._leave_out(process, str(error))
                    raise
                process.heard_at, process.failed_looks = self._clock(), 0
                return answer

    def _timed(
        self,
        process: _Process,
        ask: Callable[[AssistantClient], Answered],
        *,
        is_turn: bool,
    ) -> Answered:
        if not is_turn:
            return ask(process.client)
        with self._metrics.assistant_seconds.labels(process.name).time():
            return ask(process.client)

    @contextmanager
    def _chosen(self, untried: list[_Process], wait_s: float) -> Iterator[_Process]:
        """Take the process that is to be asked next out of those that were not yet."""
        with self._change:
            process = self._choose(untried, self._clock() + wait_s)
            untried.remove(process)
            begun = process.given_at = self._clock()
            process.begun.append(begun)
            self._show(process)
        try:
            yield process
        finally:
            with self._change:
                process.begun.remove(begun)
                self._show(process)
                self._change.notify()

    def _choose(self, untried: list[_Process], until: float) -> _Process:
        while True:
            there = [each for each in untried if not each.is_left_out]
            if not there:  # rather this than nobody
                return min(untried, key=lambda each: each.due_at)
            least = min(there, key=lambda each: (len(each.begun), each.given_at))
            left_s = until - self._clock()
            if len(least.begun) < BUSY or left_s <= 0 or not self._is_several:
                return least
            self._change.wait(left_s)

    def _leave_out(self, process: _Process, problem: str) -> None:
        if not self._is_several:
            return
        with self._change:
            now = self._clock()
            if process.is_left_out and now < process.due_at:
                return  # another turn has found out
            if not process.is_left_out:
                log.warning("%s gets no turns for now. %s", process.name, problem)
            process.leave_out(now)
            self._show(process)

    def _look_at(self, process: _Process) -> None:
        is_well = process.client.is_well(LOOK_PATIENCE)
        with self._change:
            now = self._clock()
            if is_well:
                if process.is_left_out:
                    log.info("%s gets turns again", process.name)
                process.heard_at = now
                process.is_left_out, process.pause_s, process.failed_looks = False, 0, 0
                self._show(process)
                self._change.notify_all()
                return
            process.failed_looks += 1
            others = [each for each in self._processes if not each.is_left_out]
            hangs = process.failed_looks >= LOOKS and others != [process]
        if process.is_left_out:
            self._leave_out(process, "")
        elif hangs:  # with all of them silent, it is the machine that stands still
            self._leave_out(process, "It hangs.")
            process.client.hang_up()

    def _look_often(self) -> None:
        while not self._is_closed.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception:
                log.exception("looking at the assistant's processes failed")

    def _show(self, process: _Process) -> None:
        name, measures = process.name, self._metrics
        measures.assistant_turns.labels(name).set(len(process.begun))
        measures.assistant_left_out.labels(name).set(process.is_left_out)
