"""How many conversations are in each view, for all agents at once.

One grouped statement answers for every agent: an event is counted once, however many
consoles it is shown in.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.conversation_lines import CONVERSATIONS
from helpdesk.desk.conversation_lists import IS_WAITING, OVERSEERS
from helpdesk.desk.staff import Staff
from helpdesk.store.console_models import Mention
from helpdesk.store.rows import table_of
from helpdesk.store.words import Purpose, Status

_MENTIONS = table_of(Mention).c


class _Group(NamedTuple):
    """What the active conversations of a count have in common."""

    status: Status
    is_waiting: bool
    agent_id: UUID | None
    team_id: UUID | None


_ACTIVE = (
    select(
        CONVERSATIONS.status,
        IS_WAITING,
        CONVERSATIONS.agent_id,
        CONVERSATIONS.team_id,
        func.count(),
    )
    .where(CONVERSATIONS.status.in_((Status.OPEN, Status.SNOOZED)))
    .group_by(
        CONVERSATIONS.status,
        IS_WAITING,
        CONVERSATIONS.agent_id,
        CONVERSATIONS.team_id,
    )
)
_ALL = select(func.count()).where(
    CONVERSATIONS.last_seq > 0, CONVERSATIONS.purpose == Purpose.HELP
)
_UNSEEN = (
    select(_MENTIONS.agent_id, func.count())
    .where(_MENTIONS.seen_at.is_(None))
    .group_by(_MENTIONS.agent_id)
)


@dataclass(frozen=True)
class Counts:
    """What one agent's console shows beside the names of the views."""

    queue: int
    mine: int
    team: int
    all: int
    snoozed: int
    mentions: int


@dataclass(frozen=True)
class Tally:
    """What was counted, for everybody."""

    groups: Mapping[_Group, int]
    unseen: Mapping[UUID, int]
    total: int

    def of(self, agent: SignedInAgent, staff: Staff) -> Counts:
        """Return the counts of one agent."""
        numbers: Counter[str] = Counter()
        sees_all = agent.role in OVERSEERS
        for group, number in self.groups.items():
            if group.status is Status.SNOOZED:
                numbers["snoozed"] += number
                continue
            is_for_me = sees_all or group.team_id in {None, agent.team_id}
            numbers["queue"] += number * (group.is_waiting and is_for_me)
            numbers["mine"] += number * (group.agent_id == agent.id)
            of_team = agent.team_id is not None and agent.team_id in {
                group.team_id,
                staff.team_of(group.agent_id),
            }
            numbers["team"] += number * of_team
        return Counts(
            queue=numbers["queue"],
            mine=numbers["mine"],
            team=numbers["team"],
            all=self.total,
            snoozed=numbers["snoozed"],
            mentions=self.unseen.get(agent.id, 0),
        )


def count_conversations(session: Session, total: int | None = None) -> Tally:
    """Count what is active, what is there at all, and the mentions nobody has looked at.

    Args:
        session: The transaction.
        total: How many there are at all, if that was counted a moment ago: it costs the
            more the longer a help desk has run.
    """
    groups = {
        _Group(status, bool(is_waiting), agent_id, team_id): number
        for status, is_waiting, agent_id, team_id, number in session.execute(_ACTIVE)
    }
    unseen = {row[0]: row[1] for row in session.execute(_UNSEEN)}
    if total is None:
        total = session.execute(_ALL).scalar_one()
    return Tally(groups, unseen, total)
