"""Passwords, by the words around them and, where nothing is said, by their form.

What says “password” (the label) is found first; then what stands after it, before it, next
to an address, after “I tried”. The less is said, the more the word has to look like one.
"""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction import shape
from helpdesk.desk.redaction.cover import ADDRESS, COVERS
from helpdesk.desk.redaction.kinds import Kind, Secret
from helpdesk.desk.redaction.phrases import phrase_at
from helpdesk.desk.redaction.vocabulary import LABELS, is_ordinary, one_of

_LABEL = re.compile(rf"(?<![\w{COVERS}])(?:{LABELS})(?![\w{COVERS}])", re.IGNORECASE)
_WORD = re.compile(rf"[^\s<>{COVERS}]++")
_ANY_WORD = re.compile(r"\S++")
_LONG_WORD = re.compile(rf"[^\s<>{COVERS}]{{8,}}+")
_LOOK_BACK = 120  # characters before a label
_QUOTED = re.compile(
    r"\"([^\"\n]{1,80})\"|“([^“”\n]{1,80})”|„([^„“”\n]{1,80})[“”]|«\s?([^«»\n]{1,80}?)\s?»|"
    r"`([^`\n]{1,80})`|(?<!\w)['‘]([^'‘’\n]{1,80})['’](?!\w)"
)
_OPENING = "([{\"'“„«‘`*_<"
_CLOSING = ".,;:?…)]}\"'”“»’`>"
_IS = one_of(
    "is was are were it's its it´s ist war lautet sind est était c'est es era é è e' je jest"
)
_ADVERBS = (
    r"(?:\s+(?:just|now|still|literally|currently|always|actually|probably|maybe|simply|only|"
    r"basically|really))*+"
)
# Between label and verb: “for the portal”, “that I typed”; never the end of a sentence.
_ABOUT = (
    r"(?:\s+(?:for|of|to|i|we|he|she|they|that|which|für|fuer|de|del|da|pour|von|van|from)"
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
# What may stand between a password and the label after it; the second kind joins the two.
_TO_LABEL = frozenset(
    {
        "not",
        "working",
        "for",
        "the",
        "my",
        "our",
        "his",
        "her",
        "a",
        "an",
        "old",
        "new",
        "current",
        "first",
        "last",
        "real",
        "wrong",
        "right",
        "mein",
        "meine",
        "das",
        "mon",
        "mi",
    }
)
_LINKS = frozenset({"is", "was", "are", "as", "be", "ist", "war", "als", "est", "es"})
_LEADS = frozenset(
    {
        "its",
        "it's",
        "it",
        "is",
        "was",
        "be",
        "use",
        "used",
        "using",
        "set",
        "put",
        "try",
        "tried",
        "typed",
        "entered",
        "with",
    }
)
_TRIED = re.compile(
    r"(?<!\w)(?:tried|try|trying|typed|typing|type|entered|entering|enter|wrote|put in|"
    r"puts? it|used?|using|with|it was|it is|it's|its|should be|might be|maybe|check if|"
    r"default is|"
    r"(?:gave|sent) me|the same|set(?:ting)?(?: it)? to|changed?(?: it)?,? (?:to|from)|"
    r"takes?|accepts?|set|probiert|eingegeben|essayé|probado),?"
    r"(?:\s+(?:the|my|a|it|with|using|in|to|both|first)){0,2}\s++",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    rf"(?<!{ADDRESS}){ADDRESS}++(?P<gap>[^\S\n]*+[:/|,;>&-]{{0,2}}\s*+)(?=[^\s{COVERS}])"
)
_LOGIN = re.compile(
    r"(?<!\w)(?:log-?in|log in|credentials?|user(?:name)?|un|zugang\w*|anmeld\w*|konto|"
    r"account)(?!\w)",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:\s*+[,/;|]\s*+|\s+)(?:(?:and|or|then|und|oder|y|o|et|ou|also|even|to|now|later)\s+){0,2}",
    re.IGNORECASE,
)


def find_passwords(text: str) -> Iterator[Secret]:
    """Find passwords, and those that are listed after one."""
    labels = list(_LABEL.finditer(text))
    seen: set[int] = set()
    for rule in (_beside_labels(text, labels), _unlabelled(text, bool(labels))):
        for first in rule:
            span: tuple[int, int] | None = first
            # A list that was read from its first is not read again from its second.
            while span and span[0] not in seen:
                seen.add(span[0])
                yield Secret(Kind.PASSWORD, *span)
                span = _listed_after(text, span[1], bool(labels))


