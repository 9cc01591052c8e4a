"""Which agent has a conversation: claiming, giving away, and what happens if they vanish.

An agent holds a conversation by a lease, renewed by every sign of life of their console.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from helpdesk.desk.agent_changes import begin_change, say_as, tell_claimed
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.changes import Change
from helpdesk.desk.conversations import lock_conversation
from helpdesk.desk.errors import (
    ForbiddenError,
    NotAvailableError,
    NotFoundError,
    NotPossibleError,
    TakenError,
)
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.handoff import FEW, queue_up, tell_handed_off
from helpdesk.desk.office import Office
from helpdesk.desk.permissions import RELEASE, TRANSFER, is_owner
from helpdesk.desk.presence import find_available
from helpdesk.desk.sentences import fill
from helpdesk.desk.stretches import LEASE, pass_on
from helpdesk.desk.typed_text import read_typed
from helpdesk.store.models import Agent, AgentSession, Conversation, Team
from helpdesk.store.rows import as_row, change, find, get, table_of
from helpdesk.store.words import (
    HandoffReason,
    Kind,
    Owner,
    Status,
    StretchEnd,
)

_ALL = table_of(Conversation).c
_HAS_AGENT = (_ALL.owner == Owner.AGENT, _ALL.status == Status.OPEN)
_LAPSED = (
    select(*_ALL)
    .where(*_HAS_AGENT, _ALL.lease_until <= bindparam("moment"))
    .order_by(_ALL.waiting_since)
    .limit(FEW)
    .with_for_update(skip_locked=True)
)
_RENEW = (
    update(table_of(Conversation))
    .where(*_HAS_AGENT, _ALL.agent_id == bindparam("agent"))
    .values(lease_until=bindparam("until"))
)


@dataclass(frozen=True)
class Receiver:
    """Where a conversation goes: to an agent or to a team."""

    agent_id: UUID | None = None
    team_id: UUID | None = None


def claim(
    session: Session,
    office: Office,
    agent: SignedInAgent,
    conversation_id: UUID,
    now: datetime,
    epoch: int | None = None,
) -> Change:
    """Take a conversation from the queue, from the assistant, or as a lead from an agent.

    Of several who try at once one gets it. Claiming one's own again only renews the lease.

    Args:
        session: The transaction.
        office: Has the words.
        agent: Who wants it.
        conversation_id: Which one.
        now: The moment.
        epoch: What the agent has seen: so a lead who presses at the same time as a
            colleague does not take it from them unawares.

    Raises:
        TakenError: A colleague has it.
        ForbiddenError: The role never may.
        NotPossibleError: It is resolved.
    """
    conversation = lock_conversation(session, conversation_id)
    if not agent.may_change:
        raise ForbiddenError("Your role may look, and change nothing.")
    if conversation.status is Status.RESOLVED:
        raise NotPossibleError("The conversation is resolved: reopen it first.")
    step = Change(conversation, now)
    if is_owner(agent, conversation):
        conversation.status, conversation.snoozed_until = Status.OPEN, None
        conversation.lease_until, step.is_about_owner = now + LEASE, True
        step.is_news = False
        step.write(session)
        return step
    check_free(agent, conversation, epoch)
    give_to(session, step, agent.id, _END_OF[conversation.owner], by=agent.id)
    tell_claimed(office, step, agent.name)
    step.write(session)
    return step


_END_OF = {
    Owner.QUEUE: StretchEnd.CLAIMED,
    Owner.ASSISTANT: StretchEnd.TAKEN_OVER,
    Owner.AGENT: StretchEnd.TRANSFERRED,
}


def check_free(
    agent: SignedInAgent, conversation: Conversation, epoch: int | None = None
) -> None:
    """Refuse an agent what a colleague has; a lead who knows that may take it.

    Raises:
        TakenError: A colleague has it.
    """
    is_known = epoch in {None, conversation.owner_epoch}
    if conversation.owner is Owner.AGENT and not (agent.leads and is_known):
        raise TakenError("A colleague was faster.", conversation.agent_id)


def give_to(
    session: Session,
    step: Change,
    agent_id: UUID,
    end: StretchEnd,
    *,
    by: UUID | None = None,
) -> None:
    """Make an agent the owner; who waited longest stays so if the agent vanishes."""
    conversation = step.conversation
    reason = None
    if conversation.owner is Owner.ASSISTANT:
        reason = conversation.handoff_reason or HandoffReason.TAKEOVER
        conversation.handoff_reason = reason
    conversation.status = Status.OPEN
    conversation.is_returned = False
    conversation.resolved_at = None
    conversation.waiting_since = conversation.waiting_since or step.now
    pass_on(session, step, Owner.AGENT, end, agent_id=agent_id, by=by, reason=reason)


def release(
    session: Session,
    office: Office,
    agent: SignedInAgent,
    conversation_id: UUID,
    epoch: int,
    now: datetime,
) -> Change:
    """Put a conversation back into the queue, where it waited before.

    Raises:
        DeskError: It is not this agent's to give, or changed hands meanwhile.
    """
    step = begin_change(session, agent, conversation_id, RELEASE, epoch, now)
    conversation = step.conversation
    name = _name_of(session, conversation.agent_id)
    queue_up(session, office, step, StretchEnd.RELEASED, by=agent.id)
    first = fill(office.sentences.released, agent=name)
    tell_handed_off(session, office, step, first, name="released")
    step.tell_agents(NoticeKind.HANDOFF, team_id=conversation.team_id)
    step.write(session)
    return step


def transfer(
    session: Session,
    office: Office,
    agent: SignedInAgent,
    conversation_id: UUID,
    receiver: Receiver,
    epoch: int,
    now: datetime,
    *,
    note: str = "",
) -> Change:
    """Give a conversation to a colleague or to a team, with a note for them.

    Raises:
        NotAvailableError: That agent is not there, or is away.
        NotFoundError: There is no such team.
        DeskError: It is not this agent's to give, or changed hands meanwhile.
    """
    step = begin_change(session, agent, conversation_id, TRANSFER, epoch, now)
    if note.strip("\x00 \t\r\n"):
        say_as(step, agent, Kind.NOTE, read_typed(note))
    if receiver.agent_id is not None:
        _to_agent(session, office, step, receiver.agent_id, agent)
    else:
        _to_team(session, office, step, receiver.team_id, agent)
    step.write(session)
    return step


def renew_leases(session: Session, agent: SignedInAgent, now: datetime) -> None:
    """Note that an agent is there: every conversation of theirs stays theirs."""
    session.execute(_RENEW, {"agent": agent.id, "until": now + LEASE})
    change(session, AgentSession, {"id": agent.session_id}, seen_at=now)


def requeue_lost(session: Session, office: Office, now: datetime) -> list[Change]:
    """Put the conversations of agents who vanished to the front of the queue."""
    rows = session.execute(_LAPSED, {"moment": lapsed_by(now)}).mappings()
    lost = [as_row(Conversation, row) for row in rows]
    steps = []
    for conversation in lost:
        step = Change(conversation, now)
        return_to_queue(session, office, step, office.sentences.lost)()
        step.write(session)
        steps.append(step)
    return steps


def lapsed_by(now: datetime) -> datetime:
    """Return the moment up to which leases have run out."""
    return now


def return_to_queue(
    session: Session, office: Office, step: Change, why: str
) -> Callable[[], None]:
    """Put a conversation to the front of the queue because its agent is not there.

    Args:
        session: The transaction.
        office: Has the words.
        step: The change that this is part of.
        why: What the contact is told of the agent.

    Returns:
        What tells the contact and the agents.
    """
    conversation = step.conversation
    had_it = conversation.agent_id
    conversation.is_returned = True
    conversation.snoozed_until = None
    queue_up(session, office, step, StretchEnd.LEASE_LOST)
    first = fill(why, agent=_name_of(session, had_it))

    def tell() -> None:
        tell_handed_off(session, office, step, first, name="lost")
        step.tell_agents(NoticeKind.LOST, agent_id=had_it)
        step.tell_agents(NoticeKind.RETURNED, team_id=conversation.team_id)

    return tell


def _to_agent(
    session: Session, office: Office, step: Change, to: UUID, by: SignedInAgent
) -> None:
    receiver = find_available(session, to, step.now)
    if receiver is None:
        raise NotAvailableError("This agent is not there at the moment.")
    if receiver.id == step.conversation.agent_id:
        raise NotPossibleError("This agent has the conversation already.")
    give_to(session, step, receiver.id, StretchEnd.TRANSFERRED, by=by.id)
    words = office.sentences.transferred
    text = fill(words, agent=by.name, other=receiver.name)
    step.note_event("transferred", text, agent=receiver.name)
    step.tell_agents(NoticeKind.TRANSFERRED, agent_id=receiver.id)


def _to_team(
    session: Session, office: Office, step: Change, to: UUID | None, by: SignedInAgent
) -> None:
    team = find(session, Team, id=to) if to is not None else None
    if team is None:
        raise NotFoundError("There is no such team.")
    step.conversation.team_id = team.id
    queue_up(session, office, step, StretchEnd.TRANSFERRED, by=by.id)
    words = office.sentences.transferred_to_team
    first = fill(words, agent=by.name, team=team.name)
    tell_handed_off(session, office, step, first, name="transferred")
    step.tell_agents(NoticeKind.TRANSFERRED, team_id=team.id)


def _name_of(session: Session, agent_id: UUID | None) -> str:
    return get(session, Agent, id=agent_id).name
