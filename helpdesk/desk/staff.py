"""The staff: agents and teams as colleagues see them, without anything secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.desk.presence import online_agents
from helpdesk.store.models import Agent, Team
from helpdesk.store.rows import table_of
from helpdesk.store.words import Role

_AGENTS = table_of(Agent).c
_TEAMS = table_of(Team).c
_COLLEAGUES = select(
    _AGENTS.id,
    _AGENTS.name,
    _AGENTS.role,
    _AGENTS.team_id,
    _AGENTS.is_away,
    _AGENTS.is_active,
).order_by(_AGENTS.name, _AGENTS.id)
_ALL_TEAMS = select(_TEAMS.id, _TEAMS.name).order_by(_TEAMS.name)


@dataclass(frozen=True)
class Colleague:
    """An agent, as the others see them."""

    id: UUID
    name: str
    role: Role
    team_id: UUID | None
    is_away: bool
    is_active: bool
    is_online: bool


@dataclass(frozen=True)
class Staff:
    """Everybody who ever answered, and their teams."""

    agents: Mapping[UUID, Colleague]
    teams: Mapping[UUID, str]

    @property
    def active(self) -> list[Colleague]:
        """Those who still work here."""
        return [agent for agent in self.agents.values() if agent.is_active]

    def team_of(self, agent_id: UUID | None) -> UUID | None:
        """Return the team of an agent."""
        agent = self.agents.get(agent_id) if agent_id else None
        return agent.team_id if agent else None


def read_staff(session: Session, now: datetime) -> Staff:
    """Return all agents and teams; there are dozens of them, not thousands."""
    online = online_agents(session, now)
    agents = [
        Colleague(**row, is_online=row["id"] in online)
        for row in session.execute(_COLLEAGUES).mappings()
    ]
    teams = {row.id: row.name for row in session.execute(_ALL_TEAMS)}
    return Staff({agent.id: agent for agent in agents}, teams)
