"""What happened, told to whoever watches, after the commit.

Best effort: a watcher that misses an event finds the truth in the record.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from helpdesk.desk.viewers import Viewer
from helpdesk.store.models import Conversation, Message
from helpdesk.store.words import Kind, Sender


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
    name: str | None = None  # of the agent
    agent_id: UUID | None = None


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


@dataclass(frozen=True)
class ConversationChanged:
    """`assignee.changed` and `conversation.status_changed`.

    Also that only the agents' lists change (the last words, a number), which is nothing
    to the contact: then `is_about_owner` is false.
    """

    conversation: Conversation
    is_about_owner: bool = True

    @property
    def conversation_id(self) -> UUID:
        """Where it happened."""
        return self.conversation.id


class NoticeKind(StrEnum):
    """Why agents are told of a conversation; see docs/console-protocol.md."""

    HANDOFF = "handoff"  # somebody waits for a person
    RETURNED = "returned"  # an agent vanished, it waits in front
    TRANSFERRED = "transferred"  # to an agent or a team
    LOST = "lost"  # the claim of this agent ran out
    MENTION = "mention"  # in a note
    AWAKE = "awake"  # a snooze ended
    REPLY = "reply"  # the contact wrote to the agent who has it
    APPROVAL = "approval"  # somebody has to agree to something, or has decided


@dataclass(frozen=True)
class AgentsTold:
    """One agent (`agent_id`), a team (`team_id`) or, with neither, everybody is told."""

    kind: NoticeKind
    conversation: Conversation
    text: str
    agent_id: UUID | None = None
    team_id: UUID | None = None

    @property
    def conversation_id(self) -> UUID:
        """Where it happened."""
        return self.conversation.id


@dataclass(frozen=True)
class RunChanged:
    """A bulk command has come further; told to the agent whose it is."""

    conversation_id: UUID  # the agent's own chat
    run_id: UUID


@dataclass(frozen=True)
class ApprovalChanged:
    """A second person was asked, has decided, or nobody has in time."""

    conversation: Conversation
    approval_id: UUID

    @property
    def conversation_id(self) -> UUID:
        """Where it was asked for."""
        return self.conversation.id


@dataclass(frozen=True)
class ReceiptChanged:
    """More is known of something that was done for somebody; nothing to the contact."""

    conversation_id: UUID
    seq: int  # of the message that shows it


@dataclass(frozen=True)
class LineChanged:
    """Agents have read on, or something else that only their lists show."""

    conversation_id: UUID


@dataclass(frozen=True)
class CompanyChanged:
    """Who looks at a conversation in one process; told to the other processes only."""

    conversation_id: UUID
    process: str
    viewers: tuple[Viewer, ...]


@dataclass(frozen=True)
class StaffChanged:
    """An agent came or left, is away or back, or has ended a session."""

    agent_id: UUID
    has_session_ended: bool = False
    conversation_id: None = None  # it happened in none


Event = (
    AgentsTold
    | LineChanged
    | CompanyChanged
    | StaffChanged
    | RunChanged
    | ApprovalChanged
    | MessageCreated
    | TypingChanged
    | ConversationRead
    | ConversationReplaced
    | ConversationChanged
    | ReceiptChanged
)


OF_AGENTS = (
    *(AgentsTold, ApprovalChanged, CompanyChanged, LineChanged),
    *(ReceiptChanged, RunChanged, StaffChanged),
)


def concerns_contact(event: Event) -> bool:
    """Tell whether an event is anything to the contact, and not only to agents."""
    if isinstance(event, MessageCreated):
        return event.message.kind is not Kind.NOTE
    if isinstance(event, ConversationChanged):
        return event.is_about_owner
    return not isinstance(event, OF_AGENTS)


class Publisher(Protocol):
    """Tells watchers."""

    def publish(self, event: Event) -> None:
        """Tell everybody who watches the event's conversation; never fails."""
