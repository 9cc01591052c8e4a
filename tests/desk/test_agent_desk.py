"""The verbs and the watchman as the service runs them: after the commit, who watches hears."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from helpdesk.desk.agent_desk import AgentDesk
from helpdesk.desk.agent_messages import AgentMessage
from helpdesk.desk.assignment import Receiver
from helpdesk.desk.audit import verify_chain
from helpdesk.desk.audit_reading import find_entries
from helpdesk.desk.errors import TakenError
from helpdesk.desk.events import (
    AgentsTold,
    ConversationChanged,
    Event,
    MessageCreated,
    NoticeKind,
)
from helpdesk.desk.presence import AgentPresence, is_anybody_there, online_agents
from helpdesk.desk.stretches import LEASE
from helpdesk.desk.watchman import Watchman
from helpdesk.store.outage import OutageError
from helpdesk.store.record import Record, Result, Work
from helpdesk.store.words import Owner, Status
from tests.desk.desk_people import MINUTE, People
from tests.helpdesk.desk_steps import BEGIN, SECOND


@dataclass
class Moment:
    """A clock that stands still until it is moved."""

    at: datetime = BEGIN

    def now(self) -> datetime:
        return self.at


@dataclass
class Listener:
    """Keeps what was published."""

    events: list[Event] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[Any]) -> list[Any]:
        found = [event for event in self.events if isinstance(event, kind)]
        self.events = [event for event in self.events if not isinstance(event, kind)]
        return found


class FlakyRecord(Record):
    """A record whose database is away now and then."""

    is_away = False

    async def read(self, work: Work[Result]) -> Result:
        if self.is_away:
            raise OutageError("away")
        return await super().read(work)


class Floor:
    """The office floor: agents, their desk, the watchman."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.clock, self.heard = Moment(), Listener()
        self.record = FlakyRecord(people.desk.database)
        parts = self.record, self.heard, people.desk.office, self.clock
        self.desk = AgentDesk(*parts)
        self.watchman = Watchman(*parts)

    @property
    def it(self) -> UUID:
        return self.people.desk.conversation

    def wait(self, pause: timedelta) -> None:
        self.clock.at += pause
        self.people.desk.now = self.clock.at

    def do(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return asyncio.run(work())


@pytest.fixture
def floor(people: People) -> Iterator[Floor]:
    made = Floor(people)
    yield made
    made.record.close()


def test_every_verb_is_told_after_the_commit(floor: Floor) -> None:
    people, desk, it = floor.people, floor.desk, floor.it
    ana, ben = people.ana, people.ben
    people.ask()

    async def work() -> None:
        row = await desk.claim(ana, it)
        await heard(floor, "claimed", row.owner_epoch)
        row = await desk.transfer(ana, it, Receiver(ben.id), row.owner_epoch, note="!")
        (told,) = floor.heard.of(AgentsTold)
        assert (told.kind, told.agent_id) == (NoticeKind.TRANSFERRED, ben.id)
        note, notice = floor.heard.of(MessageCreated)
        assert [note.message.kind, notice.message.kind] == ["note", "activity"]
        floor.heard.events.clear()
        row = await desk.release(ben, it, row.owner_epoch)
        await heard(floor, "released", row.owner_epoch)
        row = await desk.claim(ben, it)
        floor.heard.events.clear()
        row = await desk.snooze(ben, it, floor.clock.at + MINUTE, row.owner_epoch)
        assert row.status is Status.SNOOZED
        row = await desk.resolve(ben, it, row.owner_epoch)
        row = await desk.reopen(ana, it, row.owner_epoch)
        row = await desk.hand_back(ana, it, row.owner_epoch)
        assert row.owner is Owner.ASSISTANT
        changed = floor.heard.of(ConversationChanged)
        assert all(event.is_about_owner for event in changed)
        assert len(changed) == 4
        await desk.claim(ana, it)
        floor.heard.events.clear()
        with pytest.raises(TakenError):
            await desk.claim(ben, it)
        assert floor.heard.events == [], "a refusal is told to nobody else"

    floor.do(work)


def test_every_verb_is_in_the_audit_record_and_no_refusal(floor: Floor) -> None:
    people, desk, it = floor.people, floor.desk, floor.it
    ana, ben = people.ana, people.ben
    people.ask()

    async def work() -> None:
        row = await desk.claim(ana, it)
        with pytest.raises(TakenError):
            await desk.claim(ben, it)
        await desk.claim(ana, it)  # only a sign of life
        row = await desk.transfer(ana, it, Receiver(ben.id), row.owner_epoch)
        row = await desk.release(ben, it, row.owner_epoch)
        row = await desk.claim(ben, it)
        until = floor.clock.at + MINUTE
        row = await desk.snooze(ben, it, until, row.owner_epoch)
        row = await desk.resolve(ben, it, row.owner_epoch)
        row = await desk.reopen(ana, it, row.owner_epoch)
        await desk.set_away(ana, is_away=True)
        await desk.hand_back(ana, it, row.owner_epoch)
        await desk.set_away(ana, is_away=False)

    floor.do(work)
    entries = people.run(lambda session: find_entries(session).entries)[::-1]
    names = {f"agent:{ana.id}": "ana", f"agent:{ben.id}": "ben"}
    assert [(names[each.actor], each.action) for each in entries] == [
        ("ana", "conversation.claimed"),
        ("ana", "conversation.transferred"),
        ("ben", "conversation.released"),
        ("ben", "conversation.claimed"),
        ("ben", "conversation.snoozed"),
        ("ben", "conversation.resolved"),
        ("ana", "conversation.reopened"),
        ("ana", "agent.went_away"),
        ("ana", "conversation.handed_back"),
        ("ana", "agent.came_back"),
    ]
    transferred = entries[1]
    assert transferred.target == f"conversation:{it}"
    assert transferred.details == {
        "agent": str(ben.id),
        "conversation": str(it),
        "epoch": 4,  # the assistant's, the queue's, Ana's, Ben's
        "role": "agent",
        "session": str(ana.session_id),
    }
    people.run(verify_chain)


async def heard(floor: Floor, event: str, epoch: int) -> None:
    (message,) = floor.heard.of(MessageCreated)
    assert message.message.details["event"]["name"] == event
    (changed,) = floor.heard.of(ConversationChanged)
    assert changed.conversation.owner_epoch == epoch
    assert changed.conversation_id == floor.it
    floor.heard.events.clear()


def test_a_reply_is_told_once(floor: Floor) -> None:
    floor.people.given_to(floor.people.ana)
    reply = AgentMessage(uuid4(), "Hello.")

    async def work() -> None:
        for _ in range(2):
            sent = await floor.desk.send(floor.people.ana, floor.it, reply)
            assert sent.message.text == "Hello."

    floor.do(work)
    assert len(floor.heard.of(MessageCreated)) == 1


def test_the_watchman_sees_to_what_time_brings(floor: Floor) -> None:
    people = floor.people
    floor.do(floor.watchman.walk)
    assert floor.heard.events == []
    people.given_to(people.ana)
    floor.wait(LEASE - SECOND)
    floor.do(lambda: floor.desk.renew(people.ana))
    floor.wait(LEASE - SECOND)
    floor.do(floor.watchman.walk)
    assert floor.heard.events == [], "a sign of life keeps it"
    floor.wait(SECOND)
    floor.do(lambda: floor.desk.renew(people.ben))
    floor.do(floor.watchman.walk)
    kinds = [told.kind for told in floor.heard.of(AgentsTold)]
    assert kinds == [NoticeKind.LOST, NoticeKind.RETURNED]
    floor.wait(timedelta(hours=1))
    floor.do(floor.watchman.walk)
    assert people.desk.row().owner is Owner.ASSISTANT, "everybody has gone home"
    floor.do(lambda: floor.desk.renew(people.ben))
    floor.do(floor.watchman.walk)
    assert people.desk.row().owner is Owner.QUEUE
    assert [told.kind for told in floor.heard.of(AgentsTold)] == [NoticeKind.HANDOFF]


def test_two_watchmen_do_nothing_twice(floor: Floor) -> None:
    people = floor.people
    people.given_to(people.ana)
    floor.wait(LEASE)
    floor.do(lambda: floor.desk.renew(people.ben))
    record, heard = Record(people.desk.database), Listener()
    other = Watchman(record, heard, people.desk.office, floor.clock)

    async def both() -> None:
        await asyncio.gather(*(one.walk() for one in (floor.watchman, other) * 4))

    floor.do(both)
    record.close()
    told = [*floor.heard.of(AgentsTold), *heard.of(AgentsTold)]
    assert sorted(one.kind for one in told) == ["lost", "returned"]
    assert people.events().count("lost") == 1


def test_the_watchman_outlives_an_outage(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.desk.watchman.LOOK_EVERY_S", 0.01)
    people = floor.people
    people.given_to(people.ana)
    floor.wait(LEASE)
    floor.record.is_away = True

    async def work() -> None:
        await floor.watchman.start()
        await asyncio.sleep(0.05)
        assert floor.heard.events == []
        floor.record.is_away = False
        while not floor.heard.events:  # noqa: ASYNC110 - that is what is waited for
            await asyncio.sleep(0.01)
        await floor.watchman.stop()

    floor.do(work)
    assert people.desk.row().is_returned


def test_who_is_there_is_known_across_processes(people: People) -> None:
    def there() -> set[UUID]:
        return people.run(lambda session: online_agents(session, people.now))

    def anybody() -> bool:
        return people.run(lambda session: is_anybody_there(session, people.now))

    assert there() == {a.id for a in (people.ana, people.ben, people.lea, people.uma)}
    people.wait(2 * MINUTE + SECOND)
    assert (there(), anybody()) == (set(), False)
    people.renew(people.uma)
    assert (there(), anybody()) == ({people.uma.id}, False), "auditors answer nobody"
    people.renew(people.ana)
    assert anybody()
    people.set_agent(people.ana, is_away=True)
    assert not anybody()
    people.set_agent(people.ana, is_away=False, is_active=False)
    assert people.ana.id not in there()
    people.renew(people.ben)
    people.sign_out(people.ben)
    assert not anybody()


def test_tabs_of_an_agent_count_as_one() -> None:
    changes: list[UUID] = []
    presence, ana = AgentPresence(changes.append), uuid4()
    assert not presence.anybody_there()
    presence.came(ana)
    presence.came(ana)
    presence.left(ana)
    assert presence.is_online(ana)
    assert presence.anybody_there()
    presence.left(ana)
    assert not presence.is_online(ana)
    assert changes == [ana, ana]
    AgentPresence().came(ana)
