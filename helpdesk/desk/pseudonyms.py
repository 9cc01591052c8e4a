"""What stands for an e-mail address where the address itself must not be.

The same address always gets the same pseudonym: whoever knows the address finds what was
done about it. Without the key nobody gets from one to the other.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from foundation.addresses import normalise_address

MARK = "person:"  # how a pseudonym begins where other things stand beside it


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms with one installation's own key for them."""

    key: str = field(repr=False)

    def digest(self, address: str) -> str:
        """Return 64 hexadecimal digits for an address.

        Raises:
            AddressError: It is no address.
        """
        text = f"pseudonym:{normalise_address(address)}"
        return hmac.new(self.key.encode(), text.encode(), hashlib.sha256).hexdigest()

    def target(self, address: str) -> str:
        """Return how the audit record names the person with an address."""
        return name_of(self.digest(address))


def name_of(digest: str) -> str:
    """Return how the audit record names the person behind a digest."""
    return f"{MARK}{digest[:32]}"
