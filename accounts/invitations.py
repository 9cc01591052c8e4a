"""Invitations in pages, newest first, each page after a place in the one before.

A page begins after an invitation, not after a number of rows: one that is sent again
meanwhile becomes the newest, and nobody else is skipped or seen twice.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, tuple_
from sqlalchemy.orm import Session

from accounts.models import Account, Site, Token
from accounts.words import InvitationState, Purpose


@dataclass(frozen=True)
class Place:
    """Where a page ended: the moment and the name of its last invitation."""

    issued_at: datetime
    token_id: UUID

    @classmethod
    def of(cls, token: Token) -> "Place":
        """Return the place of an invitation."""
        return cls(token.issued_at, token.id)

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return the place that a text stands for.

        Raises:
            ValueError: It stands for none.
        """
        try:
            plain = urlsafe_b64decode(text.encode()).decode()
        except (binascii.Error, UnicodeError) as error:
            raise ValueError("This is no place.") from error
        moment, _, name = plain.partition(" ")
        at = datetime.fromisoformat(moment)
        if at.utcoffset() != timedelta(0):
            raise ValueError("This is no place.")
        return cls(at, UUID(name))

    def __str__(self) -> str:
        """Return it as a text for a query."""
        plain = f"{self.issued_at.isoformat()} {self.token_id.hex}"
        return urlsafe_b64encode(plain.encode()).decode()


@dataclass(frozen=True)
class Wanted:
    """Which invitations are asked for."""

    state: InvitationState
    site: str | None = None
    after: Place | None = None


def list_invitations(
    session: Session, wanted: Wanted, limit: int, now: datetime
) -> tuple[Sequence[Token], Place | None]:
    """Return a page of invitations, and the place where the next one begins."""
    statement = select(Token).where(
        Token.purpose == Purpose.INVITE,
        Token.replaced_at.is_(None),
        _is_in(wanted.state, now),
    )
    if wanted.site is not None:
        of_site = Account.site_id.in_(_sites_named(session, wanted.site))
        statement = statement.join(Account, Token.account_id == Account.id)
        statement = statement.where(of_site)
    if wanted.after is not None:
        place = (wanted.after.issued_at, wanted.after.token_id)
        statement = statement.where(tuple_(Token.issued_at, Token.id) < place)
    newest = statement.order_by(Token.issued_at.desc(), Token.id.desc())
    rows = session.scalars(newest.limit(limit + 1)).all()
    page = rows[:limit]
    return page, Place.of(page[-1]) if len(rows) > limit else None


def site_names(session: Session) -> list[str]:
    """Return the names of all sites, in order."""
    return sorted(session.scalars(select(Site.name)), key=str.casefold)


def _sites_named(session: Session, name: str) -> list[UUID]:
    # Compared here: databases differ in what they know of letters beyond ASCII.
    wanted = " ".join(name.split()).casefold()
    rows = session.execute(select(Site.id, Site.name))
    return [site_id for site_id, its_name in rows if its_name.casefold() == wanted]


def _is_in(state: InvitationState, now: datetime) -> ColumnElement[bool]:
    if state is InvitationState.ACCEPTED:
        return Token.used_at.is_not(None)
    is_open = Token.expires_at > now
    if state is InvitationState.EXPIRED:
        is_open = Token.expires_at <= now
    return and_(Token.used_at.is_(None), is_open)
