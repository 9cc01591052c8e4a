"""Signals: what the words of a message say beside its question.

The phrases are in templates/signals.yml. A signal decides nothing by itself: it makes
agents look twice, and a pasted link be looked at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from helpdesk.desk.word_files import read_word_file

FILE = "signals.yml"
FEW_WORDS = r"(?:[^.!?\n]|\.(?=\w)){0,60}?"
APOSTROPHES = str.maketrans("’‘`´", "''''")
CALM = "calm"
LONGEST_READ = 1_000  # characters of a message


@dataclass(frozen=True)
class Signals:
    """The phrases of each signal, as one pattern."""

    patterns: Mapping[str, re.Pattern[str]]

    def has(self, signal: str, text: str) -> bool:
        """Tell whether a text gives a signal."""
        said = text[:LONGEST_READ].translate(APOSTROPHES)
        return bool(self.patterns[signal].search(self.patterns[CALM].sub(" ", said)))

    def of(
        self,
        signals: Sequence[str],
        newest_first: Iterable[str],
        most_read: int,
    ) -> set[str]:
        """Return which of some signals any of a conversation's texts gives.

        Args:
            signals: Which are looked for.
            newest_first: The texts.
            most_read: How many characters are read in all.
        """
        found: set[str] = set()
        left = most_read
        for text in newest_first:
            found |= {each for each in signals if self.has(each, text)}
            left -= len(text[:LONGEST_READ])
            if left <= 0:
                break
        return found


def read_signals() -> Signals:
    """Read the phrases."""
    content = read_word_file(FILE)
    return Signals({name: _pattern(lines) for name, lines in content.items()})


def _pattern(lines: Sequence[str]) -> re.Pattern[str]:
    any_of = "|".join(f"(?:{line})" for line in lines)
    spaced = any_of.replace(" ?", r"\s*").replace(" ", r"\s+")
    spaced = spaced.replace("~", rf"\b{FEW_WORDS}(?<!\w)")
    return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)", re.IGNORECASE)
