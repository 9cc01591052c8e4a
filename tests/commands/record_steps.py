"""Looks into the record of a running help desk, and changes it behind its back."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.desk.bulk_runs import find_run
from helpdesk.store import open_database
from helpdesk.store.models import Agent, AgentSession, AuditEntry, Conversation, Message
from helpdesk.store.rows import add, as_row, change, get, table_of
from helpdesk.store.words import Kind, Role, Sender
from tests.helpdesk.running import HelpdeskRun

Found = TypeVar("Found")
_AUDIT = table_of(AuditEntry).c


class Record:
    """The record, opened beside the help desk."""

    def __init__(self, run: HelpdeskRun) -> None:
        self._url = run.database_url

    def run(self, work: Callable[[Session], Found]) -> Found:
        """Do something in a transaction."""
        database = open_database(self._url)
        try:
            with database.transaction() as session:
                return work(session)
        finally:
            database.close()

    def audited(self, agent_id: str, beginning: str) -> Sequence[AuditEntry]:
        """Return what an agent is down for."""
        wanted = (
            select(*_AUDIT)
            .where(_AUDIT.actor == f"agent:{agent_id}")
            .where(_AUDIT.action.startswith(beginning))
            .order_by(_AUDIT.number)
        )
        return self.run(
            lambda s: [as_row(AuditEntry, row) for row in s.execute(wanted).mappings()]
        )

    def whole_audit(self) -> str:
        """Return everything that the audit record says."""
        wanted = select(*_AUDIT)
        return self.run(lambda s: str(list(s.execute(wanted).mappings())))

    def set_role(self, agent_id: str, role: Role) -> None:
        """Give an agent another role."""
        it = {"id": UUID(agent_id)}
        self.run(lambda session: change(session, Agent, it, role=role))

    def deactivate(self, agent_id: str) -> None:
        """Let an agent work here no longer."""
        it = {"id": UUID(agent_id)}
        self.run(lambda session: change(session, Agent, it, is_active=False))

    def sign_out(self, agent_id: str) -> None:
        """End the sessions of an agent."""
        it: dict[str, Any] = {"agent_id": UUID(agent_id)}
        now = datetime.now(UTC)
        self.run(lambda session: change(session, AgentSession, it, revoked_at=now))

    def addresses_of(self, number: str) -> dict[str, Any]:
        """Return the people whom a bulk command names."""
        return self.run(lambda session: find_run(session, number).addresses)

    def run_state(self, number: str) -> tuple[str, bool]:
        """Return how far a bulk command has come, and whether it is over."""
        found = self.run(lambda session: find_run(session, number))
        return found.state.value, found.ended_at is not None

    def fill(self, conversation_id: str, count: int) -> None:
        """Add so many messages to a conversation."""
        id = UUID(conversation_id)

        def work(session: Session) -> None:
            last = get(session, Conversation, id=id).last_seq
            messages = [
                Message(
                    conversation_id=id,
                    seq=last + n,
                    sender=Sender.ASSISTANT,
                    kind=Kind.OUTGOING,
                    text=f"Answer {n}",
                    created_at=datetime.now(UTC),
                )
                for n in range(1, count + 1)
            ]
            for message in messages:
                message.details = {}
            add(session, *messages)
            change(session, Conversation, {"id": id}, last_seq=last + count)

        self.run(work)
