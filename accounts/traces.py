"""What is kept about an address beside its account: shown, and erased."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    and_,
    delete,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Session

from accounts.models import (
    Account,
    DeliveryEvent,
    FailedLogin,
    Job,
    Mail,
    Suppression,
    Token,
)
from accounts.references import References
from accounts.words import Purpose


def erase_traces(
    session: Session, email: str, references: References, now: datetime
) -> dict[str, int]:
    """Remove all mails, requests and dead links of an address; the account stays.

    Returns:
        How many rows were removed, by kind.
    """
    account = session.scalar(
        select(Account).where(Account.email == email).with_for_update(of=Account)
    )
    mails = select(Mail.id).where(Mail.email == email)
    counts = {
        "jobs": _remove(session, delete(Job).where(Job.email == email)),
        "events": _remove(
            session, delete(DeliveryEvent).where(DeliveryEvent.mail_id.in_(mails))
        ),
        "mails": _remove(session, delete(Mail).where(Mail.email == email)),
        "links": 0,
        "failed_logins": _remove(
            session, delete(FailedLogin).where(FailedLogin.email == email)
        ),
        "suppressions": _remove(
            session, delete(Suppression).where(Suppression.email == email)
        ),
    }
    if account:
        waiting = _waiting_by_reference(session, account.id, references)
        counts["jobs"] += _remove(session, delete(Job).where(Job.id.in_(waiting)))
        counts["links"] = _remove(
            session, delete(Token).where(_is_dead_link(account.id, now))
        )
    return counts


def _waiting_by_reference(
    session: Session, account_id: UUID, references: References
) -> list[UUID]:
    waiting = session.execute(
        select(Job.id, Job.reference).where(
            Job.email.is_(None), Job.next_attempt_at.is_not(None)
        )
    )
    return [
        job_id
        for job_id, reference in waiting
        if reference and references.account_of(reference) == account_id
    ]


def _is_dead_link(account_id: UUID, now: datetime) -> ColumnElement[bool]:
    # The newest invitation is how the account knows that it was invited, and when it
    # was accepted.
    is_over = or_(Token.used_at.is_not(None), Token.expires_at <= now)
    return and_(
        Token.account_id == account_id,
        or_(
            Token.replaced_at.is_not(None),
            and_(Token.purpose != Purpose.INVITE, is_over),
        ),
        ~exists().where(Mail.token_id == Token.id),
    )


def _remove(session: Session, statement: Delete) -> int:
    return cast(CursorResult[Any], session.execute(statement)).rowcount
