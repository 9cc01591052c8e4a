"""What another system says about agents: the words that its client and we share."""

from dataclasses import dataclass
from typing import Protocol


class VouchingError(Exception):
    """Nobody can be let in by what the other system said."""


class SystemAwayError(VouchingError):
    """The other system does not answer; later it may."""


@dataclass(frozen=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and what it must come back with."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class VouchedFor:
    """Whom the other system vouches for."""

    issuer: str
    subject: str
    email: str
    is_email_verified: bool
    name: str


class VouchingSystem(Protocol):
    """A client of the other system; used by threads."""

    def begin(self) -> Begun:
        """Return where to send the browser.

        Raises:
            SystemAwayError: The system does not answer.
            VouchingError: It is not the one that we were told of.
        """

    def finish(self, code: str, nonce: str, verifier: str) -> VouchedFor:
        """Return whom the system vouches for.

        Args:
            code: What the browser came back with.
            nonce: Of the sign-in that this browser began.
            verifier: Likewise.

        Raises:
            SystemAwayError: The system does not answer.
            VouchingError: It does not vouch for anybody.
        """
