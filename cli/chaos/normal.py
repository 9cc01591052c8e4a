"""What is normal: how long answers take in calm, and when it is so again after a fault."""

from bisect import bisect_left
from collections.abc import Sequence

from cli.chaos.story import Asked

WINDOW_S = 3.0
FEWEST = 5  # probes that tell something
TIMES = 2.0  # the calm 95th percentile
UNNOTICED_S = 0.3  # what nobody notices


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def limit_s(calm_p95_s: float) -> float:
    """Return what 95 of 100 answers must not exceed when all is normal."""
    return max(TIMES * calm_p95_s, UNNOTICED_S)


def took_s(probe: Asked, now: float) -> float:
    """Return how long an answer took; so far, if it has not come."""
    end = now if probe.answered_at is None else probe.answered_at
    return end - probe.asked_at


def back_to_normal_s(
    probes: Sequence[Asked], since: float, most_s: float, now: float
) -> float | None:
    """Return how long after a moment answers came as quickly as in calm again.

    Args:
        probes: What was asked, the oldest first.
        since: The moment.
        most_s: What 95 of 100 answers must not exceed.
        now: Until when is known what came.

    Returns:
        Seconds until the first stretch of three in which that is so; None if there is none.
    """
    later = probes[bisect_left(probes, since, key=lambda each: each.asked_at) :]
    for begin in (since, *(each.asked_at for each in later)):
        if begin + WINDOW_S > now:
            return None
        window = [p for p in later if begin <= p.asked_at < begin + WINDOW_S]
        if len(window) < FEWEST:
            continue
        if percentile([took_s(each, now) for each in window], 95) <= most_s:
            return begin - since
    return None
