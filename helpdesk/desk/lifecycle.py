"""Putting a conversation aside, ending it, and what brings it back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.agent_changes import begin_change, tell_claimed
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.assignment import give_to, return_to_queue
from helpdesk.desk.changes import Change
from helpdesk.desk.errors import BadRangeError
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.handoff import FEW, queue_up, tell_handed_off
from helpdesk.desk.office import Office
from helpdesk.desk.permissions import REOPEN, RESOLVE, SNOOZE
from helpdesk.desk.presence import find_available
from helpdesk.desk.satisfaction import ask_once
from helpdesk.desk.sentences import fill
from helpdesk.desk.stretches import LEASE, pass_on
from helpdesk.store.models import Agent, Conversation
from helpdesk.store.rows import as_row, table_of
from helpdesk.store.words import Owner, Status, StretchEnd

LONGEST_SNOOZE = timedelta(days=90)
# A message after this time is about something new, which is the assistant's to begin with.
STILL_THE_SAME = timedelta(hours=24)
Afterwards = Callable[[], None]

_ALL = table_of(Conversation).c
_SLEPT_IN = (
    select(*_ALL)
    .where(_ALL.status == Status.SNOOZED, _ALL.snoozed_until <= bindparam("moment"))
    .order_by(_ALL.snoozed_until)
    .limit(FEW)
    .with_for_update(skip_locked=True)
)


def snooze(
    session: Session,
    agent: SignedInAgent,
    conversation_id: UUID,
    until: datetime,
    epoch: int,
    now: datetime,
) -> Change:
    """Put a conversation aside until a moment, or until the contact writes.

    Raises:
        BadRangeError: The moment is past, or too far away.
        DeskError: It is not this agent's, or changed hands meanwhile.
    """
    step = begin_change(session, agent, conversation_id, SNOOZE, epoch, now)
    if not now < until <= now + LONGEST_SNOOZE:
        raise BadRangeError("A conversation sleeps for at most 90 days.")
    conversation, step.is_about_owner = step.conversation, True
    conversation.status, conversation.snoozed_until = Status.SNOOZED, until
    conversation.lease_until = None
    step.write(session)
    return step


def wake_due(session: Session, office: Office, now: datetime) -> list[Change]:
    """Wake the conversations whose moment has come."""
    rows = session.execute(_SLEPT_IN, {"moment": now}).mappings()
    due = [as_row(Conversation, row) for row in rows]
    steps = []
    for conversation in due:
        step = Change(conversation, now)
        _wake(session, office, step)()
        step.write(session)
        steps.append(step)
    return steps


def resolve(
    session: Session,
    office: Office,
    agent: SignedInAgent,
    conversation_id: UUID,
    epoch: int,
    now: datetime,
) -> Change:
    """End a conversation; the contact is asked once how it went.

    Raises:
        DeskError: It is not this agent's to end, or changed hands meanwhile.
    """
    step = begin_change(session, agent, conversation_id, RESOLVE, epoch, now)
    conversation = step.conversation
    had_it = conversation.agent_id
    conversation.status, conversation.resolved_at = Status.RESOLVED, now
    conversation.waiting_since, conversation.is_returned = None, False
    end = StretchEnd.RESOLVED
    # The assistant's in the ledger, so that nobody else may speak until it goes on.
    pass_on(session, step, Owner.ASSISTANT, end, agent_id=had_it, by=agent.id)
    text = fill(office.sentences.resolved, agent=agent.name)
    step.note_event("resolved", text, agent=agent.name)
    ask_once(session, office, step, had_it)
    step.write(session)
    return step


def reopen(
    session: Session,
    office: Office,
    agent: SignedInAgent,
    conversation_id: UUID,
    epoch: int,
    now: datetime,
) -> Change:
    """Go on with a resolved conversation, as its agent.

    Raises:
        DeskError: It is not resolved, or changed meanwhile.
    """
    step = begin_change(session, agent, conversation_id, REOPEN, epoch, now)
    give_to(session, step, agent.id, StretchEnd.REOPENED, by=agent.id)
    tell_claimed(office, step, agent.name)
    step.write(session)
    return step


def hear_contact(session: Session, office: Office, step: Change) -> Afterwards:
    """Decide who hears a contact's message: never nobody.

    A snoozed conversation wakes, a resolved one goes on. Call this before the message gets
    its number, and what is returned when it has one: that tells who is to be told.
    """
    conversation = step.conversation
    if conversation.status is Status.RESOLVED:
        return _go_on(session, office, step)
    if conversation.status is Status.SNOOZED:
        return _wake(session, office, step)
    if conversation.owner is Owner.AGENT:
        return partial(
            step.tell_agents, NoticeKind.REPLY, agent_id=conversation.agent_id
        )
    return _nothing


def _nothing() -> None:
    """Tell nobody."""


def _wake(session: Session, office: Office, step: Change) -> Afterwards:
    conversation = step.conversation
    agent_id = conversation.agent_id
    step.is_about_owner = True
    if agent_id is None or find_available(session, agent_id, step.now) is None:
        return return_to_queue(session, office, step, office.sentences.not_here)
    conversation.status, conversation.snoozed_until = Status.OPEN, None
    conversation.lease_until = step.now + LEASE
    return partial(step.tell_agents, NoticeKind.AWAKE, agent_id=agent_id)


def _go_on(session: Session, office: Office, step: Change) -> Afterwards:
    """Bring a resolved conversation back to whoever it belongs to."""
    conversation = step.conversation
    had_it, resolved_at = conversation.agent_id, conversation.resolved_at
    is_same = resolved_at is not None and step.now - resolved_at <= STILL_THE_SAME
    if had_it is None or not is_same:
        conversation.status = Status.PENDING
        conversation.resolved_at = conversation.handoff_reason = None
        pass_on(session, step, Owner.ASSISTANT, StretchEnd.REOPENED)
        return _nothing
    agent = find_available(session, had_it, step.now)
    if agent is None:
        queue_up(session, office, step, StretchEnd.REOPENED)
        return partial(_tell_queued, session, office, step)
    give_to(session, step, agent.id, StretchEnd.REOPENED)
    return partial(_tell_given, office, step, agent)


def _tell_queued(session: Session, office: Office, step: Change) -> None:
    tell_handed_off(session, office, step)
    step.tell_agents(NoticeKind.HANDOFF, team_id=step.conversation.team_id)


def _tell_given(office: Office, step: Change, agent: Agent) -> None:
    tell_claimed(office, step, agent.name)
    step.tell_agents(NoticeKind.REPLY, agent_id=agent.id)
