"""A model of one conversation: who may speak, and what the transcript must hold.

Plain Python that knows nothing of tables. Each method does what its namesake in
`helpdesk.desk` has to do, or raises `Refused`, and says which messages it must leave.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

ASSISTANT, QUEUE = "assistant", "queue"
LEASE = timedelta(minutes=2)
SEEN = timedelta(minutes=2)
GONE = timedelta(minutes=10)
DAY = timedelta(hours=24)
LEAD = 2  # the number of the agent who leads
PATIENCE, CAP = 2, 4

Owner = str | int  # an agent is a number
Said = tuple[str, str, str]  # sender, kind, text or name of the event


class RefusedError(Exception):
    """The rules must refuse this, with a code."""


@dataclass
class Model:
    """What must be so."""

    now: datetime
    seen: list[datetime]
    away: list[bool] = field(default_factory=lambda: [False] * 3)
    is_open: bool = True
    owner: Owner = ASSISTANT
    status: str = "pending"
    epoch: int = 1
    is_waiting: bool = False
    lease_until: datetime | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    had_it: int | None = None
    had_agent: bool = False
    was_asked: bool = False
    misses: int = 0
    turns: int = 0
    returns: int = 0  # how often the assistant got it back
    said: list[Said] = field(default_factory=list)

    # What others rely on.

    def is_there(self, agent: int, within: timedelta = SEEN) -> bool:
        return not self.away[agent] and self.now - self.seen[agent] <= within

    def is_staffed(self, within: timedelta) -> bool:
        return self.is_open and any(self.is_there(agent, within) for agent in range(3))

    def tell(self, event: str) -> None:
        self.said.append(("system", "activity", event))

    def move(self, to: Owner) -> None:
        was, self.owner = self.owner, to
        self.epoch += 1
        self.snoozed_until = self.lease_until = None
        if to == ASSISTANT:
            self.misses = self.turns = 0
            self.returns += was != ASSISTANT
        if isinstance(to, int):
            self.lease_until = self.now + LEASE
            self.had_agent = True
            self.status, self.is_waiting = "open", True
        assert was != to or to == ASSISTANT

    def queue_up(self, within: timedelta, event: str) -> None:
        was_resolved = self.status == "resolved"
        self.status, self.is_waiting = "open", True
        to = QUEUE if self.is_staffed(within) else ASSISTANT
        if self.owner != to or was_resolved:
            self.move(to)
        self.tell(event)

    # What the contact and the assistant do.

    def hear(self, text: str) -> None:
        events: list[str] = []
        before = len(self.said)
        if self.status == "resolved":
            is_same = self.resolved_at is not None and (
                self.now - self.resolved_at <= DAY
            )
            if self.had_it is None or not is_same:
                self.status = "pending"
                self.move(ASSISTANT)
            elif self.is_there(self.had_it):
                self.move(self.had_it)
                events = ["claimed"]
            else:
                self.queue_up(GONE, "handed_off")
        elif self.status == "snoozed":
            self.wake()
        later, self.said[before:] = self.said[before:], []
        self.said.append(("contact", "incoming", text))
        self.said += later
        for event in events:
            self.tell(event)

    def wake(self) -> None:
        assert isinstance(self.owner, int)
        if self.is_there(self.owner):
            self.status, self.snoozed_until = "open", None
            self.lease_until = self.now + LEASE
        else:
            self.queue_up(GONE, "lost")

    def answer(self, text: str, epoch: int, outcome: str) -> None:
        if self.owner != ASSISTANT or self.epoch != epoch:
            self.said.append(("assistant", "note", text))
            return
        self.said.append(("assistant", "outgoing", text))
        self.misses = self.misses + 1 if outcome == "miss" else 0
        self.turns = 0 if outcome == "solved" else self.turns + 1
        is_asked = outcome in {"asked", "stuck"}
        is_due = outcome == "failed" or self.misses >= PATIENCE or self.turns >= CAP
        is_automatic = is_due and not self.is_waiting and self.is_staffed(SEEN)
        if is_asked or is_automatic:
            self.queue_up(SEEN, "handed_off")

    def rate(self) -> None:
        if not self.was_asked or self.status != "resolved":
            raise RefusedError("not_asked")

    # What agents do.

    def claim(self, agent: int) -> None:
        if self.status == "resolved":
            raise RefusedError("not_possible")
        if self.owner == agent:
            self.status, self.snoozed_until = "open", None
            self.lease_until = self.now + LEASE
            return
        if isinstance(self.owner, int) and agent != LEAD:
            raise RefusedError("taken")
        self.move(agent)
        self.tell("claimed")

    def reply(self, agent: int, text: str) -> None:
        self.check(agent, may=self.owner == agent)
        self.status, self.snoozed_until = "open", None
        self.lease_until = self.now + LEASE
        self.said.append(("agent", "outgoing", text))

    def note(self, text: str) -> None:
        self.said.append(("agent", "note", text))

    def transfer(self, agent: int, to: int | None, epoch: int, note: str) -> None:
        by_lead = agent == LEAD and self.owner != ASSISTANT
        self.check(agent, may=self.owner == agent or by_lead, epoch=epoch)
        if to is not None and not self.is_there(to):
            raise RefusedError("not_available")
        if to is not None and to == self.owner:
            raise RefusedError("not_possible")
        self.note(note)
        if to is None:
            self.queue_up(GONE, "transferred")
        else:
            self.move(to)
            self.tell("transferred")

    def release(self, agent: int, epoch: int) -> None:
        by_lead = agent == LEAD and isinstance(self.owner, int)
        self.check(agent, may=self.owner == agent or by_lead, epoch=epoch)
        self.queue_up(GONE, "released")

    def hand_back(self, agent: int, epoch: int) -> None:
        by_lead = agent == LEAD and self.owner != ASSISTANT
        self.check(agent, may=self.owner == agent or by_lead, epoch=epoch)
        self.status, self.is_waiting = "pending", False
        self.move(ASSISTANT)
        self.tell("handed_back")

    def snooze(self, agent: int, until: datetime, epoch: int) -> None:
        self.check(agent, may=self.owner == agent, epoch=epoch)
        self.status, self.snoozed_until = "snoozed", until
        self.lease_until = None

    def resolve(self, agent: int, epoch: int) -> None:
        self.check(agent, may=self.owner == agent or agent == LEAD, epoch=epoch)
        self.had_it = self.owner if isinstance(self.owner, int) else None
        self.status, self.resolved_at = "resolved", self.now
        self.is_waiting = False
        self.move(ASSISTANT)
        self.tell("resolved")
        if self.had_agent and not self.was_asked:
            self.was_asked = True
            self.tell("asked_rating")

    def reopen(self, agent: int, epoch: int) -> None:
        if epoch != self.epoch:
            raise RefusedError("stale")
        if self.status != "resolved":
            is_other = isinstance(self.owner, int) and self.owner != agent
            raise RefusedError("not_owner" if is_other else "not_possible")
        self.move(agent)
        self.tell("claimed")

    def check(self, agent: int, *, may: bool, epoch: int | None = None) -> None:
        if epoch is not None and epoch != self.epoch:
            raise RefusedError("stale")
        if may and self.status != "resolved":
            return
        is_other = isinstance(self.owner, int) and self.owner != agent
        raise RefusedError("not_owner" if is_other else "not_possible")

    # What time does.

    def beat(self, agent: int) -> None:
        self.seen[agent] = self.now
        if self.owner == agent and self.status == "open":
            self.lease_until = self.now + LEASE

    def walk(self) -> None:
        if self.status == "open" and isinstance(self.owner, int):
            assert self.lease_until
            if self.lease_until <= self.now:
                self.queue_up(GONE, "lost")
        if self.snoozed_until is not None and self.snoozed_until <= self.now:
            self.wake()
        if self.status == "open" and self.is_waiting:
            if self.owner == ASSISTANT and self.is_staffed(SEEN):
                self.move(QUEUE)
                self.tell("handed_off")
            if self.owner == QUEUE and not self.is_staffed(GONE):
                self.move(ASSISTANT)
                self.tell("handed_off")
