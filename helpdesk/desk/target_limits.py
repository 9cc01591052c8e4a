"""How many mails agents may have sent to one address, whoever of them and from wherever.

The account backend has the same limit and keeps it in silence, which is all that contacts
may notice. Agents are told before anything is sent. Counted in the record: nothing begins
anew with another conversation, session or process, and where it cannot be read nothing is
sent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from helpdesk.desk.action_limits import NOTHING
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.store.action_models import Receipt
from helpdesk.store.console_models import MailRequest
from helpdesk.store.rows import table_of
from helpdesk.store.words import MailRequestState, ReceiptState

WINDOW = timedelta(hours=1)
TO_ONE_ADDRESS = 5
LOCK_DIGITS = 15  # of the digest; PostgreSQL's locks have numbers of 63 bits

_RECEIPTS = table_of(Receipt).c
_REQUESTS = table_of(MailRequest).c
# Receipts of presses have no turn; those are counted as requests.
_BY_TURNS = select(func.count()).where(
    _RECEIPTS.email_digest == bindparam("digest"),
    _RECEIPTS.at > bindparam("since"),
    _RECEIPTS.turn_id.is_not(None),
    _RECEIPTS.state != ReceiptState.REFUSED,
)
_BY_PRESSES = select(func.count()).where(
    _REQUESTS.email == bindparam("email"),
    _REQUESTS.requested_at > bindparam("since"),
    _REQUESTS.state != MailRequestState.REFUSED,
    _REQUESTS.id != bindparam("it"),
)


@dataclass(frozen=True)
class TargetLimits:
    """Tells whether one more mail may go to an address."""

    pseudonyms: Pseudonyms
    factor: int = 1

    def may_mail_to(
        self, session: Session, email: str, now: datetime, it: UUID = NOTHING
    ) -> bool:
        """Tell whether an agent may have one more mail sent to an address.

        Others who ask for the same address wait until this transaction ends.

        Args:
            session: The transaction.
            email: The address, normalised.
            now: The moment.
            it: The request that asks; it does not count itself.
        """
        digest = self.pseudonyms.digest(email)
        if session.get_bind().dialect.name == "postgresql":
            number = int(digest[:LOCK_DIGITS], 16)
            session.execute(text(f"SELECT pg_advisory_xact_lock({number})"))
        of_it = {"digest": digest, "email": email, "since": now - WINDOW, "it": it}
        counted = sum(
            session.scalar(each, of_it) or 0 for each in (_BY_TURNS, _BY_PRESSES)
        )
        return counted < TO_ONE_ADDRESS * self.factor
