"""Passwords that nothing calls so: typed or set, beside an address, or alone."""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction import shape
from helpdesk.desk.redaction.cover import ADDRESS, COVERS
from helpdesk.desk.redaction.vocabulary import LABELS, is_ordinary, one_of, talk
from helpdesk.desk.redaction.words import Span, is_led, is_other_thing, trimmed, word_at

_LONG_WORD = re.compile(rf"[^\s<>{COVERS}]{{8,}}+")
# Only such a word can be one where nothing else says so.
_WITH_DIGITS = re.compile(
    rf"(?<![^\s{COVERS}])(?=[^\s\d<>{COVERS}]*+\d)[^\s<>{COVERS}]{{5,}}+"
)
_TYPED = talk("typed")
_USED = _TYPED | talk("used")
_FILLERS = talk("filled")
_DONE = re.compile(
    rf"\s+(?:immer\s+|so\s+)?{one_of(*talk('was entered'))}(?!\w)", re.IGNORECASE
)
# What no user name is: always the same, the default, …
_SAME = re.compile(
    r"(?<!\w)(?:(?:same|always|the one|immer das ?selbe|toujours le même|siempre la misma)"
    r"(?:\s+[^\W\d_]+){0,4}?\s+(?:(?:for )?everything|everywhere|"
    r"for (?:all|every)(?:\s+[^\W\d_]+){0,2}|on (?:all|every)(?:\s+[^\W\d_]+){1,2}|"
    r"always(?: used?)?|for years|forever|überall|partout|para todo)|default (?:is|was)"
    r"|(?:always|used to|still) work(?:s|ed)? with"
    r"|(?:benutze|nehme|nutze|verwende|utilise|uso|gebruik|używam|usar|use|using)\s+"
    r"(?:immer|toujours|siempre|sempre|altijd|zawsze|always))\s*[,:(-]{0,2}\s*",
    re.IGNORECASE,
)
# … or too short for the rules.
_TOO_WEAK = re.compile(
    r"(?<!\s)\s{1,3}(?:is|was|has|ist|sei|wäre|est|es|è|é|jest)\s+(?:(?:apparently|been|not|suddenly|too|way|"
    r"far|already|angeblich|zu|trop|demasiado|muy|troppo|muito|te|za|so|pas assez|nicht)"
    r"\s+){0,3}(?:short|weak|simple|common|easy|guess\w*|strong|secure|breached|leaked|used|"
    r"kurz|"
    r"schwach|unsicher|sicher|einfach|courte?|faible|simple|cort[ao]|d[ée]bil|debole|fraca|zwak|kort|"
    r"krótkie|słabe)(?!\w)",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    rf"(?<!{ADDRESS}){ADDRESS}++(?P<gap>[^\S\n]*+[:/|,;>&-]{{0,2}}\s*+)(?=[^\s{COVERS}])"
)
_LOGIN = re.compile(
    r"(?<!\w)(?:log-?in|log in|logged in|credentials?|creds|user(?:name)?|un|"
    r"zugang\w*|anmeld\w*|"
    r"konto|account|compte|identifiants?|connexion|cuenta|conta|usuario|utente|gebruiker|inlog\w*|"
    r"logowani\w*|u[żz]ytkownik)(?!\w)",
    re.IGNORECASE,
)
_MORE = re.compile(
    rf"(?:\s*+[,/;|]\s*+|\s+)(?:{one_of(*talk('listed'))}\s+){{0,5}}", re.IGNORECASE
)
_LINE_ENDS = re.compile(r"[.!?]{0,3}[^\S\n]*(?:$|\n|,\s)")
_FIELD = re.compile(rf"(?:{LABELS})[:=]", re.IGNORECASE)
_LAST_WORD = re.compile(rf"(?<![^\s{COVERS}])[^\s<>{COVERS}]+$")
_LONGEST = 60  # characters of a word before
_SMALLEST_PLAIN = 6


