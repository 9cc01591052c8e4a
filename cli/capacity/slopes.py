"""Does something grow? A robust slope with its interval, and what to make of it.

The slope is Theil and Sen's: the median of the slopes between all pairs, which a few odd
samples do not move. Samples that follow each other are alike (contacts stay for minutes), so
they are brought together in blocks first, each with its median; the interval is Sen's, from
the ranks of the slopes, and would be too narrow for samples that are not independent.

The first fifth of a run is left out: caches, pools and the allocator fill then. All of the
rest counts, not only the second half: the longer the time, the smaller the leak that shows.
The second half is looked at besides: what grew and does not any more has filled up; a leak
goes on.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

WARM_UP = 0.2  # of a run
BLOCKS = 24
FEWEST = 6  # blocks; from fewer nothing can be told
NORMAL_95 = 1.96
HOUR_S = 3600.0
Points = Sequence[tuple[float, float]]  # seconds, value


class Verdict(Enum):
    """What became of something over a run."""

    FLAT = "flat"
    FILLED_UP = "filled up"  # it grew, and in the second half it does not
    GROWS = "grows"
    TOO_SHORT = "too short to tell"


@dataclass(frozen=True)
class Slope:
    """Growth in an hour, and between what it is with 95 % confidence."""

    per_hour: float
    low: float
    high: float

    @property
    def may_be_none(self) -> bool:
        """Whether the interval contains 0, or all of it is below."""
        return self.low <= 0


@dataclass(frozen=True)
class Growth:
    """What became of something: its slopes, and by how much it grew over the run."""

    verdict: Verdict
    median: float | None = None
    slope: Slope | None = None
    second_half: Slope | None = None
    over_the_run: float | None = None


def theil_sen(points: Points) -> Slope | None:
    """Return the slope of points; None when there are too few of them."""
    blocks = _blocks(points)
    count = len(blocks)
    if count < FEWEST:
        return None
    slopes = sorted(
        (later[1] - earlier[1]) / (later[0] - earlier[0]) * HOUR_S
        for number, earlier in enumerate(blocks)
        for later in blocks[number + 1 :]
    )
    spread = NORMAL_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    last = len(slopes) - 1
    low = max(0, math.floor((len(slopes) - spread) / 2) - 1)
    high = min(last, math.ceil((len(slopes) + spread) / 2))
    return Slope(statistics.median(slopes), slopes[low], slopes[high])


def judge(points: Points, *, share: float = 0.03, least: float = 5.0) -> Growth:
    """Tell what became of something.

    Args:
        points: Its values over a whole run, the beginning included.
        share: Growth over the run below this part of its size is none,
        least: nor is less than this.
    """
    began, ended = (points[0][0], points[-1][0]) if points else (0.0, 0.0)
    warm = began + WARM_UP * (ended - began)
    counted = [point for point in points if point[0] >= warm]
    late = [point for point in counted if point[0] >= (warm + ended) / 2]
    slope, second_half = theil_sen(counted), theil_sen(late)
    if slope is None or second_half is None:
        return Growth(Verdict.TOO_SHORT)
    median = statistics.median(value for _, value in counted)
    hours, allowed = (ended - warm) / HOUR_S, max(least, share * median)

    def grows(found: Slope) -> bool:
        return not found.may_be_none and found.per_hour * hours >= allowed

    verdict = Verdict.FLAT
    if grows(slope):
        has_slowed = second_half.per_hour < slope.per_hour / 2
        goes_on = grows(second_half) or not has_slowed
        verdict = Verdict.GROWS if goes_on else Verdict.FILLED_UP
    return Growth(verdict, median, slope, second_half, slope.per_hour * hours)


def _blocks(points: Points) -> list[tuple[float, float]]:
    """Bring points together, so many at a time that few blocks are left."""
    each = max(1, len(points) // BLOCKS)
    groups = [points[at : at + each] for at in range(0, len(points), each)]
    return [
        (statistics.median(t for t, _ in group), statistics.median(v for _, v in group))
        for group in groups
        if len(group) == each
    ]
