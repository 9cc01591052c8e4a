"""One-time codes and PINs that are called so, not the code of a door, and lists of them."""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction.cover import COVERS
from helpdesk.desk.redaction.kinds import Kind, Secret
from helpdesk.desk.redaction.sent_codes import find_sent
from helpdesk.desk.redaction.shape import turns_in
from helpdesk.desk.redaction.vocabulary import CODE, OTHER_CODES, one_of, talk
from helpdesk.desk.redaction.words import Span

_DIGITS = r"(?:\d{4}[ -]\d{4}|\d{3}[ -]\d{3}|\d{2} \d{2} \d{2}|\d{4,8})"
_VALUE = rf"(?:[A-Z]-\d{{6}}|{_DIGITS})(?![\w{COVERS}]|[.,:-]\d)"
_DRAWN = (
    rf"(?=[A-Z-]{{0,11}}\d)[A-Z0-9]{{2,6}}(?:-[A-Z0-9]{{2,6}}){{1,3}}(?![\w{COVERS}])"
)
_QUALIFIERS = (
    r"(?:one[- ]?time|verification|security|confirmation|log[- ]?in|sign[- ]?in|sms|2fa|mfa|"
    r"two[- ]?factor|2[- ]?step|two[- ]?step|authenticat(?:or|ion)|access|back[- ]?up|"
    r"recovery|auth|app|e-?mail|text)"
)
_LABEL = re.compile(
    rf"(?<!\w)(?P<sure>(?:{_QUALIFIERS}[ -]?){{1,2}}{CODE}|one[- ]?time[- ]?pass(?:word|code)"
    r"|(?:verification|confirmation) number|"
    r"\d[- ]digits?(?: code| number)?|otp|totp|2fa|mfa|"
    r"einmal\w{4,12}|authenticator|bestätigungscode|sicherheitscode|tan)"
    rf"(?!\w)|(?<!\w){CODE}(?!\w)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?:[\s:=#>,?\"'“„(-]{0,3}(?:"
    + one_of(*talk("before code"))
    + r")(?!\w)){0,8}[\s:=#>,?\"'“„(-]{1,4}",
    re.IGNORECASE,
)
# `X7K2P9`: capitals and digits that take turns.
_CAPITALS = rf"(?-i:(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{{5,10}})(?![\w{COVERS}-])"
_AFTER = re.compile(rf"{_VALUE}|{_DRAWN}|{_CAPITALS}", re.IGNORECASE)
_AND = one_of(
    "and or then und oder dann danach y o luego et ou puis e poi en of toen i lub potem"
)
_MORE = re.compile(
    rf"(?P<gap>\s*[,/]\s*{_AND}?|\s+{_AND}|(?<=\w)(?=\s))"
    r"(?P<talk>(?:\s+"
    + one_of(*talk("next code"))
    + rf"){{0,5}})\s*(?P<value>{_VALUE}|{_DRAWN})",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?<![\w.,:/#+{COVERS}-])(?<!\d )(?P<code>{_VALUE})[\"'”)]?[,:]?\s+(?:(?:this|that)\s+)?"
    r"(?:is|was|are|as|for|ist|war|als|est|comme|es|como|è|come|é|jest|jako)"
    r"\s+(?:[\w-]+\s+){0,3}(?P<label>(?:[\w-]+[- ])?"
    rf"{CODE})(?!\w)",
    re.IGNORECASE,
)
_USUAL = 6  # digits
_TURNS_OF_CAPITALS = 3
_WORD_BEFORE = re.compile(r"([\w-]+)(?:'s)?[\s-]{1,2}$")
_OF_A_DOOR = re.compile(
    r"[^.!?\n]{0,40}?(?<!\w)(?:door|gate|garage|keypad|lock|locks|room|building|flat)(?!\w)",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(rf"{one_of(OTHER_CODES)}[- ]", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")


def find_codes(text: str) -> Iterator[Secret]:
    """Find one-time codes by the words around them, or by nothing around them."""
    seen: set[int] = set()
    for first in _firsts(text):
        start, end = first
        # A list that was read from its first is not read again from its second.
        while start not in seen:
            seen.add(start)
            yield Secret(Kind.CODE, start, end)
            more = _MORE.match(text, end)
            if not more or not _is_listed(text[slice(*first)], more):
                break
            start, end = more.span("value")


def _firsts(text: str) -> Iterator[Span]:
    yield from find_sent(text)
    for match in _LABEL.finditer(text):
        if value := _after(text, match):
            yield value
    for match in _BEFORE.finditer(text):
        if not _is_other(text, match.start("label")) and not _OTHER_LABEL.match(
            match["label"]
        ):
            yield match.span("code")


def _is_listed(first: str, more: re.Match[str]) -> bool:
    """Tell whether what follows a code is another one of the same form."""
    value = more["value"]
    if more["gap"] and not more["talk"] and value[0].isdigit() and value[-1].isdigit():
        return True
    is_drawn = any(map(str.isalpha, first)) and any(map(str.isalpha, value))
    is_alike = len(value) == len(first) and first.isdigit() == value.isdigit()
    return is_alike and (
        is_drawn or bool(more["gap"]) or "-" in first or len(first) == _USUAL
    )


def _is_other(text: str, at: int) -> bool:
    """Tell whether the word before says that it is the code of something else."""
    before = _WORD_BEFORE.search(text, max(0, at - 30), at)
    return bool(before and before.group(1).lower() in OTHER_CODES.split())


def _after(text: str, label: re.Match[str]) -> Span | None:
    is_sure = bool(label["sure"])
    between = _BETWEEN.match(text, label.end())
    if not between or (not is_sure and _is_other(text, label.start())):
        return None
    value = _AFTER.match(text, between.end())
    if not value or not _may_be(text, label, value.group(), between.group()):
        return None
    if not is_sure and _OF_A_DOOR.match(text, value.end()):
        return None
    return value.span()


def _may_be(text: str, label: re.Match[str], value: str, between: str) -> bool:
    if any(map(str.isalpha, value[2:])) and (value.isalnum() or not label["sure"]):
        return turns_in(value) >= _TURNS_OF_CAPITALS
    if label["sure"]:
        return any(map(str.isdigit, value))
    if _YEAR.fullmatch(value):
        return bool(between.strip())
    return True
