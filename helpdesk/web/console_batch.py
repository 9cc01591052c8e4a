"""What happened since the consoles were told last, and what the record says about it.

However many events a moment brings, and however many consoles are open, each changed
conversation is read once.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.desk.agent_transcript import Entry, read_entries
from helpdesk.desk.bulk_runs import Progress, progress_of_chosen
from helpdesk.desk.conversation_counts import Tally, count_conversations
from helpdesk.desk.conversation_lines import Line, read_lines
from helpdesk.desk.events import AgentsTold
from helpdesk.desk.staff import Staff, read_staff
from helpdesk.store.action_models import Approval
from helpdesk.store.rows import find


@dataclass
class Batch:
    """What the consoles have to be told."""

    changed: set[UUID] = field(default_factory=set)
    # Of conversations that a console shows: new messages, and turns that have ended.
    messages: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))
    turns: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    notices: list[AgentsTold] = field(default_factory=list)
    company: set[UUID] = field(default_factory=set)  # other viewers, or typing ones
    runs: set[UUID] = field(default_factory=set)  # bulk commands that went on
    approvals: set[UUID] = field(default_factory=set)

    def add(self, other: "Batch") -> None:
        """Take in what another batch could not tell."""
        self.changed |= other.changed
        for conversation_id, seqs in other.messages.items():
            self.messages[conversation_id] |= seqs
        for conversation_id, turns in other.turns.items():
            self.turns[conversation_id] |= turns
        self.notices[:0] = other.notices
        self.company |= other.company
        self.runs |= other.runs
        self.approvals |= other.approvals


@dataclass(frozen=True)
class Facts:
    """What the record says, in one state of it."""

    lines: Mapping[UUID, Line]
    entries: Mapping[UUID, list[Entry]]
    runs: Sequence[Progress]
    staff: Staff
    tally: Tally
    approvals: Sequence[Approval]
    now: datetime


def read_facts(
    session: Session, batch: Batch, now: datetime, total: int | None = None
) -> Facts:
    """Return everything that a batch is about; `total` as `count_conversations` has it."""
    noticed = {told.conversation_id for told in batch.notices}
    shown = batch.messages.keys() | batch.turns.keys()
    asked = [find(session, Approval, id=id) for id in batch.approvals]
    return Facts(
        lines=read_lines(session, batch.changed | noticed),
        entries={
            id: read_entries(session, id, batch.messages[id], batch.turns[id])
            for id in list(shown)
        },
        runs=progress_of_chosen(session, batch.runs),
        staff=read_staff(session, now),
        tally=count_conversations(session, total),
        approvals=[found for found in asked if found is not None],
        now=now,
    )
