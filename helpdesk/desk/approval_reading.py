"""Reading approvals: who sees which wish, and whose word about it counts."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import NotFoundError, NotPossibleError
from helpdesk.store.action_models import Approval
from helpdesk.store.models import Agent
from helpdesk.store.rows import as_row, find, get, table_of
from helpdesk.store.words import ApprovalState, Role

SHOWN_FOR = timedelta(hours=24)
MOST_SHOWN = 100
RECOVERY = "recovery"  # a press in a contact's conversation, not a command
_APPROVALS = table_of(Approval).c
_SHOWN = (
    select(*_APPROVALS)
    .where(
        or_(
            _APPROVALS.state == ApprovalState.WAITING,
            _APPROVALS.requested_at > bindparam("since"),
        )
    )
    .order_by(_APPROVALS.requested_at.desc(), _APPROVALS.id)
    .limit(MOST_SHOWN)
)


def roles_for(command: str) -> frozenset[Role]:
    """Return who may decide: what agents press in a conversation, leads too."""
    return frozenset({Role.ADMIN, Role.LEAD} if command == RECOVERY else {Role.ADMIN})


def decides(agent: SignedInAgent, approval: Approval) -> bool:
    """Tell whether an agent's word counts here: never about a wish of their own."""
    is_own = agent.id == approval.requested_by
    return not is_own and agent.role in roles_for(approval.command)


def is_over(approval: Approval, now: datetime) -> bool:
    """Tell whether nobody can decide any more because nobody has in time."""
    is_waiting = approval.state is ApprovalState.WAITING
    return is_waiting and approval.expires_at <= now


def access_approval(
    session: Session, agent: SignedInAgent, approval_id: UUID
) -> Approval:
    """Return a wish that is for this agent to see.

    Raises:
        NotFoundError: There is none.
    """
    approval = find(session, Approval, id=approval_id)
    if approval is None or not sees(agent, approval):
        raise NotFoundError("There is no such wish.")
    return approval


def list_approvals(
    session: Session, agent: SignedInAgent, now: datetime
) -> list[Approval]:
    """Return the wishes of the last day that are for this agent to see, newest first."""
    rows = session.execute(_SHOWN, {"since": now - SHOWN_FOR}).mappings()
    found = [as_row(Approval, row) for row in rows]
    return [approval for approval in found if sees(agent, approval)]


def requester_of(session: Session, approval: Approval) -> SignedInAgent:
    """Return who asked, with the role that they have now.

    Raises:
        NotPossibleError: They do not work here any more.
    """
    agent = get(session, Agent, id=approval.requested_by)
    if not agent.is_active or approval.session_id is None:
        raise NotPossibleError("Whoever asked for this does not work here any more.")
    return SignedInAgent(
        approval.session_id,
        agent.id,
        agent.name,
        agent.email,
        agent.role,
        agent.team_id,
    )


def number_of(approval: Approval) -> str:
    """Return the number that people say."""
    return approval.id.hex[:8]


def sees(agent: SignedInAgent, approval: Approval) -> bool:
    """Tell whether a wish is for this agent to see: their own, or one to decide about."""
    roles = roles_for(approval.command) | {Role.AUDITOR}
    return agent.id == approval.requested_by or agent.role in roles
