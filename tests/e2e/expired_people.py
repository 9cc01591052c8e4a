"""People whose invitations have expired, by the hundred: put into the backend's tables."""

import hashlib
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from accounts.links import LIFETIMES
from accounts.models import Account, Site, Token
from accounts.words import AccountState, Purpose
from tests.accounts.service import AccountsRun

WEEK = timedelta(days=7)


def add_expired(run: AccountsRun, count: int) -> tuple[str, list[str]]:
    """Add a site whose members' invitations ran out; return its name and their addresses."""
    mark = uuid4().hex[:8]
    site, now = Site(name=f"Nordwerk {mark}"), run.now()
    emails = [f"person{number}-{mark}@example.com" for number in range(count)]
    engine = create_engine(f"sqlite:///{run.database_file}")
    with Session(engine) as session, session.begin():
        session.add(site)
        for email in emails:
            account = Account(
                email=email,
                state=AccountState.INVITED,
                site=site,
                created_at=now - WEEK,
            )
            session.add(account)
            session.add(
                Token(
                    account=account,
                    purpose=Purpose.INVITE,
                    token_hash=hashlib.sha256(email.encode()).hexdigest(),
                    issued_at=now - WEEK,
                    expires_at=now - WEEK + LIFETIMES[Purpose.INVITE],
                )
            )
    engine.dispose()
    return f"Nordwerk {mark}", emails
