"""Logging in and out: one answer for every failure, and cookies stored as hashes."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accounts.links import hash_secret
from accounts.models import Account, FailedLogin, Login
from accounts.words import AccountState
from foundation.database import Database
from foundation.passwords import is_password

LIFETIME = timedelta(hours=12)
MOST_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=15)


def log_in(
    database: Database, email: str, password: str, now: datetime
) -> tuple[str, Account] | None:
    """Return a new cookie and its account, or None for any kind of failure."""
    with database.transaction() as session:
        account = session.scalar(select(Account).where(Account.email == email))
        is_slowed = _failures(session, email, now) >= MOST_FAILURES
    # Outside the transaction, and always: it takes as long for an unknown address.
    is_right = is_password(password, account.password_hash if account else None)
    with database.transaction() as session:
        if account:
            account = session.get(Account, account.id)
        is_active = account is not None and account.state is AccountState.ACTIVE
        if account is None or not (is_right and is_active) or is_slowed:
            session.add(FailedLogin(email=email, at=now))
            return None
        account.last_login_at = now
        session.execute(delete(FailedLogin).where(FailedLogin.email == email))
        return start_login(session, account, now), account


def start_login(session: Session, account: Account, now: datetime) -> str:
    """Remember a browser as logged in and return its cookie."""
    cookie = secrets.token_urlsafe(32)
    session.execute(delete(Login).where(Login.expires_at <= now))
    session.add(
        Login(
            cookie_hash=hash_secret(cookie),
            account_id=account.id,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return cookie


def find_login(session: Session, cookie: str, now: datetime) -> Account | None:
    """Return who is logged in with a cookie."""
    login = session.get(Login, hash_secret(cookie))
    if login is None or login.expires_at <= now:
        return None
    is_active = login.account.state is AccountState.ACTIVE
    return login.account if is_active else None


def log_out(session: Session, cookie: str) -> None:
    """Forget a logged-in browser."""
    session.execute(delete(Login).where(Login.cookie_hash == hash_secret(cookie)))


def _failures(session: Session, email: str, now: datetime) -> int:
    since = now - FAILURE_WINDOW
    session.execute(delete(FailedLogin).where(FailedLogin.at <= since))
    counted = select(func.count()).select_from(FailedLogin)
    return session.scalar(counted.where(FailedLogin.email == email)) or 0
