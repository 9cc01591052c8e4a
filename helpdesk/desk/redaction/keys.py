"""Keys of machines: API keys, private keys, bearer tokens, JSON Web Tokens."""

import re
from collections.abc import Iterator

from helpdesk.desk.redaction.cover import COVERS
from helpdesk.desk.redaction.kinds import Kind, Secret
from helpdesk.desk.redaction.shape import is_random, turns_in

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
# Forms that their makers chose to be recognised.
_MARKED = re.compile(
    r"(?<![\w-])(?:"
    r"eyJ[\w-]{8,}+\.[\w-]{4,}+(?:\.[\w-]*+)?"
    r"|A(?:KIA|SIA)[A-Z0-9]{16}"
    r"|AIza[\w-]{35}"
    r"|gh[oprsu]_[A-Za-z0-9]{30,}+|github_pat_\w{20,}+|glpat-[\w-]{20,}+"
    r"|(?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_][\w-]{16,}+|sk-[A-Za-z0-9]{32,}+"
    r"|xox[abeoprs]-[\w-]{10,}+|hf_[A-Za-z0-9]{30,}+|npm_[A-Za-z0-9]{30,}+"
    r"|pypi-[\w-]{16,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+|ya29\.[\w-]{20,}+"
    r")(?![\w-])"
)
_NAMED = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:api|access|auth|secret|client|bearer|private|session|refresh|"
    r"app|signing|encryption)[ _-]?(?:key|token|secret)|apikey|token|secret|bearer)"
    r"[\"'`]?(?:\s{0,3}[:=]\s{0,3}|\s{1,3}(?:(?:is|was)\s{1,3})?)[\"'`]?"
    rf"([^\s\"'`<>,;{COVERS}]++)",
    re.IGNORECASE,
)
# Anything else this long with this many turns was drawn by a machine.
_LONG = re.compile(r"(?<![\w.%+/=-])[A-Za-z0-9_+/=-]{32,}+(?![\w.%-])")


def find_blocks(text: str) -> Iterator[Secret]:
    """Find private keys in PEM form, to their end or the text's."""
    position = 0
    while begin := _BEGIN.search(text, position):
        end = _END.search(text, begin.end())
        position = end.end() if end else len(text)
        yield Secret(Kind.KEY, begin.start(), position)


def find_keys(text: str) -> Iterator[Secret]:
    """Find keys by the form their maker gave them, by their name, or by their length."""
    for match in _MARKED.finditer(text):
        yield Secret(Kind.KEY, *match.span())
    for match in _NAMED.finditer(text):
        value = match.group(1).rstrip(".!?)]}")
        if _is_key(value):
            yield Secret(Kind.KEY, match.start(1), match.start(1) + len(value))
    for match in _LONG.finditer(text):
        word = match.group()
        if is_random(word) and word.lower() != word != word.upper():
            yield Secret(Kind.KEY, *match.span())


def _is_key(value: str) -> bool:
    digits = sum(map(str.isdigit, value))
    return len(value) >= 12 and (2 <= digits < len(value) or turns_in(value) >= 5)
