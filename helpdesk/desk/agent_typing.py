"""Whether the contact is shown that an agent types: the owner, and only while it is so."""

from uuid import UUID

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.events import (
    ConversationChanged,
    Event,
    MessageCreated,
    Publisher,
    TypingChanged,
)
from helpdesk.store.models import Conversation
from helpdesk.store.words import Kind, Owner, Sender


class AgentTyping:
    """Tells contacts that the agent who has their conversation types, and when that ends.

    Args:
        publisher: Who carries it to them.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._shown: dict[UUID, SignedInAgent] = {}

    def begin(self, conversation: Conversation, agent: SignedInAgent) -> None:
        """Show that an agent types, or still does, if the conversation is theirs."""
        if _is_owner(conversation, agent.id):
            self._shown[conversation.id] = agent
            self._publish(conversation.id, agent, is_on=True)

    def end(self, conversation_id: UUID, agent_id: UUID) -> None:
        """Show no longer that an agent types."""
        agent = self._shown.get(conversation_id)
        if agent is not None and agent.id == agent_id:
            del self._shown[conversation_id]
            self._publish(conversation_id, agent, is_on=False)

    def follow(self, event: Event) -> None:
        """End what another owner, or the message that was typed, has ended."""
        where = event.conversation_id
        agent = self._shown.get(where) if where is not None else None
        if where is not None and agent is not None and _ends(event, agent.id):
            self.end(where, agent.id)

    def _publish(
        self, conversation_id: UUID, agent: SignedInAgent, *, is_on: bool
    ) -> None:
        event = TypingChanged(
            conversation_id, Sender.AGENT, is_on, agent.name, agent.id
        )
        self._publisher.publish(event)


def _ends(event: Event, agent_id: UUID) -> bool:
    if isinstance(event, ConversationChanged):
        return not _is_owner(event.conversation, agent_id)
    return (
        isinstance(event, MessageCreated)
        and event.message.agent_id == agent_id
        and event.message.kind is Kind.OUTGOING
    )


def _is_owner(conversation: Conversation, agent_id: UUID) -> bool:
    return conversation.owner is Owner.AGENT and conversation.agent_id == agent_id
