"""Numbers that prove themselves: payment cards, IBANs, US social security numbers."""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction.kinds import Kind, Secret

_CARD = re.compile(r"(?<![\w+.-])[2-6](?:[ .-]?\d){12,18}(?![\w-])")
_CARD_CHECK = re.compile(
    r"(?<!\w)(?:cvv2?|cvc2?|cvn|csc|prüfziffer|prüfnummer|cryptogramme|security digits)"
    r"\b\W{0,3}(?:(?:is|number|code)\W{1,2})?(\d{3,4})(?!\w)",
    re.IGNORECASE,
)
# “… 12/27 123” after a card.
_CHECK_AFTER = re.compile(
    r"[\s,;]{0,3}(?:(?:exp\w*|valid\w*|until|till|to|gültig|bis|val|cad\w*)\W{0,3}){0,2}"
    r"(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d\d[\s,;/]{1,3}(\d{3,4})(?![\w-])",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"[ .-](?:0[1-9]|1[0-2])(?:[ .-]?\d{2}(?:\d{2})?)?(?:[ .-]\d{3,4})?$"
)
_LENGTHS = {  # of the networks' numbers by their first digits
    **dict.fromkeys(("4",), (13, 16, 19)),
    **dict.fromkeys(("51", "52", "53", "54", "55"), (16,)),
    **dict.fromkeys(("22", "23", "24", "25", "26", "27"), (16,)),
    **dict.fromkeys(("34", "37"), (15,)),
    **dict.fromkeys(("30", "36", "38", "39"), (14, 16)),
    "35": (16, 17, 18, 19),
    **dict.fromkeys(("50", "56", "57", "58"), (13, 14, 15, 16, 17, 18, 19)),
    **dict.fromkeys(("60", "62", "63", "64", "65", "67"), (16, 17, 18, 19)),
}
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
_IBAN_LENGTHS = range(15, 35)
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_SSN_NAMED = re.compile(
    r"(?<!\w)(?:ssn|social(?: security)?(?: number| no\.?)?)\W{0,3}(?:is\W{1,2}|was\W{1,2})?"
    r"(\d{3}[ -]?\d{2}[ -]?\d{4})(?![\w-])",
    re.IGNORECASE,
)


def find_numbers(text: str) -> Iterator[Secret]:
    """Find the numbers whose check digits or form leave little doubt."""
    for match in _CARD.finditer(text):
        if end := _end_of_card(text, match):
            yield Secret(Kind.CARD, match.start(), end)
            if check := _CHECK_AFTER.match(text, end):
                yield Secret(Kind.CARD, *check.span(1))
    for match in _CARD_CHECK.finditer(text):
        yield Secret(Kind.CARD, *match.span(1))
    for match in _IBAN.finditer(text):
        end = _end_of_iban(text, match)
        if end:
            yield Secret(Kind.IBAN, match.start(), end)
    for match in _SSN.finditer(text):
        yield Secret(Kind.SSN, *match.span())
    for match in _SSN_NAMED.finditer(text):
        yield Secret(Kind.SSN, *match.span(1))


def _end_of_card(text: str, match: re.Match[str]) -> int | None:
    """Return where the card number ends: its date may follow, “… 4242 12/27”."""
    if _is_card(re.sub(r"\D", "", match.group())):
        return match.end()
    for dated in _DATED.finditer(match.group()):
        if _is_card(re.sub(r"\D", "", match.group()[: dated.start()])):
            return match.start() + dated.start()
    return None


def _is_card(digits: str) -> bool:
    lengths = _LENGTHS.get(digits[:2]) or _LENGTHS.get(digits[:1], ())
    return len(digits) in lengths and passes_luhn(digits)


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of the others."""
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _end_of_iban(text: str, match: re.Match[str]) -> int | None:
    """Return where the IBAN ends: words that follow look like a part of it."""
    ends = [i + 1 for i in range(*match.span()) if text[i].isalnum()]
    for length in reversed(_IBAN_LENGTHS):
        if length > len(ends):
            continue
        end = ends[length - 1]
        is_whole = end == len(text) or not text[end].isalnum()
        if is_whole and is_iban(re.sub("[ -]", "", text[match.start() : end])):
            return end
    return None


def is_iban(iban: str) -> bool:
    """Tell whether the check digits of ISO 13616 are right."""
    turned = iban[4:] + iban[:4]
    return iban.isascii() and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
