"""Words and quoted texts in a message, without the punctuation around them."""

import re

from helpdesk.desk.redaction.cover import ADDRESS, COVERS
from helpdesk.desk.redaction.vocabulary import OTHER_THINGS, one_of

Span = tuple[int, int]

OPENING = "([{\"'“„«‘`*_<"
QUOTES = "\"'“„«‘`"
CLOSING = ".,;:?…)]}\"'”“»’`>"
_WORD = re.compile(rf"[^\s<>{COVERS}]++")
_QUOTED = re.compile(
    r"\"([^\"\n]{1,80})\"|“([^“”\n]{1,80})”|„([^„“”\n]{1,80})[“”]|«\s?([^«»\n]{1,80}?)\s?»|"
    r"`([^`\n]{1,80})`|(?<!\w)['‘]([^'‘’\n]{1,80})['’](?!\w)"
)
_AROUND_LEADS = OPENING + ".,;?!)"
_LONGEST_LEAD = 4  # words
_MOST_FILLERS = 2
# “user name is …” before a word, “… is not a valid user” after it.
_LOOK_AROUND = 50
_NAMED_BEFORE = re.compile(
    rf"(?<![^\W_]){OTHER_THINGS}(?:\W{{1,3}}"
    + one_of(
        "is was name names id no nr number called my the a as ist war heißt lautet est es",
        "c'est nummer numéro número numero jest to è é",
    )
    + r"){0,3}[^\w\n,;.]{1,3}$",
    re.IGNORECASE,
)
_NAMED_AFTER = re.compile(
    r"\W{0,2}(?:\s+"
    + one_of(
        "is was as for isn't isnt not no a an my the our your valid known existing registered",
        "unknown ist als mein kein keine est comme mon es como mi jest jako moja è é come il",
    )
    + rf"){{0,5}}\s+\(?(?:{OTHER_THINGS}|again|here|speaking|hier|ici|aquí|qui)(?!\w)",
    re.IGNORECASE,
)


def value_at(text: str, at: int) -> Span | None:
    """Return the quoted text or the word that begins at a position."""
    if quoted := _QUOTED.match(text, at):
        start, end = quoted.span(quoted.lastindex or 0)
        return None if any(c in quoted.group() for c in COVERS) else (start, end)
    return word_at(text, at)


def word_at(text: str, at: int) -> Span | None:
    """Return the word that begins at a position."""
    word = _WORD.match(text, at)
    return trimmed(text, *word.span()) if word else None


def trimmed(text: str, start: int, end: int) -> Span | None:
    """Return the span without the punctuation around it; None if it touches a cover."""
    if text[end : end + 1] and text[end] in COVERS:
        return None
    if start and text[start - 1] in COVERS.replace(ADDRESS, ""):
        return None
    while start < end and text[start] in OPENING:
        start += 1
    while end > start and text[end - 1] in CLOSING:
        end -= 1
    return (start, end) if end > start else None


def is_led(text: str, at: int, leads: frozenset[str], fillers: frozenset[str]) -> bool:
    """Tell whether one of the leads stands before a position, with few fillers between."""
    before = text[max(0, at - _LOOK_AROUND) : at].lower().rstrip(OPENING)
    if not before[-1:].isspace():
        return False
    words = [word.strip(_AROUND_LEADS) for word in before.split()]
    for _ in range(_MOST_FILLERS + 1):
        if any(" ".join(words[-n:]) in leads for n in range(1, _LONGEST_LEAD + 1)):
            return True
        if not words or words.pop() not in fillers:
            break
    return False


def is_quoted(text: str, span: Span) -> bool:
    """Tell whether a quotation mark or bracket stands before a word."""
    return span[0] > 0 and text[span[0] - 1] in OPENING


def is_other_thing(text: str, span: Span) -> bool:
    """Tell whether a word is said to be a user's name, an order, a device and the like."""
    start, end = span
    before = text[max(0, start - _LOOK_AROUND) : start]
    after = text[end : end + _LOOK_AROUND]
    return bool(_NAMED_BEFORE.search(before) or _NAMED_AFTER.match(after))
