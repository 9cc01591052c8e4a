"""Is this an e-mail address, and is it the one that was meant?"""

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from rapidfuzz.distance import DamerauLevenshtein

# Where people's private mail is; a domain one slip away from these is probably a slip.
COMMON_DOMAINS = (
    "aol.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "proton.me",
    "protonmail.com",
    "t-online.de",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.ru",
    "ziggo.nl",
)
COMMON_SLIPS = {".con": ".com", ".cmo": ".com", ".ocm": ".com", ".comm": ".com"}
AROUND = " <>\"'.,;"  # an address, not of it
CUT_OFF = re.compile(r"[^@\s]+@[\w-]+(?:\.[\w-]+)*\.\w?")  # “ana@example.c”
SHORT = 7  # characters; shorter domains are too close to each other to guess


@dataclass(frozen=True)
class CheckedAddress:
    """A well-formed address, and a likelier spelling of it if there is one."""

    address: str
    suggestion: str | None = None


def check_address(text: str) -> CheckedAddress | None:
    """Check what somebody typed as an address.

    Args:
        text: one address, perhaps with spaces or quotes around it.

    Returns:
        None if it cannot be an address. Whether it exists is never looked up.
    """
    if is_cut_off(text):
        return None
    try:
        valid = validate_email(
            text.strip(AROUND), check_deliverability=False, test_environment=True
        )
    except EmailNotValidError:
        return None
    domain = likelier_domain(valid.domain.lower())
    suggestion = f"{valid.local_part}@{domain}" if domain else None
    return CheckedAddress(valid.normalized, suggestion)


def is_cut_off(text: str) -> bool:
    """Tell whether an address ends too early: no top-level domain has one letter."""
    return bool(CUT_OFF.fullmatch(text.strip(AROUND)))


def likelier_domain(domain: str) -> str | None:
    """Return the common domain that `domain` is one slip away from, if any."""
    if domain in COMMON_DOMAINS:
        return None
    for slip, right in COMMON_SLIPS.items():
        if domain.endswith(slip):
            return domain.removesuffix(slip) + right
    near = [
        known
        for known in COMMON_DOMAINS
        if len(known) >= SHORT and DamerauLevenshtein.distance(domain, known) == 1
    ]
    return near[0] if near else None
