"""Judges a word by its characters: is it chosen as a password, or drawn?"""

import re
from itertools import pairwise

# The separators of ordinary words, dates and versions say nothing; these do.
_TELLING = frozenset("!@#$%^&*+=?~_§")
_ORDINAL = re.compile(
    r"\d+(?:[.,:]\d+)?(?:x|st|nd|rd|th|h|hrs?|min|mins|s|am|pm|k|mb|gb|tb|px|p|fa|d|g|days?|times|"
    r"er|te|ème|[gm]hz|[mg]bit|chars?|characters?|digits?|zeichen|uhr|eur|usd)"
    r"|\d+(?:[.,:-]\d+)*(?:-[a-zà-ž]+)+",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:windows|win|iphone|ipad|ios|android|galaxy|pixel|chrome|firefox|safari|edge|macos|"
    r"office|version|ver|v|room|step|error|err|http|utf|ipv|mp|usb|covid|order|ticket|case|"
    r"bitwarden|lastpass|keepass|dashlane|microsoft|ms|opera|brave|vivaldi|outlook|exchange|teams|"
    r"ubuntu|debian|fedora|linux|mint|redmi|xperia|oneplus|huawei|nokia|thinkpad|surface|ideapad|"
    r"playstation|ps|xbox|fritz!?box|macbook|watch|tab|sha|md|aes|rsa|base|iso|tlsv?|wpa|oauth|log|argon|"
    r"web|level|part|chapter|page|line|build|release|update|min|max|area|zone|terminal|gate|floor)"
    r"[-_.]?\d[\w.-]*",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"1[Pp]assword\d*|[A-Z]{1,5}[-_/]?\d[\d/-]*|\d+[A-Z]{1,2}|\d[\d.,:/+()-]*"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CALL = re.compile(r"\w+(?:[.:]\w+)+\(.*", re.DOTALL)  # `Kernel.exit(1)`
_INSIDE = re.compile(r"(?<=\w)[!@#$%^&*+=?~](?=\w)")
_BETWEEN_LETTERS = re.compile(rf"{_INSIDE.pattern}|(?<=[a-z])_(?=[A-Z])")
# A name or word with a year or number, as people choose their passwords: `Marley2019`.
_CHOSEN = re.compile(r"(?=.*[A-Z])(?=.*[a-z])[^\W_](?:[^\W_]|['’.-](?=\w)){4,}\d[!?]*")
_READABLE = re.compile(r"[a-z]{6}|[A-Z]{6}|\.\w{2,5}$")
_SYMBOLS = re.compile(r"[!@#$%^&*+=?~_§-]")


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


def is_chosen(word: str) -> bool:
    """Tell whether a word is a password by itself where something was typed or set."""
    if not is_mixed(word) or _CALL.fullmatch(word):
        return False
    return (
        is_strong(word) or bool(_INSIDE.search(word)) or bool(_CHOSEN.fullmatch(word))
    )


def is_symbolic(word: str) -> bool:
    """Tell whether letters have a symbol between them, as in `M!ssPiggy`, not `R&D`."""
    return (
        len(word) >= 6
        and word[0].isalpha()
        and bool(_BETWEEN_LETTERS.search(word.rstrip("!?")))
    )


def parts_of(word: str) -> list[str]:
    """Return what stands between the symbols of a word."""
    return [part for part in _SYMBOLS.split(word) if part]


def is_random(word: str) -> bool:
    """Tell whether a word was drawn by a machine: long, with digits among its letters."""
    digits = sum(map(str.isdigit, word))
    letters = sum(map(str.isalpha, word))
    return len(word) >= 16 and letters >= 4 and digits >= 2 and turns_in(word) >= 4


def is_opaque(piece: str) -> bool:
    """Tell whether a piece of a link says nothing to people: `m2K9dRv6Hq`, not `step-2`."""
    return (
        len(piece) >= 8
        and any(map(str.isdigit, piece))
        and max(turns_in(part) for part in parts_of(piece) or [""]) >= 3
        and not _READABLE.search(piece)
    )


def turns_in(word: str) -> int:
    """Count how often letters and digits, or capitals and small letters, take turns."""
    kinds = [
        "9" if c.isdigit() else "A" if c.isupper() else "a" for c in word if c.isalnum()
    ]
    return sum(one != other for one, other in pairwise(kinds))
