"""The queue of accepted requests: the reason why every answer can be the same."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import Job, Mail
from accounts.words import JobKind
from foundation.database import Database

MOST_ATTEMPTS = 5
RETRY_AFTER = timedelta(seconds=10)


class IdempotencyConflictError(Exception):
    """The key was used before, for something else."""


def queue_job(
    database: Database,
    kind: JobKind,
    email: str | None,
    now: datetime,
    *,
    reference: str | None = None,
    idempotency_key: str | None = None,
    details: dict[str, Any] | None = None,
    traceparent: str | None = None,
) -> None:
    """Commit a request for the worker; it is not looked at before.

    Args:
        database: Where the queue is.
        kind: What is asked for.
        email: For whom, normalised; None if the reference says so.
        now: The present moment.
        reference: Stands for an account, perhaps; nobody has looked.
        idempotency_key: A repeated key has no second effect.
        details: What else the worker must know.
        traceparent: The trace that it is asked for in.

    Raises:
        IdempotencyConflictError: The key stands for another request.
    """
    job = Job(
        kind=kind,
        email=email,
        reference=reference,
        details=details or {},
        idempotency_key=idempotency_key,
        created_at=now,
        next_attempt_at=now,
        traceparent=traceparent,
    )
    try:
        with database.transaction() as session:
            session.add(job)
    except IntegrityError:
        with database.transaction() as session:
            asked = Job.idempotency_key == idempotency_key
            first = session.scalars(select(Job).where(asked)).one()
            if first.kind is not kind or not _is_for(first, email, reference):
                raise IdempotencyConflictError from None


def _is_for(job: Job, email: str | None, reference: str | None) -> bool:
    # The worker adds the address to a job that began with a reference.
    if job.reference or reference:
        return job.reference == reference
    return job.email == email


def is_due(kind: type[Job] | type[Mail], now: datetime) -> ColumnElement[bool]:
    """Tell whether the time of a job or a mail has come.

    What was never tried is due whatever its time says: it was queued to be done at once,
    and the clock may have been put back since.
    """
    is_new = and_(kind.next_attempt_at.is_not(None), kind.attempts == 0)
    return or_(kind.next_attempt_at <= now, is_new)


def take_job(session: Session, now: datetime) -> Job | None:
    """Return the next due job, locked until the transaction ends."""
    return session.scalar(
        select(Job)
        .where(is_due(Job, now))
        .order_by(Job.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def finish_job(job: Job, now: datetime) -> None:
    """Mark a job as done and forget what it carried."""
    job.done_at = now
    job.next_attempt_at = None
    job.details = {}


def postpone_job(job: Job, now: datetime) -> bool:
    """Try a failed job again later; False if that was the last time."""
    job.attempts += 1
    is_last = job.attempts >= MOST_ATTEMPTS
    job.next_attempt_at = None if is_last else now + RETRY_AFTER * job.attempts
    return not is_last
