"""What phones make of a typed command, and how it is undone.

They turn `--dry-run` into `—dry-run`, quotes into curly ones, spaces into unbreakable ones,
begin every word after a slash with a capital, and leave marks that nobody sees.
"""

import re
import unicodedata
from collections.abc import Container

SLASH = "/"
LONGEST_BEGINNING = 100  # with the marks that nobody sees
# What a slash can look like; a backslash is a slip, and no word begins with one.
_SLASHES = re.compile(r"[／⁄∕⧸\\]")
_QUOTES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″〝〞＂", '"'),
        **dict.fromkeys("‘’‚‛‹›′＇`´", "'"),
    }
)
_DASHES = "‐‑‒–—―−﹘﹣－"
_OPTION = re.compile(rf"(?<!\S)(?:[{_DASHES}-])+(?=[^\W\d_])")
_UNSEEN = {"Cf", "Cc"}
# The end of a pasted link, `/reset/…`, begins like one.
_FIRST = re.compile(r"""["'(\[]*/\s*([^\W\d_]++)(?!/[\w-]{30})""")


def tidy_command(text: str) -> str:
    """Return a typed line as it would have been typed on a keyboard."""
    shown = "".join(
        " " if each.isspace() else each
        for each in text
        if each.isspace() or unicodedata.category(each) not in _UNSEEN
    )
    plain = shown.translate(_QUOTES).strip()
    if _SLASHES.match(plain.lstrip("\"'([")):
        plain = _SLASHES.sub(SLASH, plain, count=1)
    return _OPTION.sub("--", plain)


def first_word(text: str) -> str | None:
    """Return the word behind the slash that a line begins with, in small letters."""
    found = _FIRST.match(tidy_command(text[:LONGEST_BEGINNING]))
    return found[1].lower() if found else None


def names_command(text: str | None, commands: Container[str]) -> bool:
    """Tell whether a line begins with one of these commands."""
    return text is not None and first_word(text) in commands
