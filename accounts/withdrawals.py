"""Taking back what a recovery sent: its link, or the mail if that has not left yet.

Only that recovery's own link is touched. The link that it had replaced stays replaced, so
taking something back never opens a door.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.jobs import finish_job
from accounts.ledger import WITHDRAWN, record
from accounts.links import state_of
from accounts.models import Job, Mail, Token
from accounts.words import DeliveryState, LinkState


class Withdrawal(StrEnum):
    """How taking back ended."""

    DONE = "done"
    ALREADY_USED = "already_used"
    NOTHING = "nothing_to_withdraw"


def withdraw(session: Session, job: Job, now: datetime) -> Withdrawal:
    """Take back what a recovery sent; once more changes nothing.

    Args:
        session: The transaction.
        job: The recovery, locked.
        now: The moment.
    """
    if job.withdrawn_at:
        return Withdrawal.DONE
    if job.next_attempt_at:
        finish_job(job, now)
    else:
        outcome = _withdraw_mail(session, job.mail_id, now)
        if outcome is not Withdrawal.DONE:
            return outcome
    job.withdrawn_at = now
    return Withdrawal.DONE


def _withdraw_mail(session: Session, mail_id: object, now: datetime) -> Withdrawal:
    mail = session.scalar(
        select(Mail).where(Mail.id == mail_id).with_for_update(of=Mail)
    )
    if mail is None:
        return Withdrawal.NOTHING
    is_waiting = mail.next_attempt_at is not None
    if mail.token is not None:
        outcome = _withdraw_link(session, mail.token, now, is_waiting=is_waiting)
        if outcome is not Withdrawal.DONE:
            return outcome
    elif not is_waiting:
        return Withdrawal.NOTHING
    if is_waiting:
        record(mail, DeliveryState.SUPPRESSED, now, WITHDRAWN)
    return Withdrawal.DONE


def _withdraw_link(
    session: Session, token: Token, now: datetime, *, is_waiting: bool
) -> Withdrawal:
    # The time of a link whose mail waits has not begun, whatever its row says.
    if state_of(token, now) is LinkState.EXPIRED and not is_waiting:
        return Withdrawal.NOTHING
    is_open = (Token.used_at.is_(None), Token.replaced_at.is_(None))
    won = session.scalar(
        update(Token)
        .where(Token.id == token.id, *is_open)
        .values(replaced_at=now, withdrawn_at=now)
        .returning(Token.id)
    )
    session.refresh(token)
    if won is not None:
        return Withdrawal.DONE
    return Withdrawal.ALREADY_USED if token.used_at else Withdrawal.NOTHING
