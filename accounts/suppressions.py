"""Addresses that refuse mail: nothing is sent to them until that is old, or lifted."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import Suppression

STALE_AFTER = timedelta(hours=24)


def hold_back(session: Session, email: str, reason: str, now: datetime) -> None:
    """Remember that an address refused a mail for good."""
    held = session.get(Suppression, email)
    if held is None:
        try:
            with session.begin_nested():
                session.add(Suppression(email=email, reason=reason, since=now))
        except IntegrityError:
            held = session.get_one(Suppression, email)
    if held is not None:
        held.reason, held.since = reason, now


def is_held_back(session: Session, email: str) -> bool:
    """Tell whether mail to an address is held back."""
    return session.get(Suppression, email) is not None


def lift_if_stale(session: Session, email: str, now: datetime) -> None:
    """Give an address another chance if what it refused was a while ago."""
    old = now - STALE_AFTER
    session.execute(
        delete(Suppression).where(Suppression.email == email, Suppression.since < old)
    )


def lift(session: Session, email: str) -> None:
    """Let mail be sent to an address again."""
    session.execute(delete(Suppression).where(Suppression.email == email))
