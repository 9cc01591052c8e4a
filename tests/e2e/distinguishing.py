"""Telling two kinds of conversations apart, as somebody would who wants to know.

By what is said, by the order in which it comes, and by time: the distributions are compared
(Kolmogorov-Smirnov), and a classifier is trained on some conversations and tried on others.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

FOLDS = 5
STEPS = 60
RATE = 0.5
Vector = Sequence[float]


@dataclass(frozen=True)
class Heard:
    """What one conversation was like from outside.

    Attributes:
        kind: The kind of address that it was about.
        frames: Everything that came, with what differs by chance taken out.
        times: Seconds from what was sent to what came.
    """

    kind: str
    frames: tuple[str, ...]
    times: tuple[float, ...]


def contents(heard: Sequence[Heard]) -> Mapping[tuple[str, ...], set[str]]:
    """Return each sequence of frames, with the kinds that it was heard for."""
    found: dict[tuple[str, ...], set[str]] = {}
    for each in heard:
        found.setdefault(each.frames, set()).add(each.kind)
    return found


def classify(heard: Sequence[Heard], kind: str) -> float:
    """Return how well a kind is told from all others by its times.

    Logistic regression over the ranks of all times, on parts that it was not trained on.

    Returns:
        The area under the curve: 0.5 is chance, 1 is certainty.
    """
    labels = [each.kind == kind for each in heard]
    vectors = _features([each.times for each in heard])
    order = list(range(len(heard)))
    random.Random(7).shuffle(order)
    scores = [0.0] * len(heard)
    for fold in range(FOLDS):
        tried = order[fold::FOLDS]
        known = [n for n in order if n not in set(tried)]
        weights = _train([vectors[n] for n in known], [labels[n] for n in known])
        for n in tried:
            scores[n] = _product(weights, vectors[n])
    return area_under_curve(scores, labels)


def area_under_curve(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the chance that a random one with the label has the higher score."""
    ranks = _ranks(scores)
    with_label = sum(labels)
    without = len(labels) - with_label
    total = sum(rank for rank, label in zip(ranks, labels, strict=True) if label)
    return (total - with_label * (with_label + 1) / 2) / (with_label * without)


def smirnov(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the p-value of the two-sample Kolmogorov-Smirnov test (asymptotic)."""
    marked = sorted([(t, True) for t in one] + [(t, False) for t in other])
    apart = furthest = 0.0
    for n, (moment, is_one) in enumerate(marked):
        apart += 1 / len(one) if is_one else -1 / len(other)
        is_last_of_moment = n + 1 == len(marked) or marked[n + 1][0] != moment
        if is_last_of_moment:
            furthest = max(furthest, abs(apart))
    size = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    x = (size + 0.12 + 0.11 / size) * furthest
    series = (2 * (-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101))
    return 1.0 if x < 0.2 else min(1.0, max(0.0, sum(series)))


def _features(times: Sequence[Vector]) -> list[list[float]]:
    """Return the rank of each time and whether it is far from the middle, to scale."""
    columns = []
    for column in zip(*times, strict=True):
        ranks = _ranks(column)
        middle = (len(ranks) + 1) / 2
        for values in (ranks, [abs(rank - middle) for rank in ranks]):
            mean, spread = fmean(values), pstdev(values) or 1.0
            columns.append([(value - mean) / spread for value in values])
    return [[1.0, *row] for row in zip(*columns, strict=True)]


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for n in order[begin:end]:
            ranks[n] = (begin + end + 1) / 2
        begin = end
    return ranks


def _train(vectors: Sequence[Vector], labels: Sequence[bool]) -> list[float]:
    """Return the weights of a logistic regression; both sides count the same."""
    share = sum(labels) / len(labels)
    weights = [0.0] * len(vectors[0])
    for _ in range(STEPS):
        slope = [0.0] * len(weights)
        for vector, label in zip(vectors, labels, strict=True):
            likely = 1 / (1 + math.exp(-_product(weights, vector)))
            importance = 0.5 / share if label else 0.5 / (1 - share)
            wrong = importance * (label - likely)
            for n, value in enumerate(vector):
                slope[n] += wrong * value
        weights = [
            w + RATE * s / len(labels) for w, s in zip(weights, slope, strict=True)
        ]
    return weights


def _product(weights: Vector, vector: Vector) -> float:
    return sum(w * v for w, v in zip(weights, vector, strict=True))
