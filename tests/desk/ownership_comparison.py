"""The real record beside the model: what is compared, and how a step is done.

One example is one conversation inside one transaction that is undone at its end; each
step is a savepoint, as it is a transaction in the product.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk import (
    agent_messages,
)
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import DeskError
from helpdesk.desk.hours import Hours
from helpdesk.desk.messages import Incoming
from helpdesk.desk.office import Office
from helpdesk.desk.stretches import read_stretches
from helpdesk.desk.turns import OpenTurn
from helpdesk.store import open_database
from helpdesk.store.console_models import Satisfaction
from helpdesk.store.models import (
    Agent,
    AgentSession,
    Contact,
    Conversation,
    Message,
    Team,
)
from helpdesk.store.rows import add, get, table_of
from helpdesk.store.words import Kind, Role, Sender
from tests.desk.ownership_model import ASSISTANT, CAP, Model, RefusedError
from tests.helpdesk.desk_steps import BEGIN, OFFICE

Result = TypeVar("Result")
OPEN = replace(OFFICE, turn_cap=CAP)
CLOSED = replace(OPEN, hours=Hours(days=((),) * 7))
FAR = datetime(2100, 1, 1, tzinfo=UTC)
_MESSAGES = table_of(Message).c
_SATISFACTIONS = table_of(Satisfaction).c
# As plain as can be: they run after each of forty thousand steps.
STANDING = """SELECT owner, agent_id, owner_epoch, status, waiting_since IS NOT NULL,
    lease_until, last_seq, (SELECT count(*) FROM turns WHERE conversation_id = c.id
    AND state IN ('waiting', 'running')),
    (SELECT count(*) FROM turns WHERE conversation_id = c.id
    AND payload = '/session_start') FROM conversations c WHERE id = ?"""
SAID = """SELECT sender, kind, text, details FROM messages
    WHERE conversation_id = ? AND seq > ? ORDER BY seq"""


@cache
def prepared() -> tuple[Database, list[SignedInAgent], UUID]:
    """Return a record in memory with two agents, a lead and a team."""
    database = open_database("sqlite://")
    database.migrate()
    people = [
        SignedInAgent(uuid4(), uuid4(), name, f"{name}@desk.example", role)
        for name, role in (
            ("Ana", Role.AGENT),
            ("Ben", Role.AGENT),
            ("Lea", Role.LEAD),
        )
    ]
    team = Team(id=uuid4(), name="Doors")
    with database.transaction() as session:
        add(session, team)
        for one in people:
            add_agent(session, one)
    return database, people, team.id


def add_agent(session: Session, agent: SignedInAgent, now: datetime = BEGIN) -> None:
    """Put an agent and their session into the record."""
    row = Agent(
        id=agent.id,
        email=agent.email,
        name=agent.name,
        role=agent.role,
        created_at=now,
        team_id=agent.team_id,
        is_active=True,
        is_away=False,
    )
    add(session, row)
    signed_in = AgentSession(
        id=agent.session_id,
        agent_id=agent.id,
        token_digest=agent.session_id.hex,
        created_at=now,
        expires_at=FAR,
        seen_at=now,
    )
    add(session, signed_in)


class OwnershipComparison(RuleBasedStateMachine):
    """One conversation, in the record and in the model."""

    def __init__(self) -> None:
        super().__init__()
        database, self.people, self.team = prepared()
        self.connection = database.engine.connect()
        self.all = self.connection.begin()
        self.session = Session(self.connection)
        self.driver: Any = self.connection.connection.driver_connection
        self.model = Model(BEGIN, [BEGIN] * 3)
        self.count = 0
        self.checked = 0
        self.attempts: list[OpenTurn] = []
        self.epoch_of: dict[UUID, int] = {}
        self.last_contact: Incoming | None = None
        self.last_reply: tuple[int, agent_messages.AgentMessage] | None = None
        self.contact, self.conversation = uuid4(), uuid4()
        self.run(self._begin)

    def _begin(self, session: Session) -> None:
        add(session, Contact(id=self.contact, created_at=BEGIN))
        row = Conversation(
            id=self.conversation,
            contact_id=self.contact,
            created_at=BEGIN,
            updated_at=BEGIN,
        )
        add(session, row)

    def teardown(self) -> None:
        try:
            self.run(self._check_ledger)
        finally:
            self.session.close()
            self.all.rollback()
            self.connection.close()

    # What holds after each step.

    @invariant()
    def the_record_is_as_the_model_says(self) -> None:
        model = self.model
        row = self.driver.execute(STANDING, (self.conversation.hex,)).fetchone()
        (
            owner,
            agent_id,
            epoch,
            status,
            is_waiting,
            lease_until,
            last_seq,
            open_turns,
            afresh,
        ) = row
        if owner == "agent":
            owner = [one.id.hex for one in self.people].index(agent_id)
        assert (owner, epoch) == (model.owner, model.epoch)
        assert status == model.status
        assert bool(is_waiting) == model.is_waiting
        assert (lease_until is None) == (model.lease_until is None)
        if model.lease_until is not None:
            assert lease_until.startswith(f"{model.lease_until:%Y-%m-%d %H:%M:%S}")
        assert last_seq == len(model.said), "nothing lost, nothing doubled"
        if model.owner == ASSISTANT:
            assert afresh == model.returns, "the assistant begins afresh each time"
        else:
            assert not open_turns, "the assistant is asked nothing while people have it"
        if last_seq > self.checked:
            new = self.driver.execute(SAID, (self.conversation.hex, self.checked))
            assert [_as_said(*message) for message in new] == model.said[self.checked :]
            self.checked = last_seq

    def _check_ledger(self, session: Session) -> None:
        """The stretches tile the conversation, and everybody spoke in their own."""
        row = get(session, Conversation, id=self.conversation)
        stretches = read_stretches(session, row)
        assert [one.epoch for one in stretches] == list(range(1, row.owner_epoch + 1))
        for earlier, later in pairwise(stretches):
            assert earlier.ended_at == later.began_at
            assert earlier.first_seq <= later.first_seq
        assert [one.end is None for one in stretches].count(True) == 1
        assert stretches[-1].ended_at is None
        assert stretches[-1].owner is row.owner
        spoken = session.execute(
            select(_MESSAGES.seq, _MESSAGES.sender, _MESSAGES.agent_id)
            .where(_MESSAGES.conversation_id == self.conversation)
            .where(_MESSAGES.kind == Kind.OUTGOING)
        )
        for seq, sender, agent_id in spoken:
            (during, *_) = [one for one in stretches[::-1] if one.first_seq <= seq]
            assert sender.value == during.owner.value
            assert sender is not Sender.AGENT or agent_id == during.agent_id
        asked = select(func.count()).where(
            _SATISFACTIONS.conversation_id == self.conversation
        )
        assert session.scalar(asked) == int(self.model.was_asked)

    # How it is done.

    @property
    def office(self) -> Office:
        return OPEN if self.model.is_open else CLOSED

    def run(self, work: Callable[[Session], Result]) -> Result:
        """Do a piece of work that is undone as a whole if it fails."""
        # Not the session's own savepoints: those cost more than the work.
        self.driver.execute("SAVEPOINT step")
        try:
            return work(self.session)
        except BaseException:
            self.driver.execute("ROLLBACK TO step")
            raise
        finally:
            self.driver.execute("RELEASE step")

    def _both(
        self, expected: Callable[[], None], work: Callable[[Session], Any]
    ) -> None:
        """Do it, unless the model says that it must be refused, which it then is."""
        code = refused = None
        try:
            expected()
        except RefusedError as error:
            code = str(error)
        try:
            self.run(work)
        except DeskError as error:
            refused = error.code
        assert refused == code

    def _words(self, what: str) -> str:
        self.count += 1
        return f"{what} {self.count}."


def _as_said(sender: str, kind: str, text: str, details: str) -> tuple[str, str, str]:
    is_late = (sender, kind) == ("assistant", "note")
    assert ('"late": true' in details) == is_late
    is_event = kind == "activity"
    return sender, kind, json.loads(details)["event"]["name"] if is_event else text
