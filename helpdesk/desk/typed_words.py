"""What somebody types into the search over transcripts, as terms.

Every word is a term, and so is what stands between quotation marks. Nothing that is typed
has a meaning in the query languages of the databases: only letters and digits get there.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpdesk.desk.passages import Hit

LONGEST_QUERY = 200  # characters; more is read by nobody
LONGEST_WORD = 60
MOST_TERMS = 8
SHORTEST_BEGINNING = 3  # letters; fewer begin too many words
WORD = re.compile(r"[^\W_]+")
PART = re.compile(r"[\"“”„]([^\"“”„]*)[\"“”„]|([^\s\"“”„]+)")
NUMBER = re.compile(r"#?([0-9a-f]{8}[0-9a-f-]{0,28})", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """Words that stand beside each other; the last may be the beginning of one."""

    words: tuple[str, ...]
    is_beginning: bool


@dataclass(frozen=True)
class Typed:
    """A query. `number` is the beginning of a conversation's id, in hex digits."""

    terms: tuple[Term, ...]
    number: str | None

    def in_sqlite(self, *, with_all: bool) -> str:
        """Return the query for the rows that have all terms, or some but not all."""
        terms = [
            f'"{" ".join(term.words)}"{"*" if term.is_beginning else ""}'
            for term in self.terms
        ]
        every, some = " AND ".join(terms), " OR ".join(terms)
        return every if with_all else f"({some}) NOT ({every})"

    def in_postgresql(self, *, with_all: bool) -> str:
        """Return the same for the other database."""
        terms = []
        for term in self.terms:
            words = " <-> ".join(f"'{word}'" for word in term.words)
            terms.append(f"({words}{':*' if term.is_beginning else ''})")
        every, some = " & ".join(terms), " | ".join(terms)
        return every if with_all else f"({some}) & !({every})"

    def places_in(self, text: str) -> Sequence[Hit]:
        """Return where a text has the terms, in order."""
        words = [(_plain(w.group()), w.start(), w.end()) for w in WORD.finditer(text)]
        hits = (hit for n in range(len(words)) for hit in self._hits_at(words[n:]))
        return sorted(hits, key=lambda hit: hit.begin)

    @property
    def weights(self) -> dict[str, float]:
        """What each term counts when a passage is chosen, by the name of its hits."""
        return dict.fromkeys(map(_name, self.terms), 1.0)

    def _hits_at(self, words: Sequence[tuple[str, int, int]]) -> Iterator[Hit]:
        for term in self.terms:
            here = words[: len(term.words)]
            if _is_at(term, [word for word, _, _ in here]):
                yield Hit(here[0][1], here[-1][2], _name(term))
                return


def read_typed(text: str) -> Typed:
    """Return what a typed text asks for; any text is a query."""
    text = text[:LONGEST_QUERY]
    terms: dict[Term, None] = {}
    for quoted, bare in PART.findall(text):
        words = [_plain(word)[:LONGEST_WORD] for word in WORD.findall(quoted or bare)]
        words = [word for word in words if word]
        if words:
            is_beginning = bool(bare) and len(words[-1]) >= SHORTEST_BEGINNING
            terms[Term(tuple(words), is_beginning)] = None
    number = NUMBER.fullmatch(text.strip())
    digits = number.group(1).replace("-", "").lower() if number else None
    return Typed(tuple(terms)[:MOST_TERMS], digits)


def _is_at(term: Term, words: Sequence[str]) -> bool:
    if len(words) < len(term.words) or words[:-1] != list(term.words[:-1]):
        return False
    last = term.words[-1]
    return words[-1].startswith(last) if term.is_beginning else words[-1] == last


def _name(term: Term) -> str:
    return " ".join(term.words)


def _plain(word: str) -> str:
    """Return a word without case and accents, as the indexes keep it."""
    parts = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in parts if not "\u0300" <= c <= "\u036f")
