"""Visits: which contact a browser speaks for. Tokens are signed, and never stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from itsdangerous import BadSignature, Signer
from sqlalchemy.orm import Session

from foundation.secret import Secret
from helpdesk.desk.errors import UnauthorizedError
from helpdesk.desk.identity import Identity
from helpdesk.store.models import Contact, Visit
from helpdesk.store.rows import add, change, find

LIFE = timedelta(days=30)
LONGEST_TOKEN = 200


@dataclass(frozen=True)
class Visitor:
    """Who is asking, as proven by a token."""

    visit_id: UUID
    contact_id: UUID
    expires_at: datetime


class VisitTokens:
    """Signs the ids of visits, so that a made-up one costs no look at the record."""

    def __init__(self, secret: Secret) -> None:
        self._signer = Signer(secret.oldest_first, salt="visit")

    def issue(self, visit_id: UUID) -> str:
        """Return the token of a visit."""
        return self._signer.sign(visit_id.hex).decode()

    def read(self, token: str) -> UUID:
        """Return the id of the visit that the token is for.

        Raises:
            UnauthorizedError: We did not sign it.
        """
        try:
            if len(token) > LONGEST_TOKEN:
                raise UnauthorizedError("This token is not ours.")
            return UUID(self._signer.unsign(token).decode())
        except (BadSignature, ValueError) as error:
            raise UnauthorizedError("This token is not ours.") from error


def begin_visit(
    session: Session, now: datetime, identity: Identity | None = None
) -> Visitor:
    """Begin a visit: of a new contact, or of the one that a site vouches for."""
    contact_id = _find_or_add(session, now, identity)
    visit = Visit(
        id=uuid4(), contact_id=contact_id, created_at=now, expires_at=now + LIFE
    )
    add(session, visit)
    return Visitor(visit.id, contact_id, visit.expires_at)


def access_visit(session: Session, visit_id: UUID, now: datetime) -> Visitor:
    """Return the visitor behind a visit.

    Raises:
        UnauthorizedError: It has expired or was revoked.
    """
    visit = find(session, Visit, id=visit_id)
    if visit is None or visit.revoked_at is not None or visit.expires_at <= now:
        raise UnauthorizedError("This visit has ended; begin another one.")
    return Visitor(visit.id, visit.contact_id, visit.expires_at)


def revoke_visit(session: Session, visit_id: UUID, now: datetime) -> None:
    """End a visit for good."""
    change(session, Visit, {"id": visit_id}, revoked_at=now)


def _find_or_add(session: Session, now: datetime, identity: Identity | None) -> UUID:
    if identity is None:
        contact = Contact(id=uuid4(), created_at=now)
        add(session, contact)
        return contact.id
    who = {"issuer": identity.issuer, "subject": identity.subject}
    shown = {"name": identity.name, "email": identity.email}
    known = find(session, Contact, lock=True, **who)
    if known is not None:
        change(session, Contact, {"id": known.id}, **shown)
        return known.id
    contact = Contact(
        id=uuid4(),
        created_at=now,
        **who,
        **shown,
    )
    add(session, contact)
    return contact.id
