r"""How a word may stand in a file: plainly, or as one format or another encodes it.

Logs quote addresses of web pages (`%40`), JSON may escape what is not ASCII (`\u0040`), mails
are written in quoted-printable (`=40`) and folded anywhere, pages escape (`&#64;`).
"""

import re
from collections.abc import Collection
from html.entities import html5

PLAIN = re.compile(r"[A-Za-z0-9]")
# Quoted-printable may end a line between any two letters.
FOLD = rb"(?:=\r?\n)?"
# `&commat;` and the like; of each sign the names with a semicolon.
NAMES: dict[str, list[str]] = {}
for _name, _meant in html5.items():
    if _name.endswith(";") and len(_meant) == 1:
        NAMES.setdefault(_meant, []).append(_name)


def pattern_of(words: Collection[str]) -> re.Pattern[bytes]:
    """Return what finds words in a file, in whatever form and case they stand there."""
    wanted = sorted(set(words), key=len, reverse=True)
    return re.compile(b"|".join(map(_word, wanted)), re.IGNORECASE)


def _word(word: str) -> bytes:
    return FOLD.join(_sign(each) for each in word)


def _sign(sign: str) -> bytes:
    """Return the pattern of one letter; those of ASCII are not encoded by anything."""
    if PLAIN.fullmatch(sign):
        return sign.encode()
    # Without regard to case is of no help outside ASCII.
    cases = dict.fromkeys((sign, sign.lower(), sign.upper()))
    forms = [form for each in cases for form in _forms(each)]
    return b"(?:" + b"|".join(forms) + b")"


def _forms(sign: str) -> list[bytes]:
    raw = sign.encode()
    units = sign.encode("utf-16-be").hex()
    forms = [
        re.escape(raw),
        b"".join(rb"%%(?:25)*%02x" % byte for byte in raw),
        b"".join(rb"=%02x" % byte for byte in raw),
        b"".join(
            rb"\\+u" + units[at : at + 4].encode() for at in range(0, len(units), 4)
        ),
    ]
    if len(sign) == 1:  # some capitals are two letters
        forms += [rb"&#0*%d;" % ord(sign), rb"&#x0*%x;" % ord(sign)]
    return forms + [re.escape(f"&{name}".encode()) for name in NAMES.get(sign, [])]
