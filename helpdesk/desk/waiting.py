"""Waiting for a person: the place in line, and how long it took others lately."""

import math
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import BindParameter, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from helpdesk.store.models import Conversation, Stretch
from helpdesk.store.rows import table_of
from helpdesk.store.words import Owner, Status, StretchEnd

LATELY = timedelta(hours=3)
FEWEST_WAITS = 3  # fewer say nothing
MOST_WAITS = 50

_ALL = table_of(Conversation).c
# In line is also who asked for a person while nobody was there; the assistant helps them.
IS_WAITING = and_(
    _ALL.status == Status.OPEN,
    _ALL.owner.in_((Owner.QUEUE, Owner.ASSISTANT)),
    _ALL.waiting_since.is_not(None),
)
_SINCE: BindParameter[datetime] = bindparam("since")
_IS_BEFORE = or_(
    _ALL.waiting_since < _SINCE,
    and_(_ALL.waiting_since == _SINCE, _ALL.id < bindparam("conversation")),
)
_BEFORE = (
    select(func.count())
    .where(IS_WAITING, _ALL.is_returned.is_(False), _IS_BEFORE)
    .scalar_subquery()
)
_BEFORE_RETURNED = (
    select(func.count())
    .where(IS_WAITING, _ALL.is_returned.is_(True), _IS_BEFORE)
    .scalar_subquery()
)
_RETURNED = (
    select(func.count()).where(IS_WAITING, _ALL.is_returned.is_(True)).scalar_subquery()
)
_AHEAD_OF_RETURNED = select(_BEFORE_RETURNED)
_AHEAD = select(_BEFORE + _RETURNED)

_STRETCHES = table_of(Stretch).c
_WAITS = (
    select(_STRETCHES.began_at, _STRETCHES.ended_at)
    .where(
        _STRETCHES.end == StretchEnd.CLAIMED,
        _STRETCHES.ended_at > bindparam("since"),
    )
    .order_by(_STRETCHES.ended_at.desc())
    .limit(MOST_WAITS)
)


def is_waiting(conversation: Conversation) -> bool:
    """Tell whether the contact waits for a person to take over."""
    return (
        conversation.status is Status.OPEN
        and conversation.owner is not Owner.AGENT
        and conversation.waiting_since is not None
    )


def position_of(session: Session, conversation: Conversation) -> int:
    """Return the place in line of a conversation that waits; 1 is next."""
    place = {"since": conversation.waiting_since, "conversation": conversation.id}
    ahead = _AHEAD_OF_RETURNED if conversation.is_returned else _AHEAD
    return int(session.scalar(ahead, place) or 0) + 1


def expected_wait(session: Session, now: datetime) -> int | None:
    """Return how many minutes people waited lately; None if too few did to tell."""
    rows = session.execute(_WAITS, {"since": now - LATELY}).all()
    if len(rows) < FEWEST_WAITS:
        return None
    seconds = median((ended - began).total_seconds() for began, ended in rows)
    return max(1, math.ceil(float(seconds) / 60))
