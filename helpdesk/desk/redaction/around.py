"""Passwords with talk between them and the word “password”, on either side of it."""

import re

from helpdesk.desk.redaction import shape
from helpdesk.desk.redaction.cover import COVERS
from helpdesk.desk.redaction.vocabulary import (
    OTHER_THINGS,
    is_ordinary,
    is_talk,
    one_of,
    talk,
)
from helpdesk.desk.redaction.words import (
    QUOTES,
    Span,
    is_other_thing,
    trimmed,
    value_at,
)

_MOST_WORDS = 9  # of talk
_LOOK_BACK = 120  # characters before a label
_GAP = re.compile(r"[^\S\n]*+[,(:]?[^\S\n]*+")
_TALK = re.compile(r"[^\W\d_]++(?:['’-][^\W\d_]++)*+(?=[\s,()]|:\s)")
_ELSEWHERE = re.compile(
    rf"(?:{OTHER_THINGS}|{one_of(*talk('elsewhere'))})", re.IGNORECASE
)
_PLACED = talk("placed")
_UNIT = re.compile(r"[\s-]*(?:char|letter|digit|symbol|zeichen|caract)", re.IGNORECASE)
_SHORTEST_PLAIN = 5
_ANY_WORD = re.compile(r"\S++")
_JOINING = talk("joining")
_BEFORE_LABEL = talk("before label") | _JOINING
_LEADING = talk("leading")
_POSSESSIVE = talk("possessive")
_CLAUSE_BEGINS = re.compile(r"(?:^|[\n.!?;:,])\s*$")
_PLAIN_ENDS = re.compile(
    r"\s*(?:$|[\n.,;!?)]|(?:and|but|und|aber|et|y|e|i|a)\s)", re.IGNORECASE
)


def after_talk(text: str, at: int) -> Span | None:
    """Find “the password you mailed me, I think, was …”: it must look like one."""
    last = ""
    for _ in range(_MOST_WORDS):
        gap = _GAP.match(text, at)
        if not gap or gap.end() == at:
            return None
        at = gap.end()
        word = _TALK.match(text, at)
        if not word or text[at] in COVERS:
            break
        if _ELSEWHERE.fullmatch(word.group()) or _ends_clause(text, word.end()):
            return None
        at, last = word.end(), word.group().lower()
    span = value_at(text, at)
    if (
        not span
        or last in _PLACED
        or is_other_thing(text, span)
        or _UNIT.match(text, span[1])
    ):
        return None
    value = text[slice(*span)]
    is_said = last in _JOINING and text[span[0] - 1] in QUOTES and not is_talk(value)
    return span if is_said or _looks_chosen(value) else None


def _ends_clause(text: str, at: int) -> bool:
    return text[at : at + 1] in ("", ".", "!", "?", "\n")


def _looks_chosen(value: str) -> bool:
    if shape.is_mixed(value):
        return True
    return shape.is_symbolic(value) and not all(map(is_ordinary, shape.parts_of(value)))


def before(text: str, label: re.Match[str]) -> Span | None:
    """Find what stands before the label: “hunter2 is my password”."""
    at = label.start()
    start = max(text.rfind("\n", 0, at) + 1, at - _LOOK_BACK)
    words = list(_ANY_WORD.finditer(text, start, at))
    if not words or words[-1].end() == at:
        return None
    if len(words) > 2 and words[-2].group().lower() in _POSSESSIVE:
        words.pop()  # “as portal password”
    between: set[str] = set()
    while words and words[-1].group().lower() in _BEFORE_LABEL:
        between.add(words.pop().group().lower())
    if not words or not between:
        return None
    span = trimmed(text, *words[-1].span())
    if not span:
        return None
    is_linked = bool(between & _JOINING)
    value = text[slice(*span)]
    if _looks_chosen(value) and not is_other_thing(text, span):
        is_led = len(words) > 1 and words[-2].group().lower() in _LEADING
        return span if is_linked or is_led or text[span[1]] == "," else None
    return span if is_linked and _is_plainly_said(text, span, label.end()) else None


def _is_plainly_said(text: str, span: Span, end: int) -> bool:
    """Tell whether a plain word is quoted, or alone before “is my password” and a stop."""
    value = text[slice(*span)]
    if not value.isalpha() or len(value) < _SHORTEST_PLAIN or is_ordinary(value):
        return False
    if span[0] and text[span[0] - 1] in QUOTES:
        return True
    begins = _CLAUSE_BEGINS.search(text[max(0, span[0] - 10) : span[0]])
    return bool(begins and _PLAIN_ENDS.match(text, end))
