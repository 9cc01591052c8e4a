"""One-time codes: what an app, a text message or a mail says, not the code of a door."""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction.cover import COVERS
from helpdesk.desk.redaction.kinds import Kind, Secret
from helpdesk.desk.redaction.vocabulary import OTHER_CODES, one_of

_DIGITS = r"(?:\d{4}[ -]\d{4}|\d{3}[ -]\d{3}|\d{2} \d{2} \d{2}|\d{4,8})"
_VALUE = rf"(?:[A-Z]-\d{{6}}|{_DIGITS})(?![\w{COVERS}]|[.,:-]\d)"
_DRAWN = (
    rf"(?=[A-Z-]{{0,11}}\d)[A-Z0-9]{{2,6}}(?:-[A-Z0-9]{{2,6}}){{1,3}}(?![\w{COVERS}])"
)
_QUALIFIERS = (
    r"(?:one[- ]?time|verification|security|confirmation|log[- ]?in|sign[- ]?in|sms|2fa|mfa|"
    r"two[- ]?factor|2[- ]?step|two[- ]?step|authenticat(?:or|ion)|access|back[- ]?up|"
    r"recovery|auth|pin|app|e-?mail|text)"
)
_CODE = (
    r"(?:codes?|bestätigungscode|sicherheitscode|einmalcode|anmeldecode|c[óo]digo|codice|"
    r"k[oó]d|kode|koodi|код)"
)
_LABEL = re.compile(
    rf"(?<!\w)(?P<sure>(?:{_QUALIFIERS}[ -]?){{1,2}}{_CODE}|one[- ]?time[- ]?pass(?:word|code)"
    r"|(?:verification|confirmation) number|"
    r"\d[- ]digits?(?: code| number)?|otp|totp|2fa|mfa|"
    r"einmal\w{4,12}|authenticator|bestätigungscode|sicherheitscode|tan)"
    rf"(?!\w)|(?<!\w){_CODE}(?!\w)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?:[\s:=#>,?\"'“„(-]{0,3}(?:"
    + one_of(
        "is was are were it it's its says said shows gives gave sent texted me i got get from",
        "the my a which that this came received has have by app sms text mail email message",
        "code",
        "number now on phone ist lautet war est es é era de la del vérification verification",
        "verificación verificacion connexion sécurité seguridad",
    )
    + r")(?!\w)){0,7}[\s:=#>,?\"'“„(-]{1,4}",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"{_VALUE}|{_DRAWN}", re.IGNORECASE)
_MORE = re.compile(rf"(?:\s*[,/]|\s+(?:and|or|then|und|oder|y|o|et|ou))\s*({_VALUE})")
_BEFORE = re.compile(
    rf"(?<![\w.,:/#+{COVERS}-])(?P<code>{_VALUE})[\"'”)]?[,:]?\s+(?:(?:this|that)\s+)?"
    r"(?:is|was|are|as|for|ist|est|es)\s+(?:[\w-]+\s+){0,3}(?P<label>(?:[\w-]+[- ])?"
    rf"{_CODE})(?!\w)",
    re.IGNORECASE,
)
_GOOGLE = re.compile(rf"(?<![\w-])G-\d{{6}}(?![\w{COVERS}])")
_TEXTED = re.compile(
    r"(?<!\w)(?:texted|sms|text|text message)(?: to)?"
    r"(?:\s+(?:me|us|says|said|is|was|with|:)){0,2}"
    rf"[\s:]{{1,3}}(\d{{6}}|\d{{3}} \d{{3}})(?![\w{COVERS}]|[.,:-]\d)",
    re.IGNORECASE,
)
# A message that is nothing else, or says where the number came from.
_NUMBER = r"(?:[0-9]{4}[ -][0-9]{4}|[0-9]{3}[ -][0-9]{3}|[0-9]{4,8})"
_ALONE = re.compile(rf"\s*+({_NUMBER})\s*+[.!?]{{0,3}}\s*+")
_NUMBER_ENDS = rf"(?![\w{COVERS}%€$£#@/]|[.,:-]\d| ?[%€$£]| \d)"
_MAIL = r"(?:e-?mails?|mails?|sms|texts?|text message|message|inbox|phone|app|whatsapp)"
_GOT = re.compile(
    r"(?<!\w)(?:got|received|receive|get|says|said|shows|showed|showing|sent|gave|gives|texted)"
    r"(?:\s+(?:me|us|only|just|this|that|the|number|is)){0,2}\s*+[:,]?\s*+[\"'“]?"
    rf"(?P<value>{_NUMBER}){_NUMBER_ENDS}(?P<rest>[\"'”]?(?:\s*+(?:$|[\n.,;:!?)])|\s+(?:"
    + one_of(
        "in by from on via as but and or what is it to at again twice now today yesterday",
        "when which that this then so why per through with for i",
    )
    + r")(?!\w)))",
    re.IGNORECASE,
)
_CAME = re.compile(
    rf"(?<![\w.,:/#+$€£{COVERS}-])(?<!\d )(?P<value>{_NUMBER}){_NUMBER_ENDS}"
    r"\s+(?:(?:came|arrived|is|was|it|what|that|i|got|received|says|said)\s+){0,4}"
    r"(?:in|by|via|from|per|through|with|on)\s+(?:(?:the|my|an?|your|that|this|last)\s+){0,2}"
    rf"{_MAIL}(?!\w)",
    re.IGNORECASE,
)
_MAILED = re.compile(rf"(?<!\w){_MAIL}(?!\w)", re.IGNORECASE)
# Within a sentence of these the number is theirs.
_COUNTED = re.compile(
    r"(?<!\w)(?:"
    + one_of(
        "order orders invoice invoices bill ticket tickets room rooms door doors gate",
        "garage lock locks keypad flat house building floor unit street zip postcode",
        "postal case booking reservation reference ref customer account serial model",
        "version firmware build error err fault imei call tel telephone fax mobile cell",
        "dial calls price euro euros eur usd dollar dollars pounds paid pay refund year",
        "battery tracking parcel delivery contract meter counter bytes score",
    )
    + r"|phone number)(?!\w)",
    re.IGNORECASE,
)
_SENTENCE = 60  # characters on each side
_STOP = re.compile(r"[.!?]\s|\n")
_WORD_BEFORE = re.compile(r"([\w-]+)(?:'s)?[\s-]{1,2}$")
_OF_A_DOOR = re.compile(
    r"[^.!?\n]{0,40}?(?<!\w)(?:door|gate|garage|keypad|lock|locks|room|building|flat)(?!\w)",
    re.IGNORECASE,
)
_PHONE_OR_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|[ -](?:19|20)\d\d)?"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d"
)