def find_unlabelled(text: str, has_label: bool) -> Iterator[Span]:
    """Find passwords by what was done with them, by what is beside them, or by form."""
    for match in _WITH_DIGITS.finditer(text):
        span = trimmed(text, *match.span())
        if span and _is_typed(text, span, has_label):
            yield span
    yield from _judged(text, has_label)
    yield from _beside_addresses(text, has_label)
    for match in _LONG_WORD.finditer(text):
        span = trimmed(text, *match.span())
        value = text[slice(*span)] if span else ""
        if span and shape.is_unmistakable(value) and not _FIELD.match(value):
            yield span
    alone = word_at(text, len(text) - len(text.lstrip()))
    if alone and _is_alone(text, alone):
        yield alone


def _judged(text: str, has_label: bool) -> Iterator[Span]:
    """Find what people say of nothing but passwords, and what they typed, said before it."""
    for match in _SAME.finditer(text):
        span = word_at(text, match.end())
        if span and _may_be(text, span):
            yield span
    for match in _TOO_WEAK.finditer(text):
        span = _word_before(text, match.start())
        if span and _may_be(text, span):
            yield span


def _is_typed(text: str, span: Span, has_label: bool) -> bool:
    """Tell whether a word was typed, set, used, or looks like it."""
    value = text[slice(*span)]
    if not (shape.is_mixed(value) if has_label else shape.is_chosen(value)):
        return False
    leads = _USED if has_label or shape.is_strong(value) else _TYPED
    is_said = is_led(text, span[0], leads, _FILLERS) or _DONE.match(text, span[1])
    return bool(is_said) and _is_tried(text, span, has_label)


def _may_be(text: str, span: Span) -> bool:
    return shape.is_mixed(text[slice(*span)]) and not is_other_thing(text, span)


def _word_before(text: str, end: int) -> Span | None:
    word = _LAST_WORD.search(text, max(0, end - _LONGEST), end)
    return trimmed(text, *word.span()) if word else None


def _is_tried(text: str, span: Span, has_label: bool) -> bool:
    value = text[slice(*span)]
    if _FIELD.match(value):
        return False
    if shape.is_strong(value):
        return True
    if not (shape.is_mixed(value) if has_label else shape.is_chosen(value)):
        return False
    return not is_other_thing(text, span)


def _beside_addresses(text: str, has_label: bool) -> Iterator[Span]:
    is_login = has_label or bool(_LOGIN.search(text))
    for match in _BESIDE.finditer(text):
        span = word_at(text, match.end())
        if span and _is_beside(text, span, match["gap"], is_login):
            yield span


def _is_beside(text: str, span: Span, gap: str, is_login: bool) -> bool:
    """Tell whether a word next to an address is the password that goes with it."""
    value = text[slice(*span)]
    if _FIELD.match(value):
        return False
    if shape.is_strong(value):
        return True
    is_dash = gap.strip() == "-" and bool(_LINE_ENDS.match(text, span[1]))
    is_pair = gap.strip() in (":", "/", "//", "|", "&")
    if (is_pair or is_dash or is_login) and shape.is_mixed(value):
        return True
    if not value.isalpha() or is_ordinary(value) or not _LINE_ENDS.match(text, span[1]):
        return False
    return gap == ":" or (is_pair and is_login and len(value) >= _SMALLEST_PLAIN)


def _is_alone(text: str, span: Span) -> bool:
    """Tell whether a message is one word that looks like a password, with little more."""
    value = text[slice(*span)]
    is_field = bool(_FIELD.match(value))
    return not is_field and shape.is_strong(value) and len(text) - len(value) <= 30


def listed_after(text: str, end: int, has_label: bool) -> Span | None:
    """Return the next one of a list: “… and …”, “from … to …”."""
    match = _MORE.match(text, end)
    span = word_at(text, match.end()) if match else None
    return span if span and _is_tried(text, span, has_label) else None
