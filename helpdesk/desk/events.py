"""What happened, told to whoever watches, after the commit.

Best effort: a watcher that misses an event finds the truth in the record.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from helpdesk.store.models import Conversation, Message
from helpdesk.store.words import Sender


@dataclass(frozen=True)
class MessageCreated:
    """`message.created`."""

    message: Message

    @property
    def conversation_id(self) -> UUID:
        """Where it happened."""
        return self.message.conversation_id


@dataclass(frozen=True)
class TypingChanged:
    """`conversation.typing_on` and `conversation.typing_off`."""

    conversation_id: UUID
    sender: Sender
    is_on: bool


@dataclass(frozen=True)
class ConversationRead:
    """`conversation.read`: the contact has seen everything up to `seq`."""

    conversation_id: UUID
    seq: int


@dataclass(frozen=True)
class ConversationReplaced:
    """`conversation.resolved`, because the contact started over."""

    conversation_id: UUID
    successor: Conversation


Event = MessageCreated | TypingChanged | ConversationRead | ConversationReplaced


class Publisher(Protocol):
    """Tells watchers."""

    def publish(self, event: Event) -> None:
        """Tell everybody who watches the event's conversation; never fails."""
