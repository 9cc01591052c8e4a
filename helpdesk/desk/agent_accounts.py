"""Accounts of agents and their teams; every change is audited.

Passwords come here as hashes: making one takes longer than a transaction should.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.desk.agent_sessions import end_all_sessions
from helpdesk.desk.audit import Who, agent_name, write_audit
from helpdesk.desk.errors import DeskError
from helpdesk.store.models import Agent, Team
from helpdesk.store.rows import add, as_row, change, find, get, table_of
from helpdesk.store.words import Role

LONGEST_NAME = 200
LONGEST_TEAM = 100

_AGENTS = select(table_of(Agent)).order_by(table_of(Agent).c.email)
_TEAMS = select(table_of(Team)).order_by(table_of(Team).c.name)
_COUNT = select(func.count()).select_from(table_of(Agent))


class AgentAccountError(DeskError):
    """An account or a team cannot be changed like this."""

    code = "agent_account"
    status = 409


@dataclass(frozen=True)
class NewAgent:
    """What an account begins with."""

    email: str  # normalised
    name: str
    role: Role
    team_id: UUID | None = None
    password_hash: str | None = None
    oidc_subject: str | None = None


def add_agent(session: Session, who: Who, new: NewAgent, now: datetime) -> Agent:
    """Add an agent.

    Raises:
        AgentAccountError: The address is taken, or there is no name.
    """
    if find(session, Agent, lock=True, email=new.email):
        raise AgentAccountError(f"There is an agent with the address {new.email}.")
    agent = Agent(
        id=uuid4(),
        email=new.email,
        name=_name(new.name, LONGEST_NAME),
        role=new.role,
        team_id=new.team_id,
        password_hash=new.password_hash,
        oidc_subject=new.oidc_subject,
        created_at=now,
    )
    add(session, agent)
    details = {"as": new.role, "team": new.team_id}
    it = agent_name(agent.id)
    write_audit(session, who, "agent.added", it, now, details=details)
    return get(session, Agent, id=agent.id)  # with what the columns begin with


def access_agent(session: Session, email: str) -> Agent:
    """Return the agent with an address, locked.

    Raises:
        AgentAccountError: There is none.
    """
    agent = find(session, Agent, lock=True, email=email)
    if agent is None:
        raise AgentAccountError(f"There is no agent with the address {email}.")
    return agent


def list_agents(session: Session) -> list[Agent]:
    """Return every agent, the deactivated ones too."""
    return [as_row(Agent, row) for row in session.execute(_AGENTS).mappings()]


def count_agents(session: Session) -> int:
    """Return how many agents there are."""
    return session.scalar(_COUNT) or 0


def rename_agent(
    session: Session, who: Who, agent: Agent, name: str, now: datetime
) -> None:
    """Give an agent another name; contacts see it."""
    change(session, Agent, {"id": agent.id}, name=_name(name, LONGEST_NAME))
    write_audit(session, who, "agent.renamed", agent_name(agent.id), now)


def change_role(
    session: Session, who: Who, agent: Agent, role: Role, now: datetime
) -> None:
    """Let an agent do more or less, from their next request on."""
    change(session, Agent, {"id": agent.id}, role=role)
    details = {"from": agent.role, "to": role}
    it = agent_name(agent.id)
    write_audit(session, who, "agent.role_changed", it, now, details=details)


def change_team(
    session: Session, who: Who, agent: Agent, team_id: UUID | None, now: datetime
) -> None:
    """Move an agent to another team, or out of any."""
    change(session, Agent, {"id": agent.id}, team_id=team_id)
    details = {"from": agent.team_id, "to": team_id}
    it = agent_name(agent.id)
    write_audit(session, who, "agent.team_changed", it, now, details=details)


def set_password(
    session: Session, who: Who, agent: Agent, password_hash: str, now: datetime
) -> None:
    """Give an agent another password; whoever is signed in as them no longer is."""
    change(session, Agent, {"id": agent.id}, password_hash=password_hash)
    end_all_sessions(session, agent.id, now)
    write_audit(session, who, "agent.password_changed", agent_name(agent.id), now)


def deactivate_agent(session: Session, who: Who, agent: Agent, now: datetime) -> None:
    """Lock an agent out, at once and everywhere; what they wrote stays theirs."""
    change(session, Agent, {"id": agent.id}, is_active=False)
    end_all_sessions(session, agent.id, now)
    write_audit(session, who, "agent.deactivated", agent_name(agent.id), now)


def activate_agent(session: Session, who: Who, agent: Agent, now: datetime) -> None:
    """Let a deactivated agent in again."""
    change(session, Agent, {"id": agent.id}, is_active=True)
    write_audit(session, who, "agent.activated", agent_name(agent.id), now)


def add_team(session: Session, who: Who, name: str, now: datetime) -> Team:
    """Add a team.

    Raises:
        AgentAccountError: There is one of that name, or no name.
    """
    name = _name(name, LONGEST_TEAM)
    if find(session, Team, lock=True, name=name):
        raise AgentAccountError(f"There is a team “{name}” already.")
    team = Team(id=uuid4(), name=name)
    add(session, team)
    it, details = f"team:{team.id}", {"name": name}
    write_audit(session, who, "team.added", it, now, details=details)
    return team


def access_team(session: Session, name: str) -> Team:
    """Return the team of a name.

    Raises:
        AgentAccountError: There is none.
    """
    team = find(session, Team, name=" ".join(name.split()))
    if team is None:
        raise AgentAccountError(f"There is no team “{name}”.")
    return team


def list_teams(session: Session) -> list[Team]:
    """Return every team."""
    return [as_row(Team, row) for row in session.execute(_TEAMS).mappings()]


def _name(text: str, longest: int) -> str:
    name = " ".join(text.split())
    if not name or len(name) > longest or not name.isprintable():
        raise AgentAccountError(f"A name has 1 to {longest} letters.")
    return name
