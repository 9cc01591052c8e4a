"""How near an agent's answer came to what the assistant would have said.

It compares words, not truth: see docs/decisions/0014-ghost-answers.md.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from helpdesk.desk.articles import Article
from helpdesk.desk.prose import plain_text
from helpdesk.desk.search import SMALL_WORDS
from helpdesk.desk.vocabulary import Stems, words_in

AGREED = 0.4  # chosen in the decision note
LEAST_WEIGHT = 5.0  # of an answer: “try again” is in all of them
LEAST_RARITY = 0.3  # what a word counts that is in every article
LINK = re.compile(r"/articles/([a-z0-9-]+)")
Z = 1.959964  # of a two-sided interval of 95 %


@dataclass(frozen=True)
class Interval:
    """A rate, and between which bounds it lies (Wilson, 95 %)."""

    rate: float
    low: float
    high: float


class Agreement:
    """Compares answers by their words; what is in every article counts little.

    Args:
        articles: Tells how much a word says.
    """

    def __init__(self, articles: Iterable[Article]) -> None:
        self._stems = Stems()
        texts = [f"{each.title}\n\n{each.answer}\n\n{each.body}" for each in articles]
        self._frequencies = Counter(word for t in texts for word in self._words(t))
        self._number = len(texts)

    def between(self, ghost: str, said: str, slug: str | None = None) -> float:
        """Return how near two answers are, from 0 to 1.

        Args:
            ghost: What the assistant would have said.
            said: What the agent said.
            slug: The article that the assistant's answer is from; a link to it is the
                same answer.
        """
        if slug is not None and slug in LINK.findall(said):
            return 1.0
        one, other = self._words(ghost), self._words(said)
        less = min(self._weigh(one), self._weigh(other))
        return round(self._weigh(one & other) / max(less, LEAST_WEIGHT), 3)

    def best(self, ghost: str, said: Iterable[str], slug: str | None) -> float:
        """Return how near the nearest of several answers is, or all of them together."""
        texts = list(said)
        return max(
            (self.between(ghost, text, slug) for text in (*texts, "\n".join(texts))),
            default=0.0,
        )

    def _weigh(self, words: set[str]) -> float:
        return sum(
            math.log((self._number + 1) / (self._frequencies[word] + 1)) + LEAST_RARITY
            for word in words
        )

    def _words(self, text: str) -> set[str]:
        words = (word.text for word in words_in(plain_text(text)))
        stem = self._stems.of_stranger
        return {stem(word) for word in words if word not in SMALL_WORDS}


def wilson(agreed: int, compared: int) -> Interval | None:
    """Return the rate with its interval; None if nothing was compared."""
    if compared == 0:
        return None
    rate, square = agreed / compared, Z * Z
    middle = (rate + square / (2 * compared)) / (1 + square / compared)
    inner = rate * (1 - rate) / compared + square / (4 * compared * compared)
    half = Z * math.sqrt(inner) / (1 + square / compared)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Interval(round(rate, 4), round(low, 4), round(high, 4))
