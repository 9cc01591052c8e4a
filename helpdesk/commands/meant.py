"""What somebody may have meant who typed a name that there is not."""

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

ALIKE = 0.6


def closest(typed: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like what was typed; None if none is much like it."""
    known = list(names)
    begun = [name for name in known if len(typed) > 1 and name.startswith(typed)]
    if begun:
        return min(begun, key=len)
    found = process.extractOne(
        typed,
        known,
        scorer=DamerauLevenshtein.normalized_similarity,
        score_cutoff=ALIKE,
    )
    return found[0] if found else None
