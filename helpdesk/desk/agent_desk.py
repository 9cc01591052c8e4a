"""An agent's side of conversations: everything that the console can change.

Each verb is one transaction; who watches is told after the commit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.agent_messages import AgentMessage, Sent, accept_reply
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.assignment import Receiver, claim, release, renew_leases, transfer
from helpdesk.desk.audit import Who, agent_name, conversation_name, write_audit
from helpdesk.desk.changes import Change
from helpdesk.desk.command_words import names_command
from helpdesk.desk.errors import IsCommandError
from helpdesk.desk.events import Publisher
from helpdesk.desk.handoff import hand_back
from helpdesk.desk.lifecycle import reopen, resolve, snooze
from helpdesk.desk.office import Office
from helpdesk.store.models import Agent, Conversation
from helpdesk.store.record import Record
from helpdesk.store.rows import change
from helpdesk.store.words import Kind

# What needs nothing but the epoch that the agent has seen.
Verb = Callable[[Session, Office, SignedInAgent, UUID, int, datetime], Change]


@dataclass(frozen=True)
class AgentDesk:
    """What agents do. Every method raises `DeskError` if it is refused."""

    record: Record
    publisher: Publisher
    office: Office
    clock: Clock

    async def claim(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int | None = None
    ) -> Conversation:
        """Take a conversation from the queue or the assistant; as a lead, from anybody."""
        return await self._change(
            agent,
            "conversation.claimed",
            lambda session, now: claim(
                session, self.office, agent, conversation_id, now, epoch
            ),
        )

    async def send(
        self, agent: SignedInAgent, conversation_id: UUID, message: AgentMessage
    ) -> Sent:
        """Say something to the contact, or note something for agents."""
        is_reply = message.kind is not Kind.NOTE
        if is_reply and names_command(message.text, self.office.commands):
            raise IsCommandError(
                "This begins like a command, and the contact would read it. Give it to "
                "the assistant, or put it in other words."
            )
        now = self.clock.now()
        sent = await self.record.write(
            lambda session: accept_reply(session, agent, conversation_id, message, now)
        )
        if sent.change is not None:
            sent.change.publish(self.publisher)
        return sent

    async def transfer(
        self,
        agent: SignedInAgent,
        conversation_id: UUID,
        receiver: Receiver,
        epoch: int,
        *,
        note: str = "",
    ) -> Conversation:
        """Give a conversation to a colleague or a team."""
        return await self._change(
            agent,
            "conversation.transferred",
            lambda session, now: transfer(
                session,
                self.office,
                agent,
                conversation_id,
                receiver,
                epoch,
                now,
                note=note,
            ),
            {"agent": receiver.agent_id, "team": receiver.team_id},
        )

    async def release(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """Put a conversation back into the queue."""
        return await self._at_epoch("released", release, agent, conversation_id, epoch)

    async def hand_back(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """Give a conversation back to the assistant."""
        return await self._at_epoch(
            "handed_back", hand_back, agent, conversation_id, epoch
        )

    async def snooze(
        self, agent: SignedInAgent, conversation_id: UUID, until: datetime, epoch: int
    ) -> Conversation:
        """Put a conversation aside until a moment."""
        return await self._change(
            agent,
            "conversation.snoozed",
            lambda session, now: snooze(
                session, agent, conversation_id, until, epoch, now
            ),
            {"until": until},
        )

    async def resolve(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """End a conversation."""
        return await self._at_epoch("resolved", resolve, agent, conversation_id, epoch)

    async def reopen(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """Go on with a resolved conversation."""
        return await self._at_epoch("reopened", reopen, agent, conversation_id, epoch)

    async def renew(self, agent: SignedInAgent) -> None:
        """Note that an agent is there; their conversations stay theirs."""
        now = self.clock.now()
        await self.record.write(lambda session: renew_leases(session, agent, now))

    async def set_away(self, agent: SignedInAgent, *, is_away: bool) -> None:
        """Take nothing new, or take it again."""
        now, me = self.clock.now(), agent_name(agent.id)
        action = "agent.went_away" if is_away else "agent.came_back"

        def write(session: Session) -> None:
            change(session, Agent, {"id": agent.id}, is_away=is_away)
            write_audit(session, Who.of(agent), action, me, now)

        await self.record.write(write)

    async def _at_epoch(
        self,
        done: str,
        verb: Verb,
        agent: SignedInAgent,
        conversation_id: UUID,
        epoch: int,
    ) -> Conversation:
        return await self._change(
            agent,
            f"conversation.{done}",
            lambda session, now: verb(
                session, self.office, agent, conversation_id, epoch, now
            ),
        )

    async def _change(
        self,
        agent: SignedInAgent,
        action: str,
        verb: Callable[[Session, datetime], Change],
        details: Mapping[str, Any] | None = None,
    ) -> Conversation:
        now = self.clock.now()

        def write(session: Session) -> Change:
            step = verb(session, now)
            if step.is_news:
                audit_change(session, agent, action, step, details or {})
            return step

        step = await self.record.write(write)
        step.publish(self.publisher)
        return step.conversation


def audit_change(
    session: Session,
    agent: SignedInAgent,
    action: str,
    step: Change,
    details: Mapping[str, Any],
) -> None:
    """Write down what an agent did with a conversation; call it last."""
    where, id = conversation_name(step.conversation.id), step.conversation.id
    facts = {name: value for name, value in details.items() if value is not None}
    facts |= {"conversation": id, "epoch": step.conversation.owner_epoch}
    write_audit(session, Who.of(agent), action, where, step.now, details=facts)
