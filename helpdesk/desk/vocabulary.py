"""The words of all articles: their stems, and what a typed word may have meant.

A word that somebody types stands for the words of the articles that are spelt like it,
have the same stem, begin with it, or differ by a typo. Each such meaning has a weight.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

# “e-mail”, with whichever hyphen, is the same word as “email”.
WORD = re.compile(r"(?:e[-‐‑–](?=mail))?[^\W_]+(?:['’][^\W_]+)*", re.IGNORECASE)
HYPHEN = re.compile(r"[-‐‑–]")
MEANINGS = 8
SHORTEST_TYPO = 4
SHORTEST_DOUBLE_TYPO = 8
LONGEST_WORD = 40  # characters; what follows in a longer one says nothing
MUCH_MORE_FREQUENT = 4
COMMON = (3, 20)  # articles; a word that is in so many is no typo

EXACT = 1.0
PREFIX = 0.7
JOINED = 0.7
CORRECTED = {1: 0.8, 2: 0.5}
SIMILAR = {1: 0.3, 2: 0.15}  # the word itself exists, so it is less likely a typo


@dataclass(frozen=True)
class Word:
    """A word in a text, in the form in which words are compared."""

    text: str
    begin: int
    end: int


def words_in(text: str) -> Iterator[Word]:
    """Yield the words of a text with their places."""
    for found in WORD.finditer(text):
        yield Word(normalise(found.group()), found.start(), found.end())


def normalise(word: str) -> str:
    """Return a word without case, accents, possessive ending and hyphen."""
    word = word[:LONGEST_WORD].replace("’", "'").casefold()
    if not word.isascii():
        parts = unicodedata.normalize("NFKD", HYPHEN.sub("", word))
        word = "".join(c for c in parts if not unicodedata.combining(c))
    return word.removesuffix("'s").replace("'", "").replace("-", "")


class Stems:
    """Finds the stem of a word, so that “invited” and “invitations” are one."""

    def __init__(self) -> None:
        builder = TextAnalyzerBuilder(Tokenizer.whitespace())
        self._analyzer = builder.filter(Filter.stemmer("english")).build()
        self._known: dict[str, str] = {}

    def of(self, word: str) -> str:
        """Return the stem of a normalised word of an article."""
        stem = self._known.get(word)
        if stem is None:
            stem = self._known[word] = self.of_stranger(word)
        return stem

    def of_stranger(self, word: str) -> str:
        """Return the stem of a word that somebody typed, without keeping it."""
        return self._known.get(word) or "".join(self._analyzer.analyze(word)) or word


class Vocabulary:
    """Every word of the articles, by spelling and by stem.

    Args:
        stems: Finds stems.
        texts: For each article, its normalised words.
    """

    def __init__(self, stems: Stems, texts: Iterable[set[str]]) -> None:
        self._stems = stems
        frequencies: Counter[str] = Counter()
        stem_frequencies: Counter[str] = Counter()
        self._number_of_texts = 0
        for words in texts:
            self._number_of_texts += 1
            frequencies.update(words)
            stem_frequencies.update({stems.of(word) for word in words})
        self._frequencies = frequencies
        self.stem_frequencies = stem_frequencies
        # The most frequent first: of two equally near words it is the likelier.
        self._words = [word for word, _ in frequencies.most_common()]
        self._sorted = sorted(frequencies)
        self._beginnings = lru_cache(maxsize=LONGEST_WORD)(self._find_beginnings)
        self._about_as_long = lru_cache(maxsize=LONGEST_WORD)(self._find_about_as_long)
        self.meanings_of = lru_cache(maxsize=4096)(self._find_meanings)

    def __contains__(self, word: str) -> bool:
        return word in self._frequencies

    def _find_meanings(self, word: str, *, is_unfinished: bool) -> dict[str, float]:
        """Return the stems that a typed word may mean, with their weights.

        Args:
            word: The normalised word.
            is_unfinished: Whether it may be the beginning of a word.
        """
        meanings: dict[str, float] = {}
        stem = self._stems.of_stranger(word)
        if stem in self.stem_frequencies:
            meanings[stem] = EXACT
        if is_unfinished:
            for longer in self._beginning_with(word):
                meanings.setdefault(self._stems.of(longer), PREFIX)
        is_known = bool(meanings)
        if self._is_common(stem):
            return meanings
        for other, distance in self._similar_to(word):
            weight = self._weigh(stem, other, distance) if is_known else None
            other_stem = self._stems.of(other)
            meanings.setdefault(other_stem, weight or CORRECTED[distance])
        if is_unfinished and not is_known:
            for other in self._beginning_like(word):
                meanings.setdefault(self._stems.of(other), CORRECTED[1] * PREFIX)
        best = sorted(meanings.items(), key=lambda each: -each[1])
        return dict(best[:MEANINGS])

    def _weigh(self, stem: str, other: str, distance: int) -> float:
        # “recieve” is in one article's questions, “receive” in many: then it is a typo.
        often = self.stem_frequencies[stem] * MUCH_MORE_FREQUENT
        is_typo = 0 < often <= self.stem_frequencies[self._stems.of(other)]
        return (CORRECTED if is_typo else SIMILAR)[distance]

    def _is_common(self, stem: str) -> bool:
        share = self._number_of_texts // MUCH_MORE_FREQUENT
        return self.stem_frequencies[stem] >= max(COMMON[0], min(share, COMMON[1]))

    def _beginning_with(self, word: str) -> list[str]:
        found = self._beginnings(len(word)).get(word, [])
        return found[:MEANINGS]

    def _similar_to(self, word: str) -> list[tuple[str, int]]:
        if len(word) < SHORTEST_TYPO:
            return []
        cutoff = 2 if len(word) >= SHORTEST_DOUBLE_TYPO else 1
        near = self._about_as_long(len(word), cutoff)
        found = process.extract(
            word, near, scorer=OSA.distance, score_cutoff=cutoff, limit=MEANINGS
        )
        return [(other, int(distance)) for other, distance, _ in found if distance]

    def _beginning_like(self, word: str) -> list[str]:
        if len(word) < SHORTEST_TYPO:
            return []
        beginnings = self._beginnings(len(word))
        found = process.extract(
            word, beginnings.keys(), scorer=OSA.distance, score_cutoff=1, limit=3
        )
        return [beginnings[beginning][0] for beginning, _, _ in found]

    def _find_about_as_long(self, length: int, difference: int) -> list[str]:
        return [w for w in self._words if abs(len(w) - length) <= difference]

    def _find_beginnings(self, length: int) -> dict[str, list[str]]:
        beginnings: dict[str, list[str]] = {}
        for word in self._words:
            if len(word) > length:
                beginnings.setdefault(word[:length], []).append(word)
        return beginnings
