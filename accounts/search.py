"""Finding accounts by a part of what is known about them."""

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from accounts.models import Account, Site, Token
from accounts.words import Purpose

PLAIN_RUN = re.compile(r"[\x20-\x7e]+")
AT_A_TIME = 500


def find_accounts(
    session: Session, query: str, limit: int
) -> tuple[list[Account], bool]:
    """Return accounts whose address, name or site contains a text, by address.

    Returns:
        The accounts, and whether there are more.
    """
    wanted = _folded(query)
    rows = session.scalars(
        select(Account)
        .outerjoin(Site, Account.site_id == Site.id)
        .where(_may_contain(query))
        .order_by(Account.email)
        .execution_options(yield_per=AT_A_TIME)
    )
    found: list[Account] = []
    with rows:
        for account in rows:
            if wanted in _folded("\n".join(_texts_of(account))):
                found.append(account)
            if len(found) > limit:
                break
    return found[:limit], len(found) > limit


def newest_invitations(
    session: Session, accounts: Sequence[Account]
) -> dict[UUID, Token]:
    """Return the invitation of each account that was ever invited."""
    rows = session.scalars(
        select(Token).where(
            Token.account_id.in_([account.id for account in accounts]),
            Token.purpose == Purpose.INVITE,
            Token.replaced_at.is_(None),
        )
    )
    return {token.account_id: token for token in rows}


def _texts_of(account: Account) -> list[str]:
    name = f"{account.first_name} {account.last_name}"
    return [account.email, name, account.site.name if account.site else ""]


def _may_contain(query: str) -> ColumnElement[bool]:
    # Databases differ in what they know of letters beyond ASCII, so they only narrow
    # the rows down, by the longest part of the text that all of them fold alike.
    runs = PLAIN_RUN.findall(unicodedata.normalize("NFC", query))
    if not runs:
        return true()
    run = max(runs, key=len).lower()
    texts = (Account.email, Account.first_name + " " + Account.last_name, Site.name)
    return or_(*(func.lower(text).contains(run, autoescape=True) for text in texts))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
