"""Who a turn is sent for, as the record has them at the moment when it is sent.

A role, a session or an account may have ended since somebody pressed or typed: what was
accepted then is not sent now.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from helpdesk.assistant import Actor
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.agent_sessions import access_session_again
from helpdesk.desk.command_payloads import is_command_payload
from helpdesk.desk.errors import UnauthorizedError
from helpdesk.desk.proven_addresses import proven_addresses
from helpdesk.desk.turns import OpenTurn
from helpdesk.store.action_models import BulkRun
from helpdesk.store.models import Agent
from helpdesk.store.rows import find
from helpdesk.store.words import BulkState, Purpose, Role


@dataclass(frozen=True)
class TurnActors:
    """Finds the actor of a turn.

    Args:
        limits: How many mails may be asked for.
    """

    limits: ActionLimits

    def find(self, session: Session, turn: OpenTurn, now: datetime) -> Actor | None:
        """Return who a turn is sent for; None if they may not send it, or no longer.

        Args:
            session: A transaction that began after the turn was taken.
            turn: The turn.
            now: The moment.
        """
        if turn.purpose is Purpose.HELP:
            return Actor(
                subject=f"contact:{turn.contact_id}",
                may_act=self.limits.may_act(session, turn, now),
                addresses=proven_addresses(session, turn.contact_id),
            )
        role = _role_behind(session, turn, now)
        if role is None:
            return None
        if is_command_payload(turn.payload) and role is not Role.ADMIN:
            return None
        return Actor(
            subject=f"agent:{turn.agent_id}",
            role=role.value,
            may_act=self._may_command(session, turn, now),
            session_id=str(turn.session_id or ""),
        )

    def _may_command(self, session: Session, turn: OpenTurn, now: datetime) -> bool:
        # Only a command was looked at by the radar, and only admins give commands: what
        # is said in an own chat otherwise sends nothing. What an admin says in plain
        # words comes back as a command; see `FollowWish`.
        if not is_command_payload(turn.payload):
            return False
        # A bulk command is limited by its pace.
        return turn.purpose is Purpose.BULK or self.limits.may_command(
            session, turn, now
        )


def _role_behind(session: Session, turn: OpenTurn, now: datetime) -> Role | None:
    """Return the role that an agent has now, if the turn is still theirs to send."""
    if turn.agent_id is None:
        return None
    if turn.purpose is Purpose.BULK:
        run = find(session, BulkRun, conversation_id=turn.conversation_id)
        agent = find(session, Agent, id=turn.agent_id, is_active=True)
        is_running = run is not None and run.state is BulkState.RUNNING
        return agent.role if agent is not None and is_running else None
    if turn.session_id is None:
        return None
    try:
        signed_in = access_session_again(session, turn.session_id, now).agent
    except UnauthorizedError:
        return None
    is_theirs = signed_in.id == turn.agent_id and signed_in.may_change
    return signed_in.role if is_theirs else None
