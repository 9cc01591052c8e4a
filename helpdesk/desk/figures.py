"""What is left to do, counted for operators: turns, people in line, mails."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from helpdesk.desk.turns import UNFINISHED
from helpdesk.desk.waiting import IS_WAITING
from helpdesk.metrics import Figures
from helpdesk.store.letter_models import Letter
from helpdesk.store.models import Conversation, Turn
from helpdesk.store.rows import table_of
from helpdesk.store.words import LetterState, Purpose

OVERDUE_AFTER = timedelta(seconds=10)

_TURNS = table_of(Turn).c
_CONVERSATIONS = table_of(Conversation).c
_LETTERS = table_of(Letter).c
# Those of a bulk command wait for each other; nobody waits for them.
_IS_AWAITED = _CONVERSATIONS.purpose != Purpose.BULK
_OPEN_TURNS = (
    select(
        func.count(),
        func.count(
            case((_IS_AWAITED & (_TURNS.created_at <= bindparam("since")), _TURNS.id))
        ),
        func.min(case((_IS_AWAITED, _TURNS.created_at))),
    )
    .select_from(table_of(Turn))
    .join(table_of(Conversation), _CONVERSATIONS.id == _TURNS.conversation_id)
    .where(_TURNS.done_at.is_(None), _TURNS.state.in_(UNFINISHED))
)
_WAITING = select(func.count(), func.min(_CONVERSATIONS.waiting_since)).where(
    IS_WAITING
)
_WAITING_LETTERS = select(func.count()).where(_LETTERS.state == LetterState.WAITING)


def read_figures(session: Session, now: datetime) -> Figures:
    """Count what is left at a moment."""
    since = {"since": now - OVERDUE_AFTER}
    turns, overdue, oldest = session.execute(_OPEN_TURNS, since).one()
    waiting, first = session.execute(_WAITING).one()
    return Figures(
        open_turns=turns,
        overdue_turns=overdue,
        oldest_turn_s=_seconds(oldest, now),
        waiting_conversations=waiting,
        longest_wait_s=_seconds(first, now),
        waiting_letters=session.execute(_WAITING_LETTERS).scalar_one(),
    )


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
