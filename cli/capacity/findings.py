"""What a soak's samples tell: each process, whether it grew, and what it left behind."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

from cli.capacity.sampling import Sample
from cli.capacity.slopes import WARM_UP, Growth, Verdict, judge
from cli.load_figures import Figures

# Each of PostgreSQL's processes counts the shared buffers that it touched, up to all of them,
# and keeps files of tables open, up to a limit of its own. Its connections are judged.
NOT_JUDGED = {"postgresql": ("rss", "fds")}
MEMORY = ("rss", "anon")
COUNTS = ("fds", "threads", "tasks", "connections")
# Of a count that is more at rest than before; idle lines and threads of pools come and go.
MORE_AT_REST, MORE_SHARE, MORE_FROM_THIRD_TO_THIRD = 10, 0.1, 3


def find(
    at_rest: Sequence[Sample], during: Sequence[Sample], after: Sequence[Sample]
) -> Figures:
    """Return the findings of each process.

    Args:
        at_rest: One of each before the load.
        during: All of the load, in order.
        after: One of each when everybody had gone.
    """
    before, behind = ({s.name: s for s in each} for each in (at_rest, after))
    ordered = sorted(during, key=lambda sample: sample.name)
    return {
        name: _find_one(list(samples), before.get(name), behind.get(name))
        for name, samples in groupby(ordered, key=lambda sample: sample.name)
    }


def problems(findings: Figures) -> list[str]:
    """Return what grows, in words; and that nothing can be told, if so."""
    short = Verdict.TOO_SHORT.value
    if any(found["rss_mb"]["verdict"] == short for found in findings.values()):
        return [f"memory: {short}"]
    return [
        f"{name}: {what} grows"
        for name, found in findings.items()
        for what in found["grows"]
    ]


def _find_one(
    samples: list[Sample], before: Sample | None, after: Sample | None
) -> Figures:
    judged = {*MEMORY, *COUNTS}.difference(NOT_JUDGED.get(samples[0].name, ()))
    result: Figures = {"samples": len(samples)}
    grows = []
    for kind in MEMORY:
        growth = judge([(s.at_s, getattr(s, f"{kind}_mb")) for s in samples])
        result[f"{kind}_mb"] = _told(growth, samples, f"{kind}_mb", before, after)
        if kind in judged and growth.verdict is Verdict.GROWS:
            grows.append(f"{kind}_mb")
    for kind in ("pss_mb", "uss_mb"):
        result[kind] = {"first": getattr(samples[0], kind)} | {
            "last": getattr(samples[-1], kind)
        }
    for kind in COUNTS:
        found = _count(samples, before, after, kind)
        if found:
            result[kind] = found
            grows += [kind] if found["grows"] and kind in judged else []
    used = samples[-1].cpu_s - samples[0].cpu_s
    result["cpu_s"] = used
    return {**result, "grows": grows}


def _told(
    growth: Growth,
    samples: Sequence[Sample],
    kind: str,
    before: Sample | None,
    after: Sample | None,
) -> Figures:
    return {
        "verdict": growth.verdict.value,
        "median": growth.median,
        "first": getattr(samples[0], kind),
        "last": getattr(samples[-1], kind),
        "at_rest_before": getattr(before, kind, None),
        "at_rest_after": getattr(after, kind, None),
        "over_the_run": growth.over_the_run,
        "per_hour": growth.slope and asdict(growth.slope),
        "per_hour_in_second_half": growth.second_half and asdict(growth.second_half),
    }


def _count(
    samples: Sequence[Sample], before: Sample | None, after: Sample | None, kind: str
) -> Figures:
    """Compare what was open before a run and after it, and the thirds between.

    What somebody forgets to close is still open when everybody has gone, and more of it from
    third to third. What a pool or a cache keeps is not more in the last third. An open chat
    is neither, so the files of those are taken off.
    """
    counted = [s for s in samples if getattr(s, kind) is not None]
    if len(counted) < 3:
        return {}
    warm = counted[int(len(counted) * WARM_UP) :]
    third = max(1, len(warm) // 3)
    parts = {"first_third": warm[:third], "last_third": warm[-third:]}
    most = {name: max(getattr(s, kind) for s in part) for name, part in parts.items()}
    first, last = (max(_unasked(s, kind) for s in part) for part in parts.values())
    rest, left = getattr(before, kind, None), getattr(after, kind, None)
    is_left = (
        rest is not None
        and left is not None
        and left - rest > max(MORE_AT_REST, MORE_SHARE * rest)
    )
    return {
        **{f"most_in_{name}": number for name, number in most.items()},
        "at_rest_before": rest,
        "at_rest_after": left,
        "grows": is_left and last - first > MORE_FROM_THIRD_TO_THIRD,
    }


def _unasked(sample: Sample, kind: str) -> int:
    count: int = getattr(sample, kind)
    return count - (sample.sockets or 0) if kind == "fds" else count
