"""What breaks, in which order, for how long: decided by a seed before anything runs."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

PROCESSES = (
    "helpdesk",
    "helpdesk-2",
    "rasa",
    "rasa-2",
    "actions",
    "actions-2",
    "accounts",
    "postgresql",
    "valkey",
    "outbox",
)
LINES = (
    "helpdesk",
    "rasa",
    "rasa-2",
    "actions",
    "actions-2",
    "accounts",
    "postgresql",
    "valkey",
    "smtp",
)
MACHINE, ONE = "machine", "helpdesk-2"


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what it may hit, how many seconds it lasts, and its share."""

    targets: tuple[str, ...]
    shortest_s: float = 0.0
    longest_s: float = 0.0
    times: int = 1  # in each round


KINDS = {
    "kill": Kind(PROCESSES, times=3),
    "freeze": Kind(PROCESSES, 5, 12, times=2),
    "cut": Kind(LINES, times=2),
    "stall": Kind(LINES, 2, 8, times=2),
    "refuse": Kind(LINES, 1, 6, times=2),
    "disk_full": Kind(("postgresql",), 2, 6),
    "postgresql_restart": Kind(("postgresql",)),
    "failover": Kind(("postgresql",)),
    "redis_flush": Kind(("valkey",)),
    "redis_restart": Kind(("valkey",)),
    "clock_forward": Kind((MACHINE, ONE), 3, 8),
    "clock_back": Kind((MACHINE, ONE), 3, 8),
    "backend_slow": Kind(("accounts",), 3, 8),
    "backend_errors": Kind(("accounts",), 2, 8),
    "backend_rubbish": Kind(("accounts",), 2, 8),
    "backend_drops": Kind(("accounts",), 3, 8),
    "smtp_busy": Kind(("smtp",), 2, 8),
    "smtp_refused": Kind(("smtp",), 2, 8),
}
# After half an hour at rest a conversation begins anew, and is to.
CLOCK_JUMPS_S = (20.0, 90.0, 600.0, 1_500.0)
CLOCK_SKEW_S = 2.0  # as far as hosts that keep the time may differ
LONGEST_CALM_S = 2.0


@dataclass(frozen=True)
class Fault:
    """One thing that breaks.

    Attributes:
        kind: One of `KINDS`.
        target: What it hits.
        seconds: How long it lasts; 0 is a moment.
        calm_s: How long nothing happens before.
        shift_s: How far a clock jumps.
    """

    kind: str
    target: str
    seconds: float
    calm_s: float
    shift_s: float = 0.0


def choose(words: Sequence[str]) -> dict[str, Kind]:
    """Return the kinds that are named, or all if none is.

    Args:
        words: `kind`, or `kind:target` for only that target of it.

    Raises:
        ValueError: There is no such thing.
    """
    chosen: dict[str, Kind] = {}
    for word in words:
        name, _, target = word.partition(":")
        if name not in KINDS:
            raise ValueError(f"{name} is none of {', '.join(KINDS)}.")
        kind = KINDS[name]
        if target and target not in kind.targets:
            raise ValueError(f"{name} can hit {', '.join(kind.targets)}.")
        if target:
            before = chosen[name].targets if name in chosen else ()
            kind = replace(kind, targets=(*before, target))
        chosen[name] = kind
    return chosen or KINDS


def make_plan(
    seed: int, count: int, kinds: Mapping[str, Kind] = MappingProxyType(KINDS)
) -> list[Fault]:
    """Return so many faults: every kind, and every target of each, comes in turn.

    Args:
        seed: The same one gives the same plan.
        count: How many.
        kinds: Which.
    """
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    waiting: dict[str, list[str]] = {kind: [] for kind in kinds}
    round_: list[str] = []
    plan = []
    for _ in range(count):
        if not round_:
            round_ = [name for name, kind in kinds.items() for _ in range(kind.times)]
            chance.shuffle(round_)
        kind = round_.pop()
        if not waiting[kind]:
            waiting[kind] = list(kinds[kind].targets)
            chance.shuffle(waiting[kind])
        plan.append(_draw(chance, kind, waiting[kind].pop()))
    return plan


def _draw(chance: random.Random, kind: str, target: str) -> Fault:
    seconds = chance.uniform(KINDS[kind].shortest_s, KINDS[kind].longest_s)
    calm_s = chance.uniform(0.0, LONGEST_CALM_S)
    shift_s = chance.choice(CLOCK_JUMPS_S)
    if not kind.startswith("clock"):
        shift_s = 0.0
    elif target == ONE:
        shift_s = CLOCK_SKEW_S
    if kind == "clock_back":
        shift_s = -shift_s
    return Fault(kind, target, round(seconds, 2), round(calm_s, 2), shift_s)