def find_codes(text: str) -> Iterator[Secret]:
    """Find one-time codes by the words around them, or by nothing around them."""
    alone = _ALONE.fullmatch(text)
    if alone and not _DATE.fullmatch(alone.group(1)):
        yield Secret(Kind.CODE, *alone.span(1))
    for rule in (_GOT, _CAME):
        for match in rule.finditer(text):
            if _is_sent(text, match):
                yield Secret(Kind.CODE, *match.span("value"))
    for match in _GOOGLE.finditer(text):
        yield Secret(Kind.CODE, *match.span())
    for match in _TEXTED.finditer(text):
        yield Secret(Kind.CODE, *match.span(1))
    for match in _LABEL.finditer(text):
        yield from _after(text, match)
    for match in _BEFORE.finditer(text):
        if not _is_other(text, match.start("label")) and not _OTHER_LABEL.match(
            match["label"]
        ):
            yield Secret(Kind.CODE, *match.span("code"))


def _is_sent(text: str, match: re.Match[str]) -> bool:
    """Tell whether a number came by mail or the like, and is no order's or door's."""
    value = match["value"]
    if _DATE.fullmatch(value):
        return False
    start, end = match.span("value")
    before = _STOP.split(text[max(0, start - _SENTENCE) : start])[-1]
    sentence = before + " " + _STOP.split(text[end : end + _SENTENCE])[0]
    if _COUNTED.search(sentence):
        return False
    digits = sum(map(str.isdigit, value))
    return digits == 6 or bool(_MAILED.search(sentence))


_OTHER_LABEL = re.compile(rf"{one_of(OTHER_CODES)}[- ]", re.IGNORECASE)


def _is_other(text: str, at: int) -> bool:
    """Tell whether the word before says that it is the code of something else."""
    before = _WORD_BEFORE.search(text, max(0, at - 30), at)
    return bool(before and before.group(1).lower() in OTHER_CODES.split())


def _after(text: str, label: re.Match[str]) -> Iterator[Secret]:
    is_sure = bool(label["sure"])
    between = _BETWEEN.match(text, label.end())
    if not between or (not is_sure and _is_other(text, label.start())):
        return
    value = _AFTER.match(text, between.end())
    if not value or not _may_be(text, label, value.group(), between.group()):
        return
    if not is_sure and _OF_A_DOOR.match(text, value.end()):
        return
    yield Secret(Kind.CODE, *value.span())
    position = value.end()
    while more := _MORE.match(text, position):
        yield Secret(Kind.CODE, *more.span(1))
        position = more.end()


def _may_be(text: str, label: re.Match[str], value: str, between: str) -> bool:
    if label["sure"]:
        return any(map(str.isdigit, value))
    if _PHONE_OR_YEAR.fullmatch(value):
        return bool(between.strip())
    return not any(map(str.isalpha, value[2:]))
