"""What agents write: replies by whoever has the conversation, notes by everybody.

A reply is inserted only if its agent has the conversation at that moment: the row is
locked, so nobody can take it between the look and the insert.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.agent_changes import say_as
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.attachments import carries, carry
from helpdesk.desk.changes import Change
from helpdesk.desk.conversations import lock_conversation
from helpdesk.desk.errors import ClientIdTakenError, NotFoundError
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.permissions import NOTE, REPLY, check_may
from helpdesk.desk.stretches import LEASE, check_epoch
from helpdesk.desk.typed_text import Content, read_typed
from helpdesk.store.console_models import GhostAnswer, Mention
from helpdesk.store.models import Agent, Conversation, Message
from helpdesk.store.rows import add, change, find, table_of
from helpdesk.store.words import Kind, Status

KINDS = (Kind.OUTGOING, Kind.NOTE)
_AGENTS = table_of(Agent).c
_KNOWN_AGENTS = select(_AGENTS.id).where(
    _AGENTS.id.in_(bindparam("agents", expanding=True)), _AGENTS.is_active.is_(True)
)


@dataclass(frozen=True)
class AgentMessage:
    """What an agent sends: a reply (`Kind.OUTGOING`) or a note.

    `epoch` is the one that a reply was written under, as far as the console knew.
    `ghost_seq` is the contact's message to which the assistant's unsaid answer was used.
    """

    client_id: UUID
    text: str = ""
    kind: Kind = Kind.OUTGOING
    mentions: Sequence[UUID] = field(default=())
    attachments: Sequence[UUID] = field(default=())
    ghost_seq: int | None = None
    epoch: int | None = None


@dataclass(frozen=True)
class Sent:
    """An agent's message in the record; `change` is None if it was there before."""

    message: Message
    conversation: Conversation
    change: Change | None = None

    @property
    def is_new(self) -> bool:
        """Whether this call put it there."""
        return self.change is not None


def accept_reply(
    session: Session,
    agent: SignedInAgent,
    conversation_id: UUID,
    sent: AgentMessage,
    now: datetime,
) -> Sent:
    """Put an agent's message into the record; repeating it changes nothing.

    Raises:
        NotOwnerError: A reply, and a colleague has the conversation.
        StaleError: A reply, and the conversation was in other hands meanwhile.
        DeskError: It is refused; see docs/console-protocol.md.
    """
    conversation = lock_conversation(session, conversation_id)
    known = find(
        session, Message, conversation_id=conversation_id, client_id=sent.client_id
    )
    if known is not None:
        _check_same(known, agent, sent)
        return Sent(known, conversation)
    content = _read(sent)
    if sent.kind is Kind.NOTE:
        check_may(agent, conversation, NOTE)
    else:
        check_may_reply(agent, conversation)
        if sent.epoch is not None:
            check_epoch(conversation, sent.epoch)
    step = Change(conversation, now)
    message = say_as(step, agent, sent.kind, content, sent.client_id)
    carry(session, step, message, sent.attachments)
    if sent.kind is not Kind.NOTE:
        _show_life(session, step)
    step.write(session)
    if sent.kind is Kind.NOTE:
        _mention(session, step, message, sent.mentions)
    if sent.ghost_seq is not None and sent.kind is Kind.OUTGOING:
        it = {"conversation_id": conversation_id, "seq": sent.ghost_seq}
        change(session, GhostAnswer, it, agent_seq=message.seq, agreement=1.0)
    return Sent(message, conversation, step)


def check_may_reply(agent: SignedInAgent, conversation: Conversation) -> None:
    """Let only the agent speak who has the conversation now.

    Raises:
        DeskError: It is not this agent's.
    """
    check_may(agent, conversation, REPLY)


def _read(sent: AgentMessage) -> Content:
    if sent.attachments and not sent.text.strip():
        return Content("")
    return read_typed(sent.text)


def _check_same(known: Message, agent: SignedInAgent, sent: AgentMessage) -> None:
    is_same = (
        known.agent_id == agent.id
        and known.kind is sent.kind
        and known.text == _read(sent).text
        and carries(known, sent.attachments)
    )
    if not is_same:
        raise ClientIdTakenError("This client id belongs to another message.")


def _show_life(session: Session, step: Change) -> None:
    """Note that the agent is there: the lease goes on, a snooze ends."""
    conversation = step.conversation
    conversation.lease_until = step.now + LEASE
    if conversation.status is Status.SNOOZED:
        conversation.status, conversation.snoozed_until = Status.OPEN, None
        step.is_about_owner = True
    else:
        is_it = {"id": conversation.id}
        change(session, Conversation, is_it, lease_until=conversation.lease_until)


def _mention(
    session: Session, step: Change, message: Message, agents: Sequence[UUID]
) -> None:
    known = set(session.scalars(_KNOWN_AGENTS, {"agents": list(agents)}))
    if known != set(agents):
        raise NotFoundError("There is no such agent.")
    rows = [
        Mention(
            conversation_id=message.conversation_id, seq=message.seq, agent_id=agent_id
        )
        for agent_id in sorted(known)
    ]
    add(session, *rows)
    for agent_id in sorted(known):
        step.tell_agents(NoticeKind.MENTION, text=message.text, agent_id=agent_id)
