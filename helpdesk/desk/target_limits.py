"""How many mails agents may have sent to one address, whoever of them and from wherever.

The account backend has the same limit and keeps it in silence, which is all that contacts
may notice. Agents are told before anything is sent. Counted in the record: nothing begins
anew with another conversation, session or process, and where it cannot be read nothing is
sent.
"""

from collections import Counter
from collections.abc import Collection
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
_BY_TURNS = (
    select(_RECEIPTS.email_digest, func.count())
    .where(
        _RECEIPTS.email_digest.in_(bindparam("digests", expanding=True)),
        _RECEIPTS.at > bindparam("since"),
        _RECEIPTS.turn_id.is_not(None),
        _RECEIPTS.state != ReceiptState.REFUSED,
    )
    .group_by(_RECEIPTS.email_digest)
)
_BY_PRESSES = (
    select(_REQUESTS.email, func.count())
    .where(
        _REQUESTS.email.in_(bindparam("emails", expanding=True)),
        _REQUESTS.requested_at > bindparam("since"),
        _REQUESTS.state != MailRequestState.REFUSED,
        _REQUESTS.id != bindparam("it"),
    )
    .group_by(_REQUESTS.email)
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
        if session.get_bind().dialect.name == "postgresql":
            number = int(self.pseudonyms.digest(email)[:LOCK_DIGITS], 16)
            session.execute(text(f"SELECT pg_advisory_xact_lock({number})"))
        return not self.reached_of_many(session, [email], now, it)

    def reached_of_many(
        self,
        session: Session,
        emails: Collection[str],
        now: datetime,
        it: UUID = NOTHING,
    ) -> set[str]:
        """Return those addresses to which as many mails as are allowed were sent.

        Args:
            session: The transaction.
            emails: The addresses, normalised.
            now: The moment.
            it: A request that does not count.
        """
        email_of = {self.pseudonyms.digest(email): email for email in emails}
        wanted = {
            "digests": list(email_of),
            "emails": list(email_of.values()),
            "since": now - WINDOW,
            "it": it,
        }
        counted: Counter[str] = Counter()
        for statement in (_BY_TURNS, _BY_PRESSES):
            for key, count in session.execute(statement, wanted):
                counted[email_of.get(key, key)] += count
        most = TO_ONE_ADDRESS * self.factor
        return {email for email, count in counted.items() if count >= most}
