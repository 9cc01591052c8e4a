"""References: names for accounts that may pass through other hands.

A reference comes with the inspection of a link and stands for the link's account. It is
sealed, so it tells nobody which account that is, and it opens nothing: all it is good for
is to ask that a mail be sent to the address on file.
"""

import re
from uuid import UUID

from cryptography.fernet import InvalidToken

from accounts.models import LONGEST_REFERENCE
from foundation.seals import sealer
from foundation.secret import Secret

PATTERN = re.compile(rf"[A-Za-z0-9_=-]{{1,{LONGEST_REFERENCE}}}")


class References:
    """Makes and opens references.

    Args:
        secret: The server's; what a former one sealed is opened too.
    """

    def __init__(self, secret: Secret) -> None:
        self._seals = sealer(secret, "references to accounts")

    def to(self, account_id: UUID) -> str:
        """Return a reference to an account; a different one each time."""
        # Without a moment in it: a reference does not age.
        return self._seals.encrypt_at_time(account_id.bytes, 0).decode()

    def account_of(self, reference: str) -> UUID | None:
        """Return which account is meant, or None if nobody here made this."""
        try:
            return UUID(bytes=self._seals.decrypt(reference.encode()))
        except (InvalidToken, ValueError):
            return None
