"""Numbers that nothing calls a code: sent by mail or text, typed, refused, or alone."""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction.cover import COVERS
from helpdesk.desk.redaction.vocabulary import CODE, one_of, talk
from helpdesk.desk.redaction.words import Span, is_led

_NUMBER = r"(?:[0-9]{4}[ -][0-9]{4}|[0-9]{3}[ -][0-9]{3}|[0-9]{4,8})"
_SIX = r"(?:[0-9]{6}|[0-9]{3}[ -][0-9]{3})"
_BEGIN = rf"(?<![\w.,:/#+$€£{COVERS}-])(?<!\d )"
_END = rf"(?![\w{COVERS}%€$£#@/]|[.,:-]\d| ?[%€$£]| \d)"
_MAIL = r"(?:e-?mails?|mails?|sms|texts?|text message|message|inbox|phone|app|whatsapp)"
# A message that is nothing else, or says where the number came from.
_ALONE = re.compile(rf"\s*+({_NUMBER})\s*+[.!?]{{0,3}}\s*+")
_GOOGLE = re.compile(rf"(?<![\w-])G-\d{{6}}(?![\w{COVERS}])")
_TEXTED = re.compile(
    r"(?<!\w)(?:texted|sms|text|text message)(?: to)?"
    r"(?:\s+(?:me|us|says|said|is|was|with|:)){0,2}"
    rf"[\s:]{{1,3}}(\d{{6}}|\d{{3}} \d{{3}})(?![\w{COVERS}]|[.,:-]\d)",
    re.IGNORECASE,
)
_GOT = re.compile(
    r"(?<!\w)(?:got|received|receive|get|says|said|shows|showed|showing|sent|gave|gives|texted)"
    r"(?:\s+(?:me|us|only|just|this|that|the|number|is)){0,2}\s*+[:,]?\s*+[\"'“]?"
    rf"(?P<value>{_NUMBER}){_END}(?P<rest>[\"'”]?(?:\s*+(?:$|[\n.,;:!?)])|\s+(?:"
    + one_of(
        "in by from on via as but and or what is it to at again twice now today yesterday",
        "right when which that this then so why per through with for i",
    )
    + r")(?!\w)))",
    re.IGNORECASE,
)
_CAME = re.compile(
    rf"{_BEGIN}(?P<value>{_NUMBER}){_END}"
    r"\s+(?:(?:came|arrived|is|was|it|what|that|i|got|received|says|said)\s+){0,4}"
    r"(?:in|by|via|from|per|through|with|on)\s+(?:(?:the|my|an?|your|that|this|last)\s+){0,2}"
    rf"{_MAIL}(?!\w)",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    rf"{_BEGIN}(?P<value>{_NUMBER}|\d\d \d\d \d\d){_END}\s+(?:is|was)\s+"
    r"(?:what|the one|the number)\s+(?:that\s+)?(?:(?:the|my|your|this)\s+)?"
    rf"(?:{_MAIL}|authenticator|it|you|site|page)\s+(?:\w+\s+)?"
    r"(?:shows?|showed|says|said|sent|gave|gives|texted)(?!\w)",
    re.IGNORECASE,
)
# Six digits: typed, refused, or in a sentence that says “code”; another six may follow.
_SIX_DIGITS = re.compile(
    rf"{_BEGIN}(?P<value>{_SIX})(?:(?= {_SIX}(?!\w))|{_END}"
    r"(?!\s*(?:people|users?|customers|times|min|sec|hour|day|second|euro|eur|usd|dollar|pound|byte|kb|mb|char|digit|stunden|minuten|sekunden|"
    r"tage|personen|kunden|fois|veces)))",
    re.IGNORECASE,
)
_ENTERED = talk("entered")
_FILLERS = frozenset(("the", "in", "with", "number", "both", "only", "just"))
_WAS_ENTERED = re.compile(
    rf"\s+(?:immer\s+|so\s+)?{one_of(*talk('was entered'))}(?!\w)", re.IGNORECASE
)
_REFUSED = re.compile(
    rf"[\"'”)]?,?\s+(?:{one_of(*talk('complained'))}\s+){{1,6}}?(?:work\w*|accept\w*|valid\w*|"
    r"invalid\w*|expired?|wrong|reject\w*|refus\w*|incorrect\w*|ungültig\w*|abgelaufen|falsch|"
    r"abgelehnt|akzeptiert|angenommen|expir\w*|inv[áa]lid\w*|funciona\w*|funziona|marche|fonctionne|"
    r"scadut\w*|rechazad\w*|verlopen|ongeldig|geweigerd|odrzucon\w*|nieprawidłow\w*)(?!\w)",
    re.IGNORECASE,
)
_SAYS_CODE = re.compile(
    rf"(?<!\w)(?:{CODE}|otp|totp|2fa|mfa|tan|authenticator)(?!\w)", re.IGNORECASE
)
_MAILED = re.compile(rf"(?<!\w){_MAIL}(?!\w)", re.IGNORECASE)
_COUNTED = re.compile(
    rf"(?<!\w)(?:{one_of(*talk('counted'))}|phone number)(?!\w)", re.IGNORECASE
)
_SENTENCE = 60  # characters on each side
_STOP = re.compile(r"[.!?]\s|\n")
_DATE = re.compile(
    r"(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|[ -](?:19|20)\d\d)?"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d"
)


def find_sent(text: str) -> Iterator[Span]:
    """Find codes by what was done with a number, or by nothing around it."""
    alone = _ALONE.fullmatch(text)
    if alone and not _DATE.fullmatch(alone.group(1)):
        yield alone.span(1)
    for rule in (_GOT, _CAME, _SHOWN):
        for match in rule.finditer(text):
            sentence = _sentence(text, match)
            is_six = sum(map(str.isdigit, match["value"])) == 6
            if sentence and (is_six or _MAILED.search(sentence)):
                yield match.span("value")
    for match in _SIX_DIGITS.finditer(text):
        sentence = _sentence(text, match)
        if sentence and _is_code(text, match, sentence):
            yield match.span("value")
    for match in _GOOGLE.finditer(text):
        yield match.span()
    for match in _TEXTED.finditer(text):
        yield match.span(1)


def _sentence(text: str, match: re.Match[str]) -> str | None:
    """Return what is said around a number; None if that makes it an order's or a door's."""
    if _DATE.fullmatch(match["value"]):
        return None
    start, end = match.span("value")
    before = _STOP.split(text[max(0, start - _SENTENCE) : start])[-1]
    sentence = before + " " + _STOP.split(text[end : end + _SENTENCE])[0]
    return None if _COUNTED.search(sentence) else sentence


def _is_code(text: str, match: re.Match[str], sentence: str) -> bool:
    start, end = match.span("value")
    return bool(
        _SAYS_CODE.search(sentence)
        or is_led(text, start, _ENTERED, _FILLERS)
        or _WAS_ENTERED.match(text, end)
        or _REFUSED.match(text, end)
    )
