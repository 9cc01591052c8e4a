"""Agents, and what they do at a contact's conversation, each in a transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.desk import assignment, handoff, lifecycle, satisfaction
from helpdesk.desk.agent_messages import AgentMessage, Sent, accept_reply
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.answers import Outcome, Reply
from helpdesk.desk.assignment import Receiver
from helpdesk.desk.changes import Change
from helpdesk.desk.hours import Hours
from helpdesk.desk.standing import Standing, standing
from helpdesk.desk.stretches import read_stretches
from helpdesk.store.models import Agent, AgentSession, Message, Stretch, Team
from helpdesk.store.rows import add, as_row, change, table_of
from helpdesk.store.words import Kind, Role
from tests.desk.ownership_comparison import add_agent
from tests.helpdesk.desk_steps import Desk

Result = TypeVar("Result")
CLOSED = Hours(days=((),) * 7)
MINUTE = timedelta(minutes=1)
QUESTION = "My badge does not open the door."
_MESSAGES = table_of(Message).c


class People:
    """The agents of a desk, at one contact's conversation."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ana, self.ben = self.agent("Ana"), self.agent("Ben")
        self.lea = self.agent("Lea", Role.LEAD)
        self.uma = self.agent("Uma", Role.AUDITOR)

    def agent(self, name: str, role: Role = Role.AGENT) -> SignedInAgent:
        made = SignedInAgent(uuid4(), uuid4(), name, f"{name}@desk.example", role)
        self.run(lambda session: add_agent(session, made, self.now))
        return made

    def team(self, name: str) -> UUID:
        team = Team(id=uuid4(), name=name)
        self.run(lambda session: add(session, team))
        return team.id

    @property
    def now(self) -> datetime:
        return self.desk.now

    @property
    def epoch(self) -> int:
        return self.desk.row().owner_epoch

    def run(self, work: Callable[[Session], Result]) -> Result:
        with self.desk.database.transaction() as session:
            return work(session)

    def wait(self, pause: timedelta) -> None:
        self.desk.now += pause

    def all_leave(self) -> None:
        """Nobody was seen for a long time."""
        self.wait(timedelta(hours=1))

    def close(self, hours: Hours = CLOSED) -> None:
        self.desk.office = replace(self.desk.office, hours=hours)

    def set_agent(self, agent: SignedInAgent, **values: Any) -> None:
        self.run(lambda session: change(session, Agent, {"id": agent.id}, **values))

    def sign_out(self, agent: SignedInAgent) -> None:
        it = {"id": agent.session_id}
        self.run(lambda s: change(s, AgentSession, it, revoked_at=self.now))

    # What leads to people.

    def ask(self, reason: str = "asked") -> Change:
        """The contact asks for a person, and the assistant passes that on."""
        turn = self.desk.say(QUESTION).turn
        assert turn
        replies = [Reply("I am getting a person.", {})]
        outcome = Outcome(nlu={"intent": "talk_to_human"}, handoff_reason=reason)
        finished = self.desk.end(turn, *replies, outcome=outcome)
        assert finished.change
        return finished.change

    def given_to(self, agent: SignedInAgent) -> Change:
        """The contact has asked, and an agent has claimed."""
        self.ask()
        return self.claim(agent)

    # What agents do.

    def claim(self, agent: SignedInAgent, epoch: int | None = None) -> Change:
        return self.run(
            lambda session: assignment.claim(
                session,
                self.desk.office,
                agent,
                self.desk.conversation,
                self.now,
                epoch,
            )
        )

    def release(self, agent: SignedInAgent, epoch: int | None = None) -> Change:
        return self._verb(assignment.release, agent, epoch or self.epoch)

    def hand_back(self, agent: SignedInAgent, epoch: int | None = None) -> Change:
        return self._verb(handoff.hand_back, agent, epoch or self.epoch)

    def resolve(self, agent: SignedInAgent, epoch: int | None = None) -> Change:
        return self._verb(lifecycle.resolve, agent, epoch or self.epoch)

    def reopen(self, agent: SignedInAgent, epoch: int | None = None) -> Change:
        return self._verb(lifecycle.reopen, agent, epoch or self.epoch)

    def transfer(
        self,
        agent: SignedInAgent,
        to: Receiver,
        note: str = "",
        epoch: int | None = None,
    ) -> Change:
        epoch = epoch or self.epoch
        return self.run(
            lambda session: assignment.transfer(
                session,
                self.desk.office,
                agent,
                self.desk.conversation,
                to,
                epoch,
                self.now,
                note=note,
            )
        )

    def snooze(self, agent: SignedInAgent, pause: timedelta) -> Change:
        epoch = self.epoch
        return self.run(
            lambda session: lifecycle.snooze(
                session,
                agent,
                self.desk.conversation,
                self.now + pause,
                epoch,
                self.now,
            )
        )

    def reply(self, agent: SignedInAgent, text: str, **more: Any) -> Sent:
        return self.send(agent, AgentMessage(uuid4(), text, **more))

    def note(self, agent: SignedInAgent, text: str, *mentions: UUID) -> Sent:
        note = AgentMessage(uuid4(), text, Kind.NOTE, mentions=mentions)
        return self.send(agent, note)

    def send(self, agent: SignedInAgent, message: AgentMessage) -> Sent:
        it = self.desk.conversation
        return self.run(lambda s: accept_reply(s, agent, it, message, self.now))

    def renew(self, *agents: SignedInAgent) -> None:
        for agent in agents:
            self.run(lambda s, a=agent: assignment.renew_leases(s, a, self.now))

    def rate(self, score: int, comment: str = "") -> None:
        who, where = self.desk.contact, self.desk.conversation
        self.run(lambda s: satisfaction.rate(s, who, where, score, comment, self.now))

    def round(self, each: Callable[..., list[Change]]) -> list[Change]:
        """Have the watchman do one of his rounds."""
        return self.run(lambda session: each(session, self.desk.office, self.now))

    # What one sees.

    def standing(self) -> Standing:
        row = self.desk.row()
        return self.run(lambda s: standing(s, self.desk.office, row, self.now))

    def stretches(self) -> list[Stretch]:
        row = self.desk.row()
        return self.run(lambda session: read_stretches(session, row))

    def messages(self) -> list[Message]:
        wanted = (
            select(*_MESSAGES)
            .where(_MESSAGES.conversation_id == self.desk.conversation)
            .order_by(_MESSAGES.seq)
        )

        def read(session: Session) -> list[Message]:
            rows = session.execute(wanted).mappings()
            return [as_row(Message, row) for row in rows]

        return self.run(read)

    def events(self) -> list[str]:
        """The names of what both sides were told has happened."""
        return [
            message.details["event"]["name"]
            for message in self.messages()
            if message.kind is Kind.ACTIVITY
        ]

    def _verb(
        self, verb: Callable[..., Change], agent: SignedInAgent, *more: Any
    ) -> Change:
        return self.run(
            lambda session: verb(
                session,
                self.desk.office,
                agent,
                self.desk.conversation,
                *more,
                self.now,
            )
        )
