"""People to try things with, put into an empty database if asked to.

All at example.com, all members of the site "Harbour House":

* ana   - invited; the invitation is valid for another 71 hours
* ivo   - invited; the invitation expired four days ago
* una   - registered, but never confirmed the address
* alex  - active; password `correct horse battery`
* lea   - locked
* sam   - active site admin; password `correct horse battery`
"""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.links import LIFETIMES, Links
from accounts.models import Account, Site
from accounts.words import AccountState, Purpose, Role
from foundation.database import Database
from foundation.passwords import hash_password

SITE = "Harbour House"
PASSWORD = "correct horse battery"  # noqa: S105 - documented, for trying things out
PEOPLE = [
    ("ana", "Ana", "Costa", AccountState.INVITED),
    ("ivo", "Ivo", "Novak", AccountState.INVITED),
    ("una", "Una", "Byrne", AccountState.UNCONFIRMED),
    ("alex", "Alex", "Meyer", AccountState.ACTIVE),
    ("lea", "Lea", "Laurent", AccountState.LOCKED),
    ("sam", "Sam", "Okafor", AccountState.ACTIVE),
]


def seed_if_empty(database: Database, links: Links, now: datetime) -> bool:
    """Add the people above, unless there are accounts already."""
    with database.transaction() as session:
        if session.scalar(select(Account.id).limit(1)):
            return False
        site = Site(name=SITE)
        session.add(site)
        people = {name: _add(session, name, site, now) for name, *_ in PEOPLE}
        session.flush()
        hour, week = timedelta(hours=1), timedelta(days=7)
        links.issue(session, people["ana"], Purpose.INVITE, now - hour)
        links.issue(session, people["ivo"], Purpose.INVITE, now - week)
        confirm = now - LIFETIMES[Purpose.CONFIRM] - hour
        links.issue(session, people["una"], Purpose.CONFIRM, confirm)
    return True


def _add(session: Session, name: str, site: Site, now: datetime) -> Account:
    _, first, last, state = next(person for person in PEOPLE if person[0] == name)
    has_been_in = state in {AccountState.ACTIVE, AccountState.LOCKED}
    account = Account(
        email=f"{name}@example.com",
        first_name=first,
        last_name=last,
        state=state,
        role=Role.SITE_ADMIN if name == "sam" else Role.MEMBER,
        site=site,
        created_at=now - timedelta(days=30),
        confirmed_at=now - timedelta(days=29) if has_been_in else None,
        password_hash=_password_hash() if has_been_in else None,
    )
    session.add(account)
    return account


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)
