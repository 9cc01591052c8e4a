"""A change of a conversation: what one transaction says and sets, written in one go.

Rules set the columns of `conversation`, add messages and name who is told; `write` puts
all of it into the record. What was told is published after the commit.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.desk.events import (
    AgentsTold,
    ConversationChanged,
    Event,
    MessageCreated,
    NoticeKind,
    Publisher,
)
from helpdesk.store.models import Conversation, Message
from helpdesk.store.rows import add, change
from helpdesk.store.words import Kind, Purpose, Sender

LONGEST_LAST_TEXT = 200
# What any message may set, and what only a change of owner or status does.
TALK = (
    *("last_seq", "updated_at", "last_text", "last_sender", "last_contact_seq"),
    *("topic", "misses", "assistant_turns"),
)
STANDING = (
    *("status", "owner", "owner_epoch", "agent_id", "team_id", "lease_until"),
    *("waiting_since", "is_returned", "handoff_reason"),
    *("snoozed_until", "resolved_at"),
)


@dataclass
class Change:
    """What happens to a conversation whose row is locked."""

    conversation: Conversation
    now: datetime
    messages: list[Message] = field(default_factory=list)
    told: list[AgentsTold] = field(default_factory=list)
    is_about_owner: bool = False  # owner, status or place in the queue
    is_news: bool = True  # and not only a sign of life
    more: list[Event] = field(default_factory=list)
    # What happened to other conversations in the same transaction; written by itself.
    others: list["Change"] = field(default_factory=list)

    def say(
        self,
        sender: Sender,
        kind: Kind,
        text: str,
        *,
        details: dict[str, Any] | None = None,
        client_id: UUID | None = None,
        turn_id: UUID | None = None,
        agent_id: UUID | None = None,
    ) -> Message:
        """Add a message, with the next number."""
        conversation = self.conversation
        conversation.last_seq += 1
        if kind in {Kind.INCOMING, Kind.OUTGOING}:
            conversation.last_text = text[:LONGEST_LAST_TEXT]
            conversation.last_sender = sender
        if kind is Kind.INCOMING:
            conversation.last_contact_seq = conversation.last_seq
        message = Message(
            conversation_id=conversation.id,
            seq=conversation.last_seq,
            sender=sender,
            kind=kind,
            text=text,
            details=details or {},
            client_id=client_id,
            turn_id=turn_id,
            agent_id=agent_id,
            created_at=self.now,
        )
        self.messages.append(message)
        return message

    def note_event(self, name: str, text: str, **facts: Any) -> Message:
        """Tell both sides that something happened.

        Args:
            name: What, for programs: `handed_off`, `claimed` and so on.
            text: What, for people.
            facts: More about it, as JSON.
        """
        event = {"event": {"name": name, **facts}}
        return self.say(Sender.SYSTEM, Kind.ACTIVITY, text, details=event)

    def tell_agents(
        self,
        kind: NoticeKind,
        *,
        text: str | None = None,
        agent_id: UUID | None = None,
        team_id: UUID | None = None,
    ) -> None:
        """Have an agent, a team or everybody told; by default with the last words."""
        words = self.conversation.last_text if text is None else text
        self.told.append(AgentsTold(kind, self.conversation, words, agent_id, team_id))

    def write(self, session: Session) -> None:
        """Put everything into the record."""
        conversation = self.conversation
        conversation.updated_at = self.now
        add(session, *self.messages)
        columns = TALK + STANDING if self.is_about_owner else TALK
        values = {name: getattr(conversation, name) for name in columns}
        change(session, Conversation, {"id": conversation.id}, **values)

    def publish(self, publisher: Publisher) -> None:
        """Tell who watches, after the commit."""
        purpose = self.conversation.purpose
        if purpose is not Purpose.BULK:  # nobody looks at those
            for message in self.messages:
                publisher.publish(MessageCreated(message))
        if purpose is Purpose.HELP:  # the others are in no list
            changed = ConversationChanged(self.conversation, self.is_about_owner)
            publisher.publish(changed)
        for event in (*self.told, *self.more):
            publisher.publish(event)
        for other in self.others:
            other.publish(publisher)
