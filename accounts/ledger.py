"""The outbox of mails and the ledger of what became of each."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from accounts.jobs import is_due
from accounts.models import DeliveryEvent, Mail, Token
from accounts.words import DeliveryState, Letter

MOST_MAILS = 5
LIMIT_WINDOW = timedelta(hours=1)
LONGEST_REASON = 300
RATE_LIMIT = "rate limit"
BOUNCED_BEFORE = "bounced before"
WITHDRAWN = "withdrawn"
OVERTAKEN = "a newer link was sent"


def is_over_limit(session: Session, email: str, now: datetime) -> bool:
    """Tell whether an address got as many mails as anyone should within the hour."""
    sent = session.scalar(
        select(func.count())
        .select_from(Mail)
        .where(
            Mail.email == email,
            Mail.queued_at > now - LIMIT_WINDOW,
            # A mail that was overtaken or withdrawn counts: it replaced a link.
            or_(
                Mail.state != DeliveryState.SUPPRESSED,
                Mail.reason.not_in([RATE_LIMIT, BOUNCED_BEFORE]),
            ),
        )
    )
    return (sent or 0) >= MOST_MAILS


def queue_mail(
    session: Session,
    email: str,
    letter: Letter,
    now: datetime,
    *,
    token: Token | None = None,
) -> Mail:
    """Put a mail into the outbox; it leaves after the commit."""
    mail = Mail(
        email=email,
        letter=letter,
        token=token,
        state=DeliveryState.QUEUED,
        queued_at=now,
        next_attempt_at=now,
    )
    _enter(mail, DeliveryState.QUEUED, now, None)
    session.add(mail)
    return mail


def suppress_mail(
    session: Session,
    email: str,
    letter: Letter,
    now: datetime,
    reason: str,
    *,
    token: Token | None = None,
) -> Mail:
    """Record a mail that is not going to be sent, and why."""
    mail = Mail(email=email, letter=letter, token=token, queued_at=now)
    session.add(mail)
    record(mail, DeliveryState.SUPPRESSED, now, reason)
    return mail


def record(
    mail: Mail,
    state: DeliveryState,
    now: datetime,
    reason: str | None = None,
    *,
    next_attempt_at: datetime | None = None,
) -> None:
    """Move a mail to a state and write that into the ledger."""
    mail.state = state
    mail.reason = reason[:LONGEST_REASON] if reason else None
    mail.next_attempt_at = next_attempt_at
    _enter(mail, state, now, mail.reason)


def take_mail(session: Session, now: datetime) -> Mail | None:
    """Return the next mail that is due, locked until the transaction ends."""
    return session.scalar(
        select(Mail)
        .where(is_due(Mail, now))
        .order_by(Mail.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Mail)
    )


def _enter(mail: Mail, state: DeliveryState, now: datetime, reason: str | None) -> None:
    mail.events.append(DeliveryEvent(state=state, at=now, reason=reason))
