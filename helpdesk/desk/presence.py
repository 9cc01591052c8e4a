"""Who of the agents is there.

The truth across processes is when each session was last seen (`agent_sessions.seen_at`);
consoles renew that every 20 s. `AgentPresence` knows the open consoles of this process.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import Session

from helpdesk.store.models import Agent, AgentSession
from helpdesk.store.rows import find, table_of
from helpdesk.store.words import Role

SEEN_WITHIN = timedelta(minutes=2)
# How long nobody may be seen before those who wait are given back to the assistant.
LONGEST_ABSENCE = timedelta(minutes=10)
ANSWERING = (Role.AGENT, Role.LEAD, Role.ADMIN)

_AGENTS = table_of(Agent).c
_SESSIONS = table_of(AgentSession).c
_IS_SEEN = exists().where(
    _SESSIONS.agent_id == _AGENTS.id,
    _SESSIONS.seen_at >= bindparam("since"),
    _SESSIONS.revoked_at.is_(None),
    _SESSIONS.expires_at > bindparam("now"),
)


def _seen(*columns: Any) -> Select[Any]:
    return select(*columns).where(_AGENTS.is_active.is_(True), _IS_SEEN)


_ONLINE = _seen(_AGENTS.id)
_SOMEBODY = (
    _seen(_AGENTS.id)
    .where(_AGENTS.is_away.is_(False), _AGENTS.role.in_(ANSWERING))
    .limit(1)
)


def is_anybody_there(
    session: Session, now: datetime, within: timedelta = SEEN_WITHIN
) -> bool:
    """Tell whether an agent who answers and is not away was seen lately."""
    since = {"since": now - within, "now": now}
    return session.scalar(_SOMEBODY, since) is not None


def online_agents(session: Session, now: datetime) -> set[UUID]:
    """Return the agents who were seen within two minutes, away or not."""
    since = {"since": now - SEEN_WITHIN, "now": now}
    return set(session.scalars(_ONLINE, since))


def find_available(session: Session, agent_id: UUID, now: datetime) -> Agent | None:
    """Return an agent who can take a conversation now: active, here and not away."""
    agent = find(session, Agent, id=agent_id)
    is_free = (
        agent is not None
        and agent.is_active
        and not agent.is_away
        and agent.role in ANSWERING
        and agent_id in online_agents(session, now)
    )
    return agent if is_free else None


class AgentPresence:
    """The agents with an open console in this process; several tabs count as one.

    Args:
        on_change: Called when an agent came or left.
    """

    def __init__(self, on_change: Callable[[UUID], None] | None = None) -> None:
        self._tabs: Counter[UUID] = Counter()
        self._on_change = on_change

    def came(self, agent_id: UUID) -> None:
        """Note that a console was opened."""
        self._tabs[agent_id] += 1
        if self._tabs[agent_id] == 1:
            self._tell(agent_id)

    def left(self, agent_id: UUID) -> None:
        """Note that a console was closed."""
        self._tabs[agent_id] -= 1
        if self._tabs[agent_id] <= 0:
            del self._tabs[agent_id]
            self._tell(agent_id)

    def is_online(self, agent_id: UUID) -> bool:
        """Tell whether an agent has a console open."""
        return agent_id in self._tabs

    def anybody_there(self) -> bool:
        """Tell whether any agent has a console open."""
        return bool(self._tabs)

    def _tell(self, agent_id: UUID) -> None:
        if self._on_change is not None:
            self._on_change(agent_id)
