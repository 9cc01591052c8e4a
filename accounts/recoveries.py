"""What a person gets who asks for help: decided by the state of their account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.ledger import (
    BOUNCED_BEFORE,
    RATE_LIMIT,
    is_over_limit,
    queue_mail,
    suppress_mail,
)
from accounts.links import Links
from accounts.models import Account, Job, Mail
from accounts.suppressions import is_held_back, lift, lift_if_stale
from accounts.words import AccountState, JobKind, Letter, Purpose, Role

# Among a job's details: send although mail to the address bounced before.
LIFTS = "lift_suppression"


@dataclass(frozen=True)
class Plan:
    """A mail, and the link in it if it has one."""

    letter: Letter
    purpose: Purpose | None = None


INVITE = Plan(Letter.INVITATION, Purpose.INVITE)
CONFIRM = Plan(Letter.CONFIRMATION, Purpose.CONFIRM)
RESET = Plan(Letter.PASSWORD_RESET, Purpose.PASSWORD_RESET)
RESET_AND_CONFIRM = Plan(Letter.RESET_AND_CONFIRM, Purpose.PASSWORD_RESET)
HAVE_ACCOUNT = Plan(Letter.HAVE_ACCOUNT)
NO_ACCOUNT = Plan(Letter.NO_ACCOUNT)
LOCKED = Plan(Letter.LOCKED)

WAY_IN = {
    None: NO_ACCOUNT,
    AccountState.INVITED: INVITE,
    AccountState.UNCONFIRMED: RESET_AND_CONFIRM,
    AccountState.ACTIVE: RESET,
    AccountState.LOCKED: LOCKED,
}
NO_PASSWORD_ASKED = {
    None: NO_ACCOUNT,
    AccountState.INVITED: INVITE,
    AccountState.UNCONFIRMED: CONFIRM,
    AccountState.ACTIVE: HAVE_ACCOUNT,
    AccountState.LOCKED: LOCKED,
}
PLANS = {
    JobKind.AUTO: WAY_IN,
    JobKind.PASSWORD_RESET: WAY_IN,
    JobKind.INVITE: NO_PASSWORD_ASKED,
    JobKind.REGISTER: NO_PASSWORD_ASKED,
    JobKind.NEW_INVITATION: NO_PASSWORD_ASKED,
}
NEW_ACCOUNTS = {
    JobKind.REGISTER: AccountState.UNCONFIRMED,
    JobKind.NEW_INVITATION: AccountState.INVITED,
}


def carry_out(session: Session, job: Job, links: Links, now: datetime) -> None:
    """Decide what a job's address gets, and queue that mail in the same transaction."""
    account = _find_account(session, job, links)
    if job.reference is not None:
        # The address on file, or nobody's: then there is nothing to send anywhere.
        job.email = account.email if account else None
    if job.email is not None:
        job.mail = _answer(session, job, job.email, account, links, now)


def _find_account(session: Session, job: Job, links: Links) -> Account | None:
    asked = Account.email == job.email
    if job.reference is not None:
        asked = Account.id == links.references.account_of(job.reference)
    return session.scalar(select(Account).where(asked).with_for_update(of=Account))


def _answer(
    session: Session,
    job: Job,
    email: str,
    account: Account | None,
    links: Links,
    now: datetime,
) -> Mail:
    plan = PLANS[job.kind][account.state if account else None]
    held_back = _is_held_back(session, job, email, now)
    if is_over_limit(session, email, now):
        # Nothing else may happen either: whoever asks too often must not be able to
        # revoke the link that the person is about to open.
        return suppress_mail(session, email, plan.letter, now, RATE_LIMIT)
    is_new = account is None and job.kind in NEW_ACCOUNTS
    if held_back and not is_new:
        return suppress_mail(session, email, plan.letter, now, BOUNCED_BEFORE)
    if is_new:
        # Also if mail is held back: whoever was invited must not be forgotten.
        account = _new_account(email, NEW_ACCOUNTS[job.kind], job.details, now)
        session.add(account)
        session.flush()
        plan = PLANS[job.kind][account.state]
    token = None
    if account and plan.purpose:
        token = links.issue(session, account, plan.purpose, now)
    if held_back:
        return suppress_mail(
            session, email, plan.letter, now, BOUNCED_BEFORE, token=token
        )
    return queue_mail(session, email, plan.letter, now, token=token)


def _is_held_back(session: Session, job: Job, email: str, now: datetime) -> bool:
    if job.details.get(LIFTS):
        lift(session, email)
    lift_if_stale(session, email, now)
    return is_held_back(session, email)


def _new_account(
    email: str, state: AccountState, details: dict[str, Any], now: datetime
) -> Account:
    site = details.get("site_id")
    return Account(
        email=email,
        state=state,
        role=Role(details.get("role", Role.MEMBER)),
        site_id=UUID(site) if site else None,
        first_name=details.get("first_name", ""),
        last_name=details.get("last_name", ""),
        created_at=now,
    )
