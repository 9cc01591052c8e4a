"""What the account service counts and measures, for Prometheus. No personal data in labels."""

import math
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Job, Mail
from foundation.measures import SECONDS, LoopLag, new_registry


@dataclass(frozen=True)
class Queues:
    """What the worker has still to do."""

    jobs: int
    mails: int
    longest_wait_s: float


def read_queues(session: Session, now: datetime) -> Queues:
    """Count what waits."""
    jobs, first_job = session.execute(
        select(func.count(), func.min(Job.created_at)).where(
            Job.next_attempt_at.is_not(None)
        )
    ).one()
    mails, first_mail = session.execute(
        select(func.count(), func.min(Mail.queued_at)).where(
            Mail.next_attempt_at.is_not(None)
        )
    ).one()
    waits = [(now - each).total_seconds() for each in (first_job, first_mail) if each]
    return Queues(jobs, mails, max(0.0, *waits, 0.0))


class Measures:
    """The measures of the process."""

    def __init__(self) -> None:
        self.registry = new_registry()
        self.loop_lag = LoopLag(self.registry)
        self.request_seconds = Histogram(
            "latchkey_accounts_request_seconds",
            "Answering a request of the contract",
            ["operation", "status"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.jobs = Counter(
            "latchkey_accounts_jobs",
            "Requests for help by how working on them ended",
            ["end"],
            registry=self.registry,
        )
        self.mails = Counter(
            "latchkey_accounts_mails",
            "Entries of the delivery ledger by the state that a mail came into",
            ["state"],
            registry=self.registry,
        )
        self._reachable = self._gauge(
            "database_reachable", "1 if the database could be read just now"
        )
        self._jobs = self._gauge("waiting_jobs", "Requests for help that wait")
        self._mails = self._gauge("waiting_mails", "Mails that wait to be sent")
        self._wait = self._gauge(
            "longest_wait_seconds", "How long the oldest of both has waited"
        )

    def show(self, queues: Queues | None) -> None:
        """Show what waits; None if the database cannot be read."""
        self._reachable.set(queues is not None)
        self._jobs.set(queues.jobs if queues else math.nan)
        self._mails.set(queues.mails if queues else math.nan)
        self._wait.set(queues.longest_wait_s if queues else math.nan)

    def _gauge(self, name: str, told: str) -> Gauge:
        return Gauge(f"latchkey_accounts_{name}", told, registry=self.registry)
