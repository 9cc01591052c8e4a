"""What was not heard is found in the record, once, and nothing else is told again."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from foundation.database import Database
from helpdesk.desk.catching_up import (
    LOOK_ANYWAY_EVERY,
    LOOK_BACK,
    PAGE,
    CatchingUp,
)
from helpdesk.desk.events import (
    ApprovalChanged,
    ConversationChanged,
    ConversationReplaced,
    Event,
    MessageCreated,
)
from helpdesk.store.models import Conversation, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import add
from helpdesk.store.words import Status
from tests.desk.desk_people import People
from tests.desk.floor import Floor
from tests.helpdesk.desk_steps import SECOND, Desk
from tests.helpdesk.letter_steps import Clock

MOMENT = timedelta(milliseconds=1)


@dataclass
class Process:
    """What one process hears, and finds."""

    desk: Desk
    told: list[Event] = field(default_factory=list)
    is_cut_off: bool = False

    def __post_init__(self) -> None:
        self.record = Record(self.desk.database)
        self.catching_up = CatchingUp(
            self.record, Clock(self.desk), self.deliver, lambda: self.is_cut_off
        )

    def deliver(self, event: Event) -> None:
        self.told.append(event)
        self.catching_up.note(event)

    def look(self) -> list[Event]:
        """Look once, and return what is told then."""
        self.told.clear()
        asyncio.run(self.catching_up._look())
        return list(self.told)

    def look_later(self) -> list[Event]:
        """Do so when it is time to look anyway."""
        self.desk.now += LOOK_ANYWAY_EVERY + SECOND
        return self.look()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database).enter()


@pytest.fixture
def process(desk: Desk) -> Process:
    return Process(desk)


def seqs(events: list[Event]) -> list[int]:
    return [each.message.seq for each in events if isinstance(each, MessageCreated)]


def test_what_nobody_told_is_found_once(desk: Desk, process: Process) -> None:
    desk.answer(desk.say("my invitation has expired"))
    found = process.look_later()
    assert seqs(found) == [1, 2]
    (changed,) = (each for each in found if isinstance(each, ConversationChanged))
    assert changed.conversation.last_seq == 2
    for _ in range(3):
        assert process.look_later() == []


def test_what_was_heard_is_not_told_again(desk: Desk, process: Process) -> None:
    accepted = desk.say("my invitation has expired")
    assert accepted.change
    process.deliver(MessageCreated(accepted.message))
    process.deliver(ConversationChanged(accepted.conversation))
    assert process.look_later() == []
    desk.answer(accepted)
    assert seqs(process.look_later()) == [2]


def test_a_word_that_was_committed_late_is_found(desk: Desk, process: Process) -> None:
    """As by a process that was slow, or whose clock is behind."""
    process.deliver(MessageCreated(desk.say("first").message))
    assert seqs(process.look_later()) == []
    now, desk.now = desk.now, desk.now - LOOK_BACK / 2
    desk.say("second")
    desk.now = now
    assert seqs(process.look_later()) == [2]


def test_what_may_be_under_way_is_waited_for(desk: Desk, process: Process) -> None:
    desk.now += LOOK_ANYWAY_EVERY + SECOND
    desk.say("my invitation has expired")
    assert process.look() == []
    assert seqs(process.look_later()) == [1]


def test_a_clock_that_is_put_back_hides_nothing(desk: Desk, process: Process) -> None:
    desk.now += timedelta(hours=1)
    assert process.look_later() == []
    desk.now -= timedelta(hours=1)
    assert process.look() == []  # only notices
    desk.say("my invitation has expired")
    assert seqs(process.look_later()) == [1]


def test_while_it_is_cut_off_it_looks_each_time_and_once_more_afterwards(
    desk: Desk, process: Process
) -> None:
    process.is_cut_off = True
    desk.say("one")
    assert seqs(process.look()) == [1]
    desk.now += MOMENT
    desk.say("two")
    assert seqs(process.look()) == [2]
    process.is_cut_off = False
    desk.now += MOMENT
    desk.say("three")
    assert process.look() == []
    process.catching_up.look_soon()
    assert seqs(process.look()) == [3]


def test_a_new_beginning_is_told_to_tabs_of_the_old(
    desk: Desk, process: Process
) -> None:
    before = desk.conversation
    desk.say("my invitation has expired")
    desk.now += SECOND
    desk.start_over()
    found = process.look_later()
    (replaced,) = (each for each in found if isinstance(each, ConversationReplaced))
    assert (replaced.conversation_id, replaced.successor.id) == (
        before,
        desk.conversation,
    )


def test_much_that_was_missed_is_all_found(desk: Desk, process: Process) -> None:
    row = vars(desk.row()).items()
    columns = {name: value for name, value in row if not name.startswith("_")}
    many = PAGE + 20
    with desk.database.transaction() as session:
        for _ in range(many):
            other = Desk(desk.database).conversation
            add(session, Conversation(**(columns | {"id": other, "last_seq": 1})))
    found = process.look_later()
    assert len({each.conversation_id for each in found}) == many
    assert {type(each) for each in found} == {ConversationChanged}
    assert process.look_later() == []


def test_nothing_of_an_empty_conversation_is_told(process: Process) -> None:
    assert process.look_later() == []
    assert process.desk.row().status is Status.PENDING


def test_a_wish_that_was_decided_elsewhere_is_told(
    desk: Desk, process: Process
) -> None:
    floor = Floor(People(desk))
    floor.people.wait(SECOND)
    asked = floor.ask(floor.sam)
    process.catching_up.look_soon()
    wishes = [each for each in process.look() if isinstance(each, ApprovalChanged)]
    assert [each.approval_id for each in wishes] == [asked.approval.id]


def test_an_outage_of_the_record_is_made_up_for(desk: Desk, process: Process) -> None:
    desk.say("one")
    find, process.catching_up.record = process.catching_up.record, _Broken()  # type: ignore[assignment]
    process.catching_up.look_soon()
    with pytest.raises(RuntimeError):
        process.look()
    process.catching_up.record = find
    assert seqs(process.look()) == [1]


class _Broken:
    async def read(self, _work: object) -> None:
        raise RuntimeError("away")


def test_messages_carry_everything(desk: Desk, process: Process) -> None:
    desk.say("my invitation has expired")
    (said,) = (e.message for e in process.look_later() if isinstance(e, MessageCreated))
    assert isinstance(said, Message)
    assert (said.text, said.details) == ("my invitation has expired", {})
