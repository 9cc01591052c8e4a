"""An agent's side of conversations: everything that the console can change.

Each verb is one transaction; who watches is told after the commit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.agent_messages import AgentMessage, Sent, accept_reply
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.assignment import Receiver, claim, release, renew_leases, transfer
from helpdesk.desk.changes import Change
from helpdesk.desk.events import Publisher
from helpdesk.desk.handoff import hand_back
from helpdesk.desk.lifecycle import reopen, resolve, snooze
from helpdesk.desk.office import Office
from helpdesk.store.models import Conversation
from helpdesk.store.record import Record

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
            lambda session, now: claim(
                session, self.office, agent, conversation_id, now, epoch
            )
        )

    async def send(
        self, agent: SignedInAgent, conversation_id: UUID, message: AgentMessage
    ) -> Sent:
        """Say something to the contact, or note something for agents."""
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
            lambda session, now: transfer(
                session,
                self.office,
                agent,
                conversation_id,
                receiver,
                epoch,
                now,
                note=note,
            )
        )

    async def release(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """Put a conversation back into the queue."""
        return await self._at_epoch(release, agent, conversation_id, epoch)

    async def hand_back(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """Give a conversation back to the assistant."""
        return await self._at_epoch(hand_back, agent, conversation_id, epoch)

    async def snooze(
        self, agent: SignedInAgent, conversation_id: UUID, until: datetime, epoch: int
    ) -> Conversation:
        """Put a conversation aside until a moment."""
        return await self._change(
            lambda session, now: snooze(
                session, agent, conversation_id, until, epoch, now
            )
        )

    async def resolve(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """End a conversation."""
        return await self._at_epoch(resolve, agent, conversation_id, epoch)

    async def reopen(
        self, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        """Go on with a resolved conversation."""
        return await self._at_epoch(reopen, agent, conversation_id, epoch)

    async def renew(self, agent: SignedInAgent) -> None:
        """Note that an agent is there; their conversations stay theirs."""
        now = self.clock.now()
        await self.record.write(lambda session: renew_leases(session, agent, now))

    async def _at_epoch(
        self, verb: Verb, agent: SignedInAgent, conversation_id: UUID, epoch: int
    ) -> Conversation:
        return await self._change(
            lambda session, now: verb(
                session, self.office, agent, conversation_id, epoch, now
            )
        )

    async def _change(
        self, verb: Callable[[Session, datetime], Change]
    ) -> Conversation:
        now = self.clock.now()
        step = await self.record.write(lambda session: verb(session, now))
        step.publish(self.publisher)
        return step.conversation
