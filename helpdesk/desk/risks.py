"""How much harm a wrong command does, and which of them need a second person."""

from dataclasses import dataclass
from enum import StrEnum


class Risk(StrEnum):
    """What a command can do wrong."""

    NONE = "none"  # it only looks
    MAIL = "mail"  # one person gets a mail they did not ask for
    BULK = "bulk"  # many do


@dataclass(frozen=True)
class SecondPersonRule:
    """Which risks one admin alone does not take.

    Unless it `is_strict`, an admin who is the only one goes ahead alone: nobody could
    agree, and a desk with one admin must work as it comes.
    """

    risks: frozenset[Risk] = frozenset({Risk.BULK})
    is_strict: bool = False
