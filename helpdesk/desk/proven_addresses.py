"""Which addresses are proven to be a contact's own: only about those is anything told."""

from uuid import UUID

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from foundation.addresses import AddressError, normalise_address
from helpdesk.store.letter_models import MailAddress
from helpdesk.store.models import Contact
from helpdesk.store.prepared import Prepared
from helpdesk.store.rows import table_of

_WHO, _MAIL = table_of(Contact).c, table_of(MailAddress).c
_OF_CONTACT = Prepared(
    select(_WHO.issuer, _WHO.email, _MAIL.email.label("proven"))
    .select_from(
        table_of(Contact).outerjoin(
            table_of(MailAddress),
            and_(_MAIL.contact_id == _WHO.id, _MAIL.proven_at.is_not(None)),
        )
    )
    .where(_WHO.id == bindparam("contact"))
)


def proven_addresses(session: Session, contact_id: UUID) -> tuple[str, ...]:
    """Return the addresses that a site vouched for, or that a mailed link proved."""
    row = _OF_CONTACT.first(session, {"contact": contact_id})
    if row is None:
        return ()
    vouched = row["email"] if row["issuer"] is not None else None
    found = (_normalised(each) for each in (vouched, row["proven"]) if each)
    return tuple(dict.fromkeys(each for each in found if each))


def _normalised(text: str) -> str | None:
    try:
        return normalise_address(text)
    except AddressError:
        return None