def _beside_labels(text: str, labels: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    for label in labels:
        span = _after(text, label) or _before(text, label)
        if span:
            yield span


def _unlabelled(text: str, has_label: bool) -> Iterator[tuple[int, int]]:
    for match in _TRIED.finditer(text):
        span = _word_at(text, match.end())
        if span and _is_tried(text[slice(*span)], has_label):
            yield span
    is_login = has_label or bool(_LOGIN.search(text))
    for match in _BESIDE.finditer(text):
        span = _word_at(text, match.end())
        if span and _is_beside(text, span, match["gap"], is_login):
            yield span
    for match in _LONG_WORD.finditer(text):
        span = _trimmed(text, *match.span())
        if span and shape.is_unmistakable(text[slice(*span)]):
            yield span
    alone = _word_at(text, len(text) - len(text.lstrip()))
    if alone and _is_alone(text, alone):
        yield alone


def _after(text: str, label: re.Match[str]) -> tuple[int, int] | None:
    """Return what is said to be the password, by how it is said."""
    at = label.end()
    for said in (_ASSIGNED, _STATED):
        if match := said.match(text, at):
            phrase = phrase_at(text, match.end(), label.group(), match.group())
            return phrase or _said(text, label, match.end())
    if (match := _WEAK.match(text, at)) and (span := _value_at(text, match.end())):
        is_quoted = text[span[0] - 1] in _OPENING
        return span if is_quoted or shape.is_mixed(text[slice(*span)]) else None
    match = _NEXT.match(text, at)
    span = _value_at(text, match.end()) if match and match.end() > at else None
    return span if span and _is_next(text, span, label.group()) else None


def _said(text: str, label: re.Match[str], at: int) -> tuple[int, int] | None:
    if "phrase" in label.group().lower():
        phrase = _PHRASE.match(text, at)
        if phrase and " " in phrase.group() and not _is_talk(phrase.group()):
            return phrase.start(), phrase.start() + len(phrase.group().rstrip())
    span = _value_at(text, at)
    if not span:
        return None
    value = text[slice(*span)]
    if text[span[0] - 1] in _OPENING and not _is_talk(value):
        return span
    if value.isdigit():
        few = 3 if label.group().lower() == "pin" or ":" in text[at - 2 : at] else 4
        return None if len(value) < few or _UNIT.match(text, span[1]) else span
    if is_ordinary(value) or shape.is_known(value):
        return None
    if any(map(str.isdigit, value)) or shape.has_telling_symbol(value):
        return span
    return span if _ENDS.match(text, span[1]) and value[0].isalnum() else None


def _is_talk(phrase: str) -> bool:
    words = phrase.split()
    return 2 * sum(map(is_ordinary, words)) > len(words)


def _is_next(text: str, span: tuple[int, int], label: str) -> bool:
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


def _before(text: str, label: re.Match[str]) -> tuple[int, int] | None:
    """Return what stands before the label: “hunter2 is my password”."""
    start = max(text.rfind("\n", 0, label.start()) + 1, label.start() - _LOOK_BACK)
    words = list(_ANY_WORD.finditer(text, start, label.start()))
    if not words or words[-1].end() == label.start():
        return None
    between: set[str] = set()
    while words and words[-1].group().lower() in _TO_LABEL | _LINKS:
        between.add(words.pop().group().lower())
    if not words or not between:
        return None
    span = _trimmed(text, *words[-1].span())
    if not span or not shape.is_mixed(text[slice(*span)]):
        return None
    is_led = len(words) > 1 and words[-2].group().lower() in _LEADS
    return span if between & _LINKS or is_led or text[span[1]] == "," else None


def _is_tried(value: str, has_label: bool) -> bool:
    return shape.is_strong(value) or (has_label and shape.is_mixed(value))


def _is_beside(text: str, span: tuple[int, int], gap: str, is_login: bool) -> bool:
    """Tell whether a word next to an address is the password that goes with it."""
    value = text[slice(*span)]
    if shape.is_strong(value):
        return True
    if (gap.strip() in (":", "/", "//", "|", "&") or is_login) and shape.is_mixed(
        value
    ):
        return True
    is_pair = gap == ":" and value.isalpha() and not is_ordinary(value)
    return is_pair and bool(_ENDS.match(text, span[1]))


def _is_alone(text: str, span: tuple[int, int]) -> bool:
    """Tell whether a message is one word that looks like a password, with little more."""
    value = text[slice(*span)]
    return shape.is_strong(value) and len(text) - len(value) <= 30


def _listed_after(text: str, end: int, has_label: bool) -> tuple[int, int] | None:
    match = _MORE.match(text, end)
    span = _word_at(text, match.end()) if match else None
    return span if span and _is_tried(text[slice(*span)], has_label) else None


def _value_at(text: str, at: int) -> tuple[int, int] | None:
    """Return the quoted text or the word that begins at a position."""
    if quoted := _QUOTED.match(text, at):
        start, end = quoted.span(quoted.lastindex or 0)
        return None if any(c in quoted.group() for c in COVERS) else (start, end)
    return _word_at(text, at)


def _word_at(text: str, at: int) -> tuple[int, int] | None:
    word = _WORD.match(text, at)
    return _trimmed(text, *word.span()) if word else None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span without the punctuation around it; None if it touches a cover."""
    if text[end : end + 1] and text[end] in COVERS:
        return None
    if start and text[start - 1] in COVERS.replace(ADDRESS, ""):
        return None
    while start < end and text[start] in _OPENING:
        start += 1
    while end > start and text[end - 1] in _CLOSING:
        end -= 1
    return (start, end) if end > start else None
