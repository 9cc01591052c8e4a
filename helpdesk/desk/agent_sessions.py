"""Sessions of agents: random tokens of which the record keeps only the digest.

A session is looked up with the agent's row each time, so a new role, a new team and a
deactivated account count from the next request on.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from foundation.tables import UtcDateTime
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import UnauthorizedError
from helpdesk.store.models import Agent, AgentSession
from helpdesk.store.rows import add, change, table_of
from helpdesk.store.words import SignInStep

LIFE = timedelta(days=7)
IDLE = timedelta(hours=12)
STEP_LIFE = timedelta(minutes=10)  # for what is missing after the password
TOUCH_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 100
LONGEST_BROWSER = 60

_SESSION, _AGENT = table_of(AgentSession).c, table_of(Agent).c
_LIVE = (
    _SESSION.revoked_at.is_(None),
    _SESSION.expires_at > bindparam("now", type_=UtcDateTime()),
    _SESSION.seen_at > bindparam("idle_since", type_=UtcDateTime()),
)
_FOUND = select(
    _SESSION.id.label("session_id"),
    _SESSION.seen_at,
    _SESSION.next_step,
    _AGENT.id,
    _AGENT.name,
    _AGENT.email,
    _AGENT.role,
    _AGENT.team_id,
).where(_SESSION.agent_id == _AGENT.id, _AGENT.is_active, *_LIVE)
_BY_DIGEST = _FOUND.where(_SESSION.token_digest == bindparam("digest"))
_BY_ID = _FOUND.where(_SESSION.id == bindparam("session_id"))
_OF_AGENT = (
    select(_SESSION.id, _SESSION.created_at, _SESSION.seen_at, _SESSION.browser)
    .where(_SESSION.agent_id == bindparam("agent_id"), *_LIVE)
    .where(_SESSION.next_step.is_(None))
    .order_by(_SESSION.seen_at.desc())
)
_END_ALL = (
    update(table_of(AgentSession))
    .where(_SESSION.agent_id == bindparam("of_agent"), _SESSION.revoked_at.is_(None))
    .values(revoked_at=bindparam("moment"))
)


@dataclass(frozen=True)
class FoundSession:
    """A session that is good now, and how far its agent has signed in."""

    agent: SignedInAgent
    seen_at: datetime
    next_step: SignInStep | None

    def needs_touch(self, now: datetime) -> bool:
        """Whether the record should hear again that it is in use."""
        return now >= self.seen_at + TOUCH_EVERY


@dataclass(frozen=True)
class OpenSession:
    """A line of the list that an agent sees of their sessions."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    browser: str | None


def begin_session(
    session: Session,
    agent_id: UUID,
    now: datetime,
    *,
    session_id: UUID | None = None,
    browser: str | None = None,
    next_step: SignInStep | None = None,
) -> str:
    """Begin a session under a token that nobody has seen before, and return the token.

    Args:
        session: The transaction.
        agent_id: Whose it is.
        now: The moment.
        session_id: What it is called, if the caller has to know.
        browser: What the agent will recognise the browser by.
        next_step: What is still missing, if the password alone does not do.
    """
    token = secrets.token_urlsafe(32)
    add(
        session,
        AgentSession(
            id=session_id or uuid4(),
            agent_id=agent_id,
            token_digest=_digest(token),
            created_at=now,
            expires_at=now + (STEP_LIFE if next_step else LIFE),
            seen_at=now,
            next_step=next_step,
            browser=browser[:LONGEST_BROWSER] if browser else None,
        ),
    )
    return token


def find_session(session: Session, token: str, now: datetime) -> FoundSession | None:
    """Return the session behind a token, finished or not, if it is good now."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    named = {"digest": _digest(token), "now": now, "idle_since": now - IDLE}
    row = session.execute(_BY_DIGEST, named).mappings().first()
    return None if row is None else _found(dict(row))


def access_session(session: Session, token: str, now: datetime) -> FoundSession:
    """Return the session of somebody who has signed in.

    Raises:
        UnauthorizedError: It is none, or has ended, or a step is missing.
    """
    found = find_session(session, token, now)
    if found is None or found.next_step is not None:
        raise UnauthorizedError("Sign in first.")
    return found


def access_session_again(
    session: Session, session_id: UUID, now: datetime
) -> FoundSession:
    """Return a session that was good before, as it is now.

    Raises:
        UnauthorizedError: It has ended.
    """
    named = {"session_id": session_id, "now": now, "idle_since": now - IDLE}
    row = session.execute(_BY_ID, named).mappings().first()
    if row is None or row["next_step"] is not None:
        raise UnauthorizedError("Sign in again.")
    return _found(dict(row))


def touch_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Remember that a session is in use."""
    change(session, AgentSession, {"id": session_id}, seen_at=now)


def list_sessions(session: Session, agent_id: UUID, now: datetime) -> list[OpenSession]:
    """Return the sessions that an agent has open, the last used one first."""
    named = {"agent_id": agent_id, "now": now, "idle_since": now - IDLE}
    return [OpenSession(*row) for row in session.execute(_OF_AGENT, named)]


def end_session(
    session: Session, agent_id: UUID, session_id: UUID, now: datetime
) -> bool:
    """End one session of an agent for good; tell whether it is theirs."""
    which = {"id": session_id, "agent_id": agent_id}
    return change(session, AgentSession, which, revoked_at=now)


def end_all_sessions(session: Session, agent_id: UUID, now: datetime) -> None:
    """End every session of an agent for good, the half-begun ones too."""
    session.execute(_END_ALL, {"of_agent": agent_id, "moment": now})


def _found(row: dict[str, object]) -> FoundSession:
    seen_at, next_step = row.pop("seen_at"), row.pop("next_step")
    return FoundSession(SignedInAgent(**row), seen_at, next_step)  # type: ignore[arg-type]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
