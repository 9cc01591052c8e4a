"""Judges a word by its characters: is it chosen as a password, or drawn?"""

import re
from itertools import pairwise

# The separators of ordinary words, dates and versions say nothing; these do.
_TELLING = frozenset("!@#$%^&*+=?~_§")
_ORDINAL = re.compile(
    r"\d+(?:x|st|nd|rd|th|h|hrs?|min|mins|s|am|pm|k|mb|gb|px|fa|d|g|days?|times|er|te|ème)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:windows|win|iphone|ipad|ios|android|galaxy|pixel|chrome|firefox|safari|edge|macos|"
    r"office|version|ver|v|room|step|error|err|http|utf|ipv|mp|usb|covid|order|ticket|case|bitwarden|lastpass|keepass)"
    r"[-_.]?\d[\w.-]*",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"1[Pp]assword\d*|[A-Z]{1,5}[-_/]?\d[\d/-]*|\d+[A-Z]{1,2}|\d[\d.,:/+()-]*"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CALL = re.compile(r"\w+(?:[.:]\w+)+\(.*", re.DOTALL)  # `Kernel.exit(1)`
_INSIDE = re.compile(r"(?<=\w)[!@#$%^&*+=?~](?=\w)")


def is_mixed(word: str) -> bool:
    """Tell whether a word has letters and digits as a password has, not `3x` or `iPad2`."""
    return (
        len(word) >= 5
        and any(map(str.isalpha, word))
        and any(map(str.isdigit, word))
        and not is_known(word)
    )


def is_known(word: str) -> bool:
    """Tell whether a word is an ordinal, a product with its number or a reference."""
    core = word.rstrip("!?")
    return any(
        known.fullmatch(core) for known in (_ORDINAL, _NUMBERED, _REFERENCE, _UUID)
    )


def has_telling_symbol(word: str) -> bool:
    """Tell whether a word has a symbol inside that ordinary words do not have."""
    return len(word) >= 5 and not _TELLING.isdisjoint(word.rstrip("!?"))


def is_strong(word: str) -> bool:
    """Tell whether a word has capitals, small letters, digits and a symbol."""
    return (
        is_mixed(word)
        and len(word) >= 7
        and word.lower() != word != word.upper()
        and not word.isalnum()
        and not _CALL.fullmatch(word)
    )


def is_unmistakable(word: str) -> bool:
    """Tell whether a word is strong by a symbol inside: nothing else looks like that."""
    return len(word) >= 8 and is_strong(word) and bool(_INSIDE.search(word))


def is_random(word: str) -> bool:
    """Tell whether a word was drawn by a machine: long, with digits among its letters."""
    digits = sum(map(str.isdigit, word))
    letters = sum(map(str.isalpha, word))
    return len(word) >= 16 and letters >= 4 and digits >= 2 and turns_in(word) >= 4


def turns_in(word: str) -> int:
    """Count how often letters and digits, or capitals and small letters, take turns."""
    kinds = [
        "9" if c.isdigit() else "A" if c.isupper() else "a" for c in word if c.isalnum()
    ]
    return sum(one != other for one, other in pairwise(kinds))
