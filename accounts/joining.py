"""Submitting a link's form: accept an invitation, confirm, set a password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.ledger import queue_mail
from accounts.links import find_token, redeem, replace_open_links, state_of
from accounts.models import Account, FailedLogin, Login, Token
from accounts.words import AccountState, Letter, LinkState, Purpose

ALLOWED_STATES = {
    Purpose.INVITE: {AccountState.INVITED},
    Purpose.CONFIRM: {AccountState.UNCONFIRMED},
    Purpose.PASSWORD_RESET: {AccountState.ACTIVE, AccountState.UNCONFIRMED},
}


@dataclass(frozen=True)
class OpenedLink:
    """A link as its page shows it: what it is, and whose."""

    state: LinkState
    token: Token | None = None
    is_locked: bool = False

    @property
    def account(self) -> Account | None:
        """Whose link it is."""
        return self.token.account if self.token else None


@dataclass(frozen=True)
class Choice:
    """What the person typed into the form."""

    password_hash: str
    first_name: str = ""
    last_name: str = ""


def open_link(
    session: Session, secret: str, purpose: Purpose, now: datetime
) -> OpenedLink:
    """Look at a link without using it up."""
    token = find_token(session, secret)
    if token is None or token.purpose is not purpose:
        return OpenedLink(LinkState.UNKNOWN)
    is_locked = token.account.state is AccountState.LOCKED
    return OpenedLink(state_of(token, now), token, is_locked)


def submit_link(
    session: Session, secret: str, purpose: Purpose, choice: Choice, now: datetime
) -> OpenedLink:
    """Use a link up and give its account what was chosen.

    Returns:
        The link as it was: VALID means that it worked.
    """
    link = open_link(session, secret, purpose, now)
    if link.state is not LinkState.VALID or link.is_locked or link.token is None:
        return link
    account = session.scalars(
        select(Account)
        .where(Account.id == link.token.account_id)
        .with_for_update(of=Account)
    ).one()
    is_allowed = account.state in ALLOWED_STATES[purpose]
    if not is_allowed or not redeem(session, link.token, now):
        return OpenedLink(LinkState.USED, link.token)
    replace_open_links(session, account, now)
    _apply(session, account, purpose, choice, now)
    return link


def _apply(
    session: Session, account: Account, purpose: Purpose, choice: Choice, now: datetime
) -> None:
    if purpose is Purpose.PASSWORD_RESET:
        if account.state is AccountState.ACTIVE:
            queue_mail(session, account.email, Letter.PASSWORD_CHANGED, now)
    else:
        account.first_name = choice.first_name
        account.last_name = choice.last_name
    account.password_hash = choice.password_hash
    account.state = AccountState.ACTIVE
    account.confirmed_at = account.confirmed_at or now
    # Whoever was logged in, or was guessing, starts over.
    session.execute(delete(Login).where(Login.account_id == account.id))
    session.execute(delete(FailedLogin).where(FailedLogin.email == account.email))
