"""The kinds of secrets, and the words that people read in their place."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a secret is; the value goes over the wire and into the record."""

    PASSWORD = "password"  # noqa: S105  (a kind, not a secret)
    CODE = "code"
    LINK = "link"
    CARD = "card"
    IBAN = "iban"
    KEY = "key"
    SSN = "ssn"


PLACEHOLDERS: dict[Kind, str] = {
    Kind.PASSWORD: "[password removed]",
    Kind.CODE: "[code removed]",
    Kind.LINK: "[link removed]",
    Kind.CARD: "[card number removed]",
    Kind.IBAN: "[IBAN removed]",
    Kind.KEY: "[key removed]",
    Kind.SSN: "[social security number removed]",
}


@dataclass(frozen=True)
class Secret:
    """A stretch of a text that must not be kept."""

    kind: Kind
    start: int
    end: int
