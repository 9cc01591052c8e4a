"""From the assistant to people and back.

Whoever waits for a person while nobody is there stays with the assistant, which goes on
helping, and keeps the place in line: `status` is open, `waiting_since` is set and `owner`
is the assistant. When somebody comes, the watchman moves such conversations to the queue.
See docs/decisions/0012-who-may-speak.md.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.agent_changes import begin_change
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.changes import Change
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.office import Office
from helpdesk.desk.permissions import HAND_BACK
from helpdesk.desk.presence import LONGEST_ABSENCE, SEEN_WITHIN, is_anybody_there
from helpdesk.desk.sentences import fill
from helpdesk.desk.stretches import pass_on
from helpdesk.desk.waiting import expected_wait, position_of
from helpdesk.store.models import Conversation
from helpdesk.store.rows import as_row, table_of
from helpdesk.store.words import HandoffReason, Owner, Status, StretchEnd

FEW = 100
_ALL = table_of(Conversation).c
_IN_LINE = (
    select(*_ALL)
    .where(_ALL.status == Status.OPEN, _ALL.owner == bindparam("owner"))
    .where(_ALL.waiting_since.is_not(None))
    .order_by(_ALL.is_returned.desc(), _ALL.waiting_since)
    .limit(FEW)
    .with_for_update(skip_locked=True)
)


def hand_off(
    session: Session,
    office: Office,
    step: Change,
    reason: HandoffReason,
    *,
    team_id: UUID | None = None,
) -> None:
    """Have a person take over from the assistant; the contact is told in the same step.

    If nobody is there, the wish is kept, and the contact is told when somebody is.
    """
    conversation = step.conversation
    conversation.handoff_reason = reason
    conversation.team_id = team_id
    queue_up(
        session, office, step, StretchEnd.HANDED_OFF, absence=SEEN_WITHIN, reason=reason
    )
    tell_handed_off(session, office, step)
    step.tell_agents(NoticeKind.HANDOFF, team_id=conversation.team_id)


def queue_up(
    session: Session,
    office: Office,
    step: Change,
    end: StretchEnd,
    *,
    absence: timedelta = LONGEST_ABSENCE,
    by: UUID | None = None,
    reason: HandoffReason | None = None,
) -> None:
    """Put a conversation into the queue; with the assistant, if nobody is there.

    Args:
        session: The transaction.
        office: Tells the hours.
        step: The change that this is part of.
        end: How the stretch until now ends.
        absence: How long ago somebody must have been seen to be there.
        by: The agent who does it.
        reason: Why it went to people.
    """
    conversation = step.conversation
    was_resolved = conversation.status is Status.RESOLVED
    conversation.status = Status.OPEN
    conversation.waiting_since = conversation.waiting_since or step.now
    conversation.resolved_at = None
    step.is_about_owner = True
    is_staffed = is_somebody_there(session, office, step.now, absence)
    to = Owner.QUEUE if is_staffed else Owner.ASSISTANT
    if conversation.owner is not to or was_resolved:
        pass_on(session, step, to, end, by=by, reason=reason)


def is_somebody_there(
    session: Session, office: Office, now: datetime, absence: timedelta = SEEN_WITHIN
) -> bool:
    """Tell whether somebody could take a conversation: hours and people."""
    return office.hours.is_open(now) and is_anybody_there(session, now, absence)


def tell_handed_off(
    session: Session,
    office: Office,
    step: Change,
    first: str = "",
    *,
    name: str = "handed_off",
) -> None:
    """Tell the contact the place in line, or when somebody is there.

    Args:
        session: The transaction.
        office: Has the words.
        step: The change that this is part of.
        first: A sentence to begin with.
        name: The event, for programs.
    """
    if step.conversation.owner is Owner.ASSISTANT:
        _tell_nobody(office, step, first, name)
        return
    sentences = office.sentences
    position = position_of(session, step.conversation)
    minutes = expected_wait(session, step.now)
    said = [first, _place(office, position)]
    if minutes is not None:
        said.append(fill(sentences.lately_waited.of(minutes), minutes=minutes))
    said.append(sentences.seen_by_them)
    text = " ".join(filter(None, said))
    step.note_event(name, text, position=position, wait_minutes=minutes)


def hand_back(
    session: Session,
    office: Office,
    agent: SignedInAgent,
    conversation_id: UUID,
    epoch: int,
    now: datetime,
) -> Change:
    """Give a conversation back to the assistant, which begins afresh.

    Raises:
        DeskError: It is not this agent's to give, or changed hands meanwhile.
    """
    step = begin_change(session, agent, conversation_id, HAND_BACK, epoch, now)
    conversation = step.conversation
    conversation.status = Status.PENDING
    conversation.waiting_since = conversation.handoff_reason = None
    conversation.team_id = None
    conversation.is_returned = False
    end = StretchEnd.HANDED_BACK
    pass_on(session, step, Owner.ASSISTANT, end, by=agent.id)
    text = fill(office.sentences.handed_back, agent=agent.name)
    step.note_event("handed_back", text, agent=agent.name)
    step.write(session)
    return step


def open_queue(session: Session, office: Office, now: datetime) -> list[Change]:
    """Put into the queue who waited with the assistant until somebody came."""
    if not is_somebody_there(session, office, now):
        return []
    steps = []
    for conversation in _in_line(session, Owner.ASSISTANT):
        step = Change(conversation, now)
        reason = conversation.handoff_reason
        pass_on(session, step, Owner.QUEUE, StretchEnd.HANDED_OFF, reason=reason)
        tell_handed_off(session, office, step, office.sentences.somebody_came)
        step.tell_agents(NoticeKind.HANDOFF, team_id=conversation.team_id)
        step.write(session)
        steps.append(step)
    return steps


def close_queue(session: Session, office: Office, now: datetime) -> list[Change]:
    """Give the assistant who waits while nobody is there any more; they keep their place."""
    if is_somebody_there(session, office, now, LONGEST_ABSENCE):
        return []
    steps = []
    for conversation in _in_line(session, Owner.QUEUE):
        step = Change(conversation, now)
        pass_on(session, step, Owner.ASSISTANT, StretchEnd.CLOSED)
        tell_handed_off(session, office, step)
        step.write(session)
        steps.append(step)
    return steps


def _in_line(session: Session, owner: Owner) -> list[Conversation]:
    rows = session.execute(_IN_LINE, {"owner": owner}).mappings()
    return [as_row(Conversation, row) for row in rows]


def _place(office: Office, position: int) -> str:
    sentences = office.sentences
    if position == 1:
        return sentences.next_in_line
    return fill(sentences.in_line, position=position)


def _tell_nobody(office: Office, step: Change, first: str, name: str) -> None:
    sentences, hours = office.sentences, office.hours
    opens_at = hours.opens_at(step.now)
    if opens_at is None:
        when, facts = sentences.nobody_now, dict[str, str]()
    else:
        local = opens_at.astimezone(hours.zone)
        when = fill(
            sentences.nobody_until,
            day=f"{local:%A}",
            time=f"{local.hour}:{local:%M}",
            zone=hours.zone.key,
        )
        facts = {"opens_at": opens_at.isoformat()}
    text = " ".join(filter(None, [first, when, sentences.meanwhile]))
    step.note_event(name, text, **facts)
