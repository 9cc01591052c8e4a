"""Passwords, by the words around them and, where nothing is said, by their form.

What says “password” (the label) is found first; then what stands after it, before it, next
to an address, after “I tried”. The less is said, the more the word has to look like one.
"""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction import shape
from helpdesk.desk.redaction.around import after_talk, before
from helpdesk.desk.redaction.cover import ADDRESS, COVERS
from helpdesk.desk.redaction.kinds import Kind, Secret
from helpdesk.desk.redaction.phrases import phrase_at
from helpdesk.desk.redaction.tried import find_unlabelled, listed_after
from helpdesk.desk.redaction.vocabulary import LABELS, is_ordinary, is_talk, one_of
from helpdesk.desk.redaction.words import Span, is_quoted, value_at

_LABEL = re.compile(rf"(?<![\w{COVERS}])(?:{LABELS})(?![\w{COVERS}])", re.IGNORECASE)
_IS = (
    "(?:c est|c etait|"
    + one_of(
        "is was are were it's its it´s thats that's ist war lautet sind heißt est était",
        "c'est c’est es era fue é foi è e' sono je jest było luidt был",
    )
    + ")"
)
_ADVERBS = (
    r"(?:\s+(?:just|now|still|literally|currently|always|actually|probably|maybe|simply|only|"
    r"basically|really))*+"
)
# Between label and verb: “for the portal”, “that I typed”; never the end of a sentence.
_ABOUT = (
    r"(?:\s?[,(–-]\s?(?!and |und |et |y )[^\s,()–-][^,.!?:()\n–]{1,40}[,)–-](?=\s)|"
    r"\s+(?:for|of|to|i|we|he|she|they|that|which|für|fuer|de|del|da|pour|von|van|from)"
    r"(?:\s+[^\s.!?:=]++(?:\.[^\s.!?:=]++)*+){1,4}?)??"
)
_ASSIGNED = re.compile(
    rf"{_ABOUT}[\"'`*_)]?[^\S\n]*+(?:[:=]+>?|-+>|→|[–—-](?=\s)|(?<=\w)-(?=\s))\s*+",
    re.IGNORECASE,
)
_STATED = re.compile(rf"{_ABOUT}\s+{_IS}{_ADVERBS}(?:\s*+:)?\s++", re.IGNORECASE)
_WEAK = re.compile(
    r"(?:\s+(?:should|will|would|could|must|might|may|used|has|can|it|back|over))*+\s+"
    r"(?:to|as|be|to be|for|from|into|with|au|en|auf|na|=)\s++",
    re.IGNORECASE,
)
_NEXT = re.compile(r"\s*+[,(]?\s*+")
_PHRASE = re.compile(rf"[^\n.,;!?{COVERS}]{{3,90}}")
_ENDS = re.compile(
    r"\s*(?:$|[\n.,;!?)\]}\"]|[-–—/|&]\s|(?:and|but|or|und|aber|oder|et|mais|y|pero|e|o|en|maar|"
    rf"then|it|which|why|so|what|is|can|does|doesnt|doesn't|that|pls|please)(?!\w)|[{COVERS}])",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s*(?:char|letter|digit|symbol|number|year|day|week|month|hour|minute|second|time|x\b|%)",
    re.IGNORECASE,
)

# “user ana password …”, “ana@example.com pw …”
_NAME_GIVEN = re.compile(
    rf"(?:{ADDRESS}|(?<!\w)(?:user(?:name)?|login|benutzer(?:name)?|identifiant|usuario|utente)"
    r"\s*[:=]?\s+[^\s,;]{2,40})[\s,;/|]+(?:and |und |et |y )?(?:my |mein |mon |mi )?$",
    re.IGNORECASE,
)
_LINE_ENDS = re.compile(r"[.!?]{0,3}[^\S\n]*(?:$|\n)")
_LOOK_BACK = 60
_SHORTEST_PLAIN = 5


def find_passwords(text: str) -> Iterator[Secret]:
    """Find passwords, and those that are listed after one."""
    labels = list(_LABEL.finditer(text))
    seen: set[int] = set()
    for rule in (_beside_labels(text, labels), find_unlabelled(text, bool(labels))):
        for first in rule:
            span: Span | None = first
            # A list that was read from its first is not read again from its second.
            while span and span[0] not in seen:
                seen.add(span[0])
                yield Secret(Kind.PASSWORD, *span)
                span = listed_after(text, span[1], bool(labels))


def _beside_labels(text: str, labels: list[re.Match[str]]) -> Iterator[Span]:
    for label in labels:
        span = (
            _after(text, label) or before(text, label) or after_talk(text, label.end())
        )
        if span:
            yield span


def _after(text: str, label: re.Match[str]) -> Span | None:
    """Return what is said to be the password, by how it is said."""
    at = label.end()
    for said in (_ASSIGNED, _STATED):
        if match := said.match(text, at):
            phrase = phrase_at(text, match.end(), label.group(), match.group())
            if span := phrase or _said(text, label, match.end()):
                return span
    if (match := _WEAK.match(text, at)) and (span := value_at(text, match.end())):
        is_mixed = shape.is_mixed(text[slice(*span)])
        return span if is_mixed or is_quoted(text, span) else None
    match = _NEXT.match(text, at)
    span = value_at(text, match.end()) if match and match.end() > at else None
    if not span or not (
        _is_next(text, span, label.group()) or _is_listed(text, label, span)
    ):
        return None
    return span


def _is_listed(text: str, label: re.Match[str], span: Span) -> bool:
    """Tell whether a plain word ends a line that gives name and password in turn."""
    value = text[slice(*span)]
    if not value.isalpha() or len(value) < _SHORTEST_PLAIN or is_ordinary(value):
        return False
    given = _NAME_GIVEN.search(text[max(0, label.start() - _LOOK_BACK) : label.start()])
    return bool(given and _LINE_ENDS.match(text, span[1]))


def _said(text: str, label: re.Match[str], at: int) -> Span | None:
    if "phrase" in label.group().lower():
        phrase = _PHRASE.match(text, at)
        if phrase and " " in phrase.group() and not is_talk(phrase.group()):
            return phrase.start(), phrase.start() + len(phrase.group().rstrip())
    span = value_at(text, at)
    if not span:
        return None
    value = text[slice(*span)]
    if is_quoted(text, span) and not is_talk(value):
        return span
    if value.isdigit():
        few = 3 if label.group().lower() == "pin" or ":" in text[at - 2 : at] else 4
        return None if len(value) < few or _UNIT.match(text, span[1]) else span
    if is_ordinary(value) or shape.is_known(value):
        return None
    if any(map(str.isdigit, value)) or shape.has_telling_symbol(value):
        return span
    return span if _ENDS.match(text, span[1]) and value[0].isalnum() else None


def _is_next(text: str, span: Span, label: str) -> bool:
    """Tell whether what follows the label without a word between is a password."""
    value = text[slice(*span)]
    if value.isdigit():
        is_year = len(value) == 4 and value[:2] in ("19", "20")
        return len(value) >= 4 and not is_year and not _UNIT.match(text, span[1])
    if label.lower() in ("pass", "pin", "clave", "parola") and len(value) < 6:
        return False
    if " " in value:
        return False
    return shape.is_mixed(value) or (
        shape.has_telling_symbol(value)
        and not is_ordinary(value)
        and value[0].isalpha()
    )
