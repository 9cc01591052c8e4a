"""The lists of the console: which conversations are in a view, page by page.

A page ends with a cursor that names the last line, not a number of lines: conversations
that move meanwhile shift no page, and a later page costs as little as the first.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.conversation_lines import (
    CONVERSATIONS,
    Line,
    run_lines,
    select_lines,
)
from helpdesk.desk.list_cursors import Cursor
from helpdesk.store.models import Agent
from helpdesk.store.rows import table_of
from helpdesk.store.words import Owner, Role, Status

LONGEST_PAGE = 100
USUAL_PAGE = 50
_AGENTS = table_of(Agent).c
_MINE = bindparam("agent", type_=CONVERSATIONS.agent_id.type)
_TEAM = bindparam("team", type_=CONVERSATIONS.team_id.type)
UNRESOLVED = (Status.PENDING, Status.OPEN, Status.SNOOZED)
# Whoever answers for the work of others sees the queue of every team.
OVERSEERS = frozenset({Role.LEAD, Role.ADMIN, Role.AUDITOR})


class View(StrEnum):
    """The lists that an agent can choose from."""

    QUEUE = "queue"
    MINE = "mine"
    TEAM = "team"
    ALL = "all"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Wanted:
    """What a console asks for."""

    view: View
    team_id: UUID | None = None  # for the view `team`; without it, one's own
    after: Cursor | None = None
    limit: int = USUAL_PAGE


@dataclass(frozen=True)
class ListPage:
    """Some lines in order, and where the next ones begin if there are more."""

    lines: list[Line]
    next: Cursor | None


def list_conversations(
    session: Session, agent: SignedInAgent, wanted: Wanted
) -> ListPage:
    """Return a page of a view.

    Args:
        session: The transaction.
        agent: Who looks.
        wanted: Which view, and after which line.
    """
    sees_all = agent.role in OVERSEERS
    statement = _statement(wanted.view, sees_all, wanted.after is not None)
    values: dict[str, Any] = {
        "agent": agent.id,
        "team": wanted.team_id or agent.team_id,
        "most": wanted.limit + 1,
    }
    if wanted.after is not None:
        values["at"], values["id"] = wanted.after.at, wanted.after.id
        values["in_front"] = wanted.after.is_in_front
    lines = run_lines(session, statement, values)
    has_more = len(lines) > wanted.limit
    lines = lines[: wanted.limit]
    return ListPage(lines, _cursor(wanted.view, lines[-1]) if has_more else None)


def _cursor(view: View, line: Line) -> Cursor:
    conversation = line.conversation
    if view is View.QUEUE:
        at = conversation.waiting_since or conversation.updated_at
        return Cursor(at, conversation.id, conversation.is_returned)
    if view is View.RESOLVED:
        return Cursor(
            conversation.resolved_at or conversation.updated_at, conversation.id
        )
    return Cursor(conversation.updated_at, conversation.id)


@cache
def _statement(view: View, sees_all: bool, is_later: bool) -> Select[Any]:
    """Return the statement of a page; those after the first begin behind a cursor."""
    wanted = select_lines().where(_within(view, sees_all)).limit(bindparam("most"))
    if view is View.QUEUE:
        return _longest_first(wanted, is_later)
    is_past = view is View.RESOLVED
    at = CONVERSATIONS.resolved_at if is_past else CONVERSATIONS.updated_at
    if is_later:
        wanted = wanted.where(tuple_(at, CONVERSATIONS.id) < _LAST)
    return wanted.order_by(at.desc(), CONVERSATIONS.id.desc())


def _longest_first(wanted: Select[Any], is_later: bool) -> Select[Any]:
    c = CONVERSATIONS
    if is_later:
        was_in_front = bindparam("in_front", type_=Boolean())
        is_behind = tuple_(_WAITS_SINCE, c.id) > _LAST
        wanted = wanted.where(
            or_(
                and_(c.is_returned == was_in_front, is_behind),
                and_(c.is_returned.is_(False), was_in_front),
            )
        )
    return wanted.order_by(c.is_returned.desc(), _WAITS_SINCE, c.id)


def _within(view: View, sees_all: bool) -> ColumnElement[bool]:
    c = CONVERSATIONS
    if view is View.QUEUE:
        return IS_WAITING if sees_all else and_(IS_WAITING, _FOR_ME)
    conditions = {
        View.MINE: and_(c.agent_id == _MINE, c.status == Status.OPEN),
        View.TEAM: c.id.in_(_chosen(c.status == Status.OPEN, _OF_TEAM)),
        # Whoever only opened the chat has asked nothing yet.
        View.ALL: c.last_seq > 0,
        View.SNOOZED: c.id.in_(_chosen(c.status == Status.SNOOZED)),
        # Nearly all are: walked in order of the moment, not chosen by the status first.
        View.RESOLVED: and_(c.resolved_at.is_not(None), c.status.not_in(UNRESOLVED)),
    }
    return conditions[view]


def _chosen(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Return the ids of a few: they are found first, and put in order then."""
    return select(CONVERSATIONS.id).where(*conditions)


_WAITS_SINCE = func.coalesce(CONVERSATIONS.waiting_since, CONVERSATIONS.updated_at)
_LAST = tuple_(
    bindparam("at", type_=CONVERSATIONS.updated_at.type),
    bindparam("id", type_=CONVERSATIONS.id.type),
)
# In the queue, or to come into it when somebody is there; the assistant helps meanwhile.
IS_WAITING = and_(
    CONVERSATIONS.status == Status.OPEN,
    or_(
        CONVERSATIONS.owner == Owner.QUEUE,
        and_(
            CONVERSATIONS.owner == Owner.ASSISTANT,
            CONVERSATIONS.waiting_since.is_not(None),
        ),
    ),
)
_FOR_ME = or_(CONVERSATIONS.team_id.is_(None), CONVERSATIONS.team_id == _TEAM)
_OF_TEAM = or_(
    CONVERSATIONS.team_id == _TEAM,
    CONVERSATIONS.agent_id.in_(select(_AGENTS.id).where(_AGENTS.team_id == _TEAM)),
)
