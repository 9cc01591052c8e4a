"""Questions that an installation asks itself, to learn whether it is itself that answers.

Whoever holds the help desk's secret may ask, and only who holds it can answer. Nothing is
read or changed, so a question that is sent twice does no harm.
"""

import hashlib
import hmac
from dataclasses import dataclass

from foundation.secret import Secret

PATH = "/api/v1/diagnosis"
HEADER = "X-Latchkey-Question"
LONGEST = 256  # characters


@dataclass(frozen=True)
class Question:
    """One, with the secret that it was asked with."""

    text: str
    secret: str

    @property
    def header(self) -> str:
        """What is sent."""
        return f"{self.text}.{_digest(self.secret, 'question', self.text)}"

    @property
    def proof(self) -> str:
        """What only who holds the secret can answer."""
        return _digest(self.secret, "answer", self.text)


def read_question(header: str, secret: Secret) -> Question | None:
    """Return what is asked; None if it was not asked with a secret of ours."""
    text = header.rpartition(".")[0]
    if not text or not header.isascii() or len(header) > LONGEST:
        return None
    for value in secret.all:
        question = Question(text, value)
        if hmac.compare_digest(question.header, header):
            return question
    return None


def _digest(secret: str, what: str, text: str) -> str:
    signed = f"latchkey diagnosis {what} {text}".encode()
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
