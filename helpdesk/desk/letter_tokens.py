"""The tokens in mails to contacts: short, signed, and proof against lower-casing.

Nobody can make one up, and one for one purpose is worth nothing for another.
"""

import hashlib
import hmac
import re
from base64 import b32decode, b32encode
from enum import Enum
from uuid import UUID

from foundation.secret import Secret

ID_BYTES, SIGN_BYTES = 16, 10
TOKEN = re.compile(r"[a-z2-7]{42}", re.IGNORECASE)
PADDING = "=" * 6  # base32 wants whole groups of eight


class Purpose(Enum):
    """What a token is for, and what its id is of."""

    PROOF = "proof"  # this address is mine; the id of the proof
    STOP = "stop"  # no more mails; the id of the proof
    ANSWER = "answer"  # an answer by mail; the id of the conversation


class LetterTokens:
    """Makes and checks them.

    Args:
        secret: What they are signed with.
    """

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def issue(self, purpose: Purpose, its_id: UUID) -> str:
        """Return the token of something; it is the same each time."""
        signed = its_id.bytes + self._sign(self._secret.current, purpose, its_id.bytes)
        return b32encode(signed).decode().rstrip("=").lower()

    def read(self, purpose: Purpose, token: str) -> UUID | None:
        """Return the id that a token is for, or None if it is not ours."""
        if not TOKEN.fullmatch(token):
            return None
        content = b32decode(token.upper() + PADDING)
        its_id, sign = content[:ID_BYTES], content[ID_BYTES:]
        is_ours = self._secret.any_fits(
            lambda secret: hmac.compare_digest(
                sign, self._sign(secret, purpose, its_id)
            )
        )
        if not is_ours:
            return None
        return UUID(bytes=its_id)

    def find(self, purpose: Purpose, texts: list[str]) -> UUID | None:
        """Return the id of the first good token inside some texts."""
        words = (word for text in texts for word in TOKEN.findall(text))
        found = (self.read(purpose, word) for word in words)
        return next((its_id for its_id in found if its_id is not None), None)

    @staticmethod
    def _sign(secret: str, purpose: Purpose, its_id: bytes) -> bytes:
        signed = f"letter:{purpose.value}:".encode() + its_id
        return hmac.new(secret.encode(), signed, hashlib.sha256).digest()[:SIGN_BYTES]
