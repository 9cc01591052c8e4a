"""What the classifier reads of a message, and the pieces found in it.

Owns one question: which part of what a person typed carries meaning for understanding.
Addresses and links are found here once, with spaCy rules, and replaced by one constant
each, so that `ana@example.com` and `bo@web.de` train and parse as the same sentence.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import List

import spacy
from spacy.tokens import Doc

MAX_CHARACTERS = 2_000  # of a message are read; nobody's question is longer
EMAIL_PLACEHOLDER = "name@example.com"
LINK_PLACEHOLDER = "https://example.com/link"

# A dot that is said or stands free; “at work. please” has none, it ends a sentence.
_SAID_DOT = r"(?:\s*[(\[]dot[)\]]\s*|\s+dot\s+)"
_ANY_DOT = rf"(?:{_SAID_DOT}|\s*\.(?=\w))"
_ANY_DOMAIN = rf"([\w-]+(?:{_ANY_DOT}[\w-]+)*{_ANY_DOT}[a-z]{{2,}})\b"
_SAID_DOMAIN = rf"([\w-]+(?:{_ANY_DOT}[\w-]+)*{_SAID_DOT}[a-z]{{2,}})\b"
# Each pattern begins only where a word does. Tried from every letter on, the time would
# grow with the square of a word's length, and a word may be as long as the message.
_SPOKEN_NAME = r"(?<![\w.+-])[.+-]*(\w[\w.+-]*)"
_SPOKEN_EMAILS = (
    rf"{_SPOKEN_NAME}(?:\s*[(\[]at[)\]]\s*|\s+@\s*|\s*@\s+){_ANY_DOMAIN}",
    rf"{_SPOKEN_NAME}\s+at\s+{_SAID_DOMAIN}",
    # “log in at example.com” names a site; a name with a dot or digit is an address.
    rf"(?<!\S)(?=\w+[.+_\d-])(\w[\w.+-]*)\s+at\s+{_ANY_DOMAIN}",
)
_SPOKEN_EMAIL = [re.compile(pattern, re.IGNORECASE) for pattern in _SPOKEN_EMAILS]
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_EMAIL = re.compile(rf"(?<!{_LOCAL}){_LOCAL}+@[\w-]+(?:\.[\w-]+)+")
_CODE = re.compile(
    r"(?<![\w.])\d{4,8}(?![\w.])|(?<!\w)[A-Z0-9]{3,5}-[A-Z0-9]{3,5}(?!\w)"
)
# spaCy takes “inbox.no mail” for a link too: a missing space after a full stop is common.
_LINK = re.compile(r"(?:https?://|www\.)|[^@]+/[^@]*$", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\s+dot\s+)\s*", re.IGNORECASE)

# What people send instead of a word. The understanding knows words only.
_SIGNS = {
    "👍": "ok",
    "👌": "ok",
    "🆗": "ok",
    "✅": "yes",
    "✔": "yes",
    "👎": "no",
    "❌": "no",
}
_SIGNS.update(dict.fromkeys("🙏❤😊🙂😀😃😄😁🥰😍🤗🎉💯", "thank you"))
_SHADES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f\\s]")  # of skin, of style

# spaCy looks for a suffix from the start of the word, for each suffix it takes off.
SUFFIX_WITHIN = 32  # characters at the end of a word; no suffix is longer

nlp = spacy.blank("en")
_find_suffix = nlp.tokenizer.suffix_search
nlp.tokenizer.suffix_search = lambda word: _find_suffix(
    word, max(0, len(word) - SUFFIX_WITHIN)
)


@lru_cache(maxsize=8)  # tokenizer, extractor and classifier split the same message
def make_doc(text: str) -> Doc:
    """Split a text into words with the rules of spaCy's English tokenizer."""
    return nlp.make_doc(text)


@dataclass(frozen=True)
class Piece:
    """A stretch of a message with a meaning of its own.

    `kind` is `email`, `link` or `code`; `value` is what was meant, `start` and `end`
    are character positions in the text that was analysed.
    """

    kind: str
    value: str
    start: int
    end: int


def clean(text: str) -> str:
    """Return the part of `text` that is read: no control characters, bounded."""
    visible = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zs", "Zl", "Zp") else c
        for c in text[:MAX_CHARACTERS]
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )
    return _SPACE.sub(" ", visible).strip()


def spoken(text: str) -> str:
    """Return the word that a message of one sign, however often repeated, stands for."""
    signs = set(_SHADES.sub("", text))
    words = {_SIGNS.get(sign, "") for sign in signs}
    return words.pop() or text if len(words) == 1 else text


def is_wordless(text: str) -> bool:
    """Tell whether there is nothing to understand: no letter, no digit, no address."""
    return "@" not in text and not any(c.isalnum() for c in text)


def is_in_other_script(text: str) -> bool:
    """Tell whether most of a message is written in letters that English does not use.

    A message with an address in it is none: the address can be used whatever the rest.
    """
    letters = [c for c in unicodedata.normalize("NFKC", text) if c.isalpha()]
    foreign = [c for c in letters if not unicodedata.name(c, "").startswith("LATIN")]
    return "@" not in text and 2 * len(foreign) > len(letters)


def find_pieces(doc: Doc) -> List[Piece]:
    """Find addresses, links and codes, left to right, none overlapping another."""
    text = doc.text
    found = [
        Piece("email", m.group().strip(".'`"), m.start(), m.end())
        for m in _EMAIL.finditer(text)
    ]
    found += [
        Piece("link", token.text, token.idx, token.idx + len(token))
        for token in doc
        if token.like_url and _LINK.match(token.text)
    ]
    for spoken in _SPOKEN_EMAIL:
        found += [_spoken_email(match) for match in spoken.finditer(text)]
    found += [
        Piece("code", m.group(), m.start(), m.end()) for m in _CODE.finditer(text)
    ]
    kept: List[Piece] = []
    for piece in sorted(found, key=lambda p: (p.start, -p.end)):
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
    return kept


def _spoken_email(match: "re.Match[str]") -> Piece:
    domain = _SPACE.sub("", _DOT.sub(".", match.group(2)))
    return Piece("email", f"{match.group(1)}@{domain}", match.start(1), match.end())


@lru_cache(maxsize=64)  # featurizer and classifier ask for the same message
def meaningful(text: str) -> str:
    """Return the text that is classified: bounded, addresses and links made equal."""
    cleaned = clean(text)
    parts: List[str] = []
    position = 0
    for piece in find_pieces(make_doc(cleaned)):
        if piece.kind == "code":
            continue
        parts.append(cleaned[position : piece.start])
        parts.append(EMAIL_PLACEHOLDER if piece.kind == "email" else LINK_PLACEHOLDER)
        position = piece.end
    parts.append(cleaned[position:])
    return "".join(parts)
