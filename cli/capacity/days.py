"""The whole of `bench simulate`: the check, the days, what gives way, and the charts."""

from collections.abc import Sequence
from dataclasses import asdict

from cli.capacity.bench_capacity import SCALES, SHARED
from cli.capacity.charts import Axis, Line, draw_bars, draw_lines
from cli.capacity.day import (
    MESSAGES_OF_AN_HOUR,
    Day,
    limits,
    play_day,
    strains,
    with_own_channels,
)
from cli.capacity.model import MESSAGES, Costs, compare, costs_of
from cli.load_figures import Figures

SIZES = [10**power * digit for power in (4, 5, 6) for digit in (1, 2, 5)] + [10**7]
OWN_CHANNELS = ", events to watchers only"


def simulate(
    figures: Figures,
    conversations: Sequence[int],
    messages: tuple[int, int] = (MESSAGES, MESSAGES_OF_AN_HOUR),
) -> Figures:
    """Return everything that the simulation tells.

    Args:
        figures: Of `bench capacity`.
        conversations: Days to play, by their number of conversations.
        messages: How many to simulate of a level that was measured, and of an hour.
    """
    of_a_level, of_an_hour = messages
    costs = {name: _costs(figures, name) for name in SCALES}
    check = {name: compare(costs[name], figures[name], of_a_level) for name in SCALES}
    shared = costs[SHARED]
    days = []
    for number in conversations:
        for kind, such in (("", shared), (OWN_CHANNELS, with_own_channels(shared))):
            day = Day(number, such)
            days.append(
                {
                    "kind": kind,
                    **play_day(day, of_an_hour),
                    "strains": strains(day, figures),
                }
            )
    return {
        "check": check,
        "days": days,
        "limits": limits(shared),
        "needed": [_needs(shared, size) for size in SIZES],
    }


def draw(result: Figures) -> dict[str, str]:
    """Return the charts by the names of their files."""
    return {
        **{f"scale-check-{name}.svg": _draw_check(result, name) for name in SCALES},
        "scale-day.svg": _draw_days(result),
        "scale-needed.svg": _draw_needs(result),
    }


def _costs(figures: Figures, name: str) -> Costs:
    processes = {**asdict(SCALES[name]), "accounts": 1}
    if name == SHARED:
        processes["valkey"] = 1
    return costs_of(figures, name, processes)


def _needs(costs: Costs, size: int) -> Figures:
    now, then = Day(size, costs), Day(size, with_own_channels(costs))
    parts = ("rasa", "helpdesk", "postgresql")
    return {
        "conversations": size,
        **{part: now.needed(part) for part in parts},
        "helpdesk_own_channels": then.needed("helpdesk"),
    }


def _draw_check(result: Figures, name: str) -> str:
    rows = result["check"][name]
    both = ("measured", "simulated")
    groups, bars = [], {each: list[float]() for each in both}
    for figure, title in (("messages_per_s", "messages/s"), ("p95_ms", "p95 ms")):
        for row in rows:
            groups.append(f"{row['contacts']}: {title}")
            for each in both:
                bars[each].append(row[figure][each])
    axis = Axis.of(
        "", [value for values in bars.values() for value in values], is_log=True
    )
    title = f"One machine, {name}: measured and simulated, by contacts at a time"
    return draw_bars(title, axis, groups, list(bars.items()))


def _draw_days(result: Figures) -> str:
    lines = [
        Line(
            f"{day['conversations'] / 1e6:g} M a day{day['kind']}",
            [(hour["hour"], hour["p95_ms"]) for hour in day["hours"]],
        )
        for day in result["days"]
        if day["hours"]
    ]
    values = [ms for line in lines for _, ms in line.points]
    across = Axis("hour of the day", 0.0, 24.0)
    return draw_lines("p95 of an answer", across, Axis.of("ms", values), lines)


def _draw_needs(result: Figures) -> str:
    names = {
        "rasa": "Rasa",
        "helpdesk": "help desks",
        "helpdesk_own_channels": f"help desks{OWN_CHANNELS}",
        "postgresql": "processors of PostgreSQL",
    }
    lines = [
        Line(
            name,
            [
                (row["conversations"], row[part])
                for row in result["needed"]
                if row[part]
            ],
        )
        for part, name in names.items()
    ]
    values = [y for line in lines for _, y in line.points]
    sizes = [float(row["conversations"]) for row in result["needed"]]
    return draw_lines(
        "Processes for the peak hour, 60 % busy",
        Axis.of("conversations a day", sizes, is_log=True),
        Axis.of("processes", values, is_log=True),
        lines,
    )
