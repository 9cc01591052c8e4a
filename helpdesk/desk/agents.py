"""Agents: who acts in the console, and what their role allows."""

from dataclasses import dataclass
from uuid import UUID

from helpdesk.store.words import Role


@dataclass(frozen=True)
class SignedInAgent:
    """An agent, as proven by a session."""

    session_id: UUID
    id: UUID
    name: str
    email: str
    role: Role
    team_id: UUID | None = None

    @property
    def may_change(self) -> bool:
        """Whether this role does anything but read."""
        return self.role is not Role.AUDITOR

    @property
    def leads(self) -> bool:
        """Whether this role may act on other agents' conversations."""
        return self.role in {Role.LEAD, Role.ADMIN}
