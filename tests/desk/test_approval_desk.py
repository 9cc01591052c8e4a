"""What was agreed to is done with the agreement, or neither is."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk.approval_desk import After, ApprovalDesk
from helpdesk.desk.approval_reading import number_of
from helpdesk.desk.approvals import LIFE
from helpdesk.desk.errors import DeskError, NotFoundError, NotPossibleError
from helpdesk.desk.events import AgentsTold, Event
from helpdesk.store.action_models import Approval
from helpdesk.store.models import Agent
from helpdesk.store.record import Record
from helpdesk.store.rows import get
from helpdesk.store.words import ApprovalState
from tests.desk.floor import ADDRESS, Floor


class Carried:
    """Carries out what was agreed to, as the test has it."""

    def __init__(self) -> None:
        self.seen: list[tuple[ApprovalState, object]] = []
        self.followed = 0
        self.refuses = False

    def __call__(
        self, session: Session, approval: Approval, now: datetime
    ) -> After | None:
        if self.refuses:
            raise NotPossibleError("not any more")
        self.seen.append((approval.state, approval.arguments.get("address")))
        get(session, Agent, id=approval.requested_by)  # it is the same transaction

        async def follow() -> None:
            self.followed += 1

        return follow


class Heard:
    """Hears what is published."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def carried() -> Carried:
    return Carried()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def approval_desk(
    floor: Floor, database: Database, carried: Carried, heard: Heard
) -> ApprovalDesk:
    class Now:
        def now(self) -> datetime:
            return floor.people.now

    return ApprovalDesk(Record(database), heard, floor.approvals, Now(), {"": carried})


def test_what_is_agreed_to_is_done_in_the_same_transaction(
    floor: Floor, approval_desk: ApprovalDesk, carried: Carried, heard: Heard
) -> None:
    first, second = floor.ask(floor.sam), floor.ask(floor.sam, floor.wish("reset"))
    yes = approval_desk.decide(floor.eve, floor.row(first).id, approve=True)
    assert asyncio.run(yes).state is ApprovalState.APPROVED
    no = approval_desk.decide(floor.eve, floor.row(second).id, approve=False)
    assert asyncio.run(no).summary == "/reset a•••@example.com"
    again = approval_desk.decide(floor.eve, floor.row(first).id, approve=True)
    asyncio.run(again)
    approved, refused = ApprovalState.APPROVED, ApprovalState.REFUSED
    assert carried.seen == [(approved, ADDRESS), (refused, ADDRESS)]
    assert carried.followed == 2
    assert len([e for e in heard.events if isinstance(e, AgentsTold)]) == 2


def test_what_cannot_be_done_any_more_cannot_be_agreed_to(
    floor: Floor, approval_desk: ApprovalDesk, carried: Carried, heard: Heard
) -> None:
    asked = floor.ask(floor.sam)
    carried.refuses = True
    with pytest.raises(DeskError, match="not any more"):
        asyncio.run(approval_desk.decide(floor.eve, floor.row(asked).id, approve=True))
    assert floor.row(asked).state is ApprovalState.WAITING
    assert not heard.events


def test_what_runs_out_is_carried_to_its_end(
    floor: Floor, approval_desk: ApprovalDesk, carried: Carried, heard: Heard
) -> None:
    floor.ask(floor.sam)
    asyncio.run(approval_desk.expire())
    assert carried.seen == []
    floor.people.wait(LIFE)
    asyncio.run(approval_desk.expire())
    assert carried.seen == [(ApprovalState.EXPIRED, ADDRESS)]
    assert len(heard.events) == 2


def test_a_wish_is_found_by_the_number_that_people_say(
    floor: Floor, approval_desk: ApprovalDesk
) -> None:
    asked = floor.ask(floor.sam)
    number = number_of(floor.row(asked))
    for said in (number, f"#{number.upper()}"):
        found = asyncio.run(approval_desk.find(floor.eve, said))
        assert found.id == floor.row(asked).id
    for agent, said in ((floor.eve, "00000000"), (floor.people.lea, number)):
        with pytest.raises(NotFoundError):
            asyncio.run(approval_desk.find(agent, said))
