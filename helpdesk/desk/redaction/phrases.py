"""Passphrases: several plain words after “my password is” or “password:”, and no complaint."""

import re

from helpdesk.desk.redaction.cover import COVERS
from helpdesk.desk.redaction.vocabulary import is_ordinary, is_talk, one_of

_MOST_WORDS = 6
_PLAIN = re.compile(r"[^\W_]{1,24}(?:['’-][^\W_]{1,24}){0,3}(?![\w'’@/\\+*$%^&=#~-])")
_SPACE = re.compile(r"[^\S\n]{1,3}")
_END = re.compile(rf"\s*(?:$|[\n.,;!?)\]}}\"{COVERS}]|[-–—/|&]\s)")
# Words after which something is said about the password, or the next field begins.
_TURN = re.compile(
    one_of(
        "and but or und aber oder et mais y pero then it which why so is isn't isnt was can",
        "cannot can't cant does doesnt doesn't did didn't didnt won't wont not still never",
        "that pls please help what",
    )
    + r"(?!\w)|[^\W_]{1,24}\s?[:=]",
    re.IGNORECASE,
)
# “… with spaces” says where it ends.
_SPACED = re.compile(
    rf"(?P<phrase>[^\s.,;:!?{COVERS}][^\n.,;:!?{COVERS}]{{2,60}}?)\s+\(?(?:with|including|incl|mit|"
    r"avec|con|met|com|ze)\s+(?:[^\W\d_]{1,6}\s+){0,2}"
    r"(?:space|blank|leerzeichen|espac|spazi|spatie|spacj)",
    re.IGNORECASE,
)
_INSIDE = frozenset(("the", "a", "an", "of", "my"))
# Ordinary by themselves, and how many a passphrase begins: “correct horse battery”.
_FIRST = re.compile(
    one_of(
        "correct right strong good new old secret private safe easy simple true false last",
        "one two three four five six seven eight nine ten",
    )
)
_FOREIGN = re.compile(
    r"pas+[- ]?wort|kennwort|mots? de|mdp|contrase|clave|wachtw|senha|palavra|has[łl]o|heslo|"
    r"parola|jelsz|l[öo]senord|adgangs|пароль|[şs]ifre",
    re.IGNORECASE,
)


def phrase_at(text: str, at: int, label: str, said: str) -> tuple[int, int] | None:
    """Return the passphrase that begins at a position, after the label and how it is said."""
    if label.lower() == "pin":
        return None
    spaced = _SPACED.match(text, at)
    if spaced and " " in spaced["phrase"] and not is_talk(spaced["phrase"]):
        return spaced.span("phrase")
    is_decisive = said.rstrip().endswith((":", "="))
    if not is_decisive and (
        _FOREIGN.match(label)
        or label.lower().endswith("words")
        or said.rstrip()[-2:].lower() not in ("is", "as", "re")
    ):
        return None
    words = _words(text, at)
    if not words or not _is_phrase([w.group() for w in words], is_decisive):
        return None
    return words[0].start(), words[-1].end()


def _words(text: str, at: int) -> list[re.Match[str]]:
    """Return the plain words to the end of the clause; none if it is not in sight."""
    words: list[re.Match[str]] = []
    while word := _PLAIN.match(text, at):
        words.append(word)
        if _END.match(text, word.end()):
            return words
        space = _SPACE.match(text, word.end())
        if not space or len(words) == _MOST_WORDS:
            break
        at = space.end()
        if _TURN.match(text, at):
            return words
    return []


def _is_phrase(words: list[str], is_decisive: bool) -> bool:
    plain = [w for w in words if w.isalpha() and not is_ordinary(w)]
    first = words[0].lower()
    if len(plain) < 2 or any(map(str.isdigit, first)):
        return False
    others = [w.lower() for w in words[1:] if w not in plain and not w.isdigit()]
    if is_ordinary(first):
        return bool(_FIRST.fullmatch(first)) and not others
    if is_decisive:
        return 2 * len(plain) >= len(words)
    return not others or (len(plain) >= 3 and _INSIDE.issuperset(others))
