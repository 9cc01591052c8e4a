"""Passages: the part of an article that fits a query best, with its hits marked."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LONGEST_PASSAGE = 220  # characters
LEAD = 40  # characters before the first hit of a passage that is cut
ELLIPSIS = "…"


@dataclass(frozen=True)
class Piece:
    """A part of a passage; a hit is a word that was searched for."""

    text: str
    is_hit: bool


@dataclass(frozen=True)
class Hit:
    """Where a text has a word that counts."""

    begin: int
    end: int
    stem: str


@dataclass(frozen=True)
class Block:
    """One paragraph of an article, and the stems that it has."""

    text: str
    stems: tuple[str, ...]


def best_passage(
    blocks: Sequence[Block],
    weights: Mapping[str, float],
    places_in: Callable[[str], Sequence[Hit]],
) -> list[Piece]:
    """Return the passage that holds the heaviest stems.

    Args:
        blocks: The paragraphs of an article; the first one wins a draw.
        weights: What each stem that was searched for counts.
        places_in: Finds the words of a text; done only for the best paragraph.
    """
    scores = [sum(weights.get(stem, 0.0) for stem in block.stems) for block in blocks]
    text = blocks[scores.index(max(scores))].text
    hits = [hit for hit in places_in(text) if hit.stem in weights]
    return _cut(text, hits, weights)


def _weigh(hits: Sequence[Hit], weights: Mapping[str, float]) -> float:
    # A word that comes twice says little more than once.
    once = sum(weights[stem] for stem in {hit.stem for hit in hits})
    return once + 0.1 * math.log1p(len(hits))


def _cut(text: str, hits: Sequence[Hit], weights: Mapping[str, float]) -> list[Piece]:
    begin, end = 0, len(text)
    if end > LONGEST_PASSAGE:
        begin, end = _best_window(text, hits, weights)
    pieces = [Piece(ELLIPSIS, is_hit=False)] if begin > 0 else []
    place = begin
    for hit in hits:
        if hit.begin < place or hit.end > end:
            continue
        if hit.begin > place:
            pieces.append(Piece(text[place : hit.begin], is_hit=False))
        pieces.append(Piece(text[hit.begin : hit.end], is_hit=True))
        place = hit.end
    rest = text[place:end] + (ELLIPSIS if end < len(text) else "")
    return [*pieces, Piece(rest, is_hit=False)] if rest else pieces


def _best_window(
    text: str, hits: Sequence[Hit], weights: Mapping[str, float]
) -> tuple[int, int]:
    best, best_score = (0, _word_end(text, LONGEST_PASSAGE)), -1.0
    for first in hits:
        begin = _word_begin(text, first.begin - LEAD)
        end = _word_end(text, begin + LONGEST_PASSAGE)
        inside = [hit for hit in hits if begin <= hit.begin and hit.end <= end]
        score = _weigh(inside, weights)
        if score > best_score:
            best, best_score = (begin, end), score
    return best


def _word_begin(text: str, place: int) -> int:
    if place <= LEAD:
        return 0
    sentence = text.rfind(". ", max(0, place - LEAD), place + LEAD)
    if sentence >= 0:
        return sentence + 2
    return text.find(" ", place) + 1


def _word_end(text: str, place: int) -> int:
    if place >= len(text):
        return len(text)
    space = text.rfind(" ", 0, place + 1)
    return space if space > 0 else place
