"""The tables of docs/scale.md, written from the figures, so that they never differ."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.load_figures import Figures

PARTS = ("helpdesk", "rasa", "actions", "accounts", "postgresql", "valkey", "load")
KINDS = ("alone", "shared")
PLACE = "<!-- {name} -->\n{table}<!-- end of {name} -->"


def write_tables(page: Path, found: Mapping[str, str]) -> None:
    """Put tables in their places in a page."""
    text = page.read_text(encoding="utf-8")
    for name, table in found.items():
        place = re.compile(PLACE.format(name=name, table="(?s:.*?)"))
        new = PLACE.format(name=name, table=table)
        text = place.sub(lambda _found, new=new: new, text)  # type: ignore[misc]
    page.write_text(text, encoding="utf-8")


def tables(figures: Figures, result: Figures) -> dict[str, str]:
    """Return the tables by name.

    Args:
        figures: What was measured.
        result: What was simulated.
    """
    return {
        "turn": _turn(figures),
        "besides": _besides(figures),
        "stored": _stored(figures),
        "check": _check(result),
        "days": _days(result),
        "strains": _strains(result),
        "limits": _table(
            ("of this, one is all used up", "conversations a day"),
            [(what, f"{count:,.0f}") for what, count in result["limits"].items()],
        ),
    }


def _turn(figures: Figures) -> str:
    rows = [
        (
            f"{kind}, {contacts}",
            *(_number(level[each]) for each in ("messages_per_s", "p50_ms", "p95_ms")),
            *(_number(level["cpu_ms"].get(part)) for part in PARTS),
            f"{level['cores_of_others']:.2f}",
        )
        for kind in KINDS
        for contacts, level in figures[kind]["levels"].items()
    ]
    return _table(("contacts", "messages/s", "p50", "p95", *PARTS, "other work"), rows)


def _besides(figures: Figures) -> str:
    rows: list[tuple[str, ...]] = []
    for kind in KINDS:
        found = figures[kind]
        for what, key in (
            ("visit", found["visit"]["cpu_ms"]),
            ("nobody there, a second", found["idle_cpu_ms_a_second"]),
        ):
            cells = (_number(key.get(part)) for part in PARTS)
            rows.append((f"{kind}: {what}", *cells))
    return _table(("processor ms", *PARTS), rows)


def _stored(figures: Figures) -> str:
    rows = [
        (
            f"{int(size):,}",
            f"{row['file_mb']:,.0f} MB",
            f"{row['kb_for_a_message']:.2f} kB",
            f"{row['p50_ms']:.1f} / {row['p95_ms']:.1f} ms",
            f"{row['helpdesk_cpu_ms']:.1f} ms",
        )
        for size, row in figures["stored"].items()
    ]
    titles = ("messages stored", "file", "each", "turn, p50 / p95", "help desk's share")
    return _table(titles, rows)


def _check(result: Figures) -> str:
    rows = []
    for kind in KINDS:
        for row in result["check"][kind]:
            cells = [f"{kind}, {row['contacts']}"]
            for figure in ("messages_per_s", "p50_ms", "p95_ms"):
                both = row[figure]
                cells.append(
                    f"{both['measured']:.1f} / {both['simulated']:.1f} ({both['off']:+.0%})"
                )
            rows.append((*cells, "yes" if row["fits"] else "no"))
    titles = ("contacts", "messages/s", "p50 ms", "p95 ms", "within 15 %")
    return _table(titles, rows)


def _days(result: Figures) -> str:
    rows = []
    for day in result["days"]:
        peak = max(day["hours"], key=lambda each: each["messages_per_s"], default=None)
        rows.append(
            (
                f"{day['conversations']:,}{day['kind']}",
                f"{day['peak_messages_per_s']:,.0f}",
                f"{peak['p95_ms']:.0f} ms" if peak else "–",
                *(str(count or "no number") for count in day["processes"].values()),
                f"{day['heard']:.0%}",
            )
        )
    parts = tuple(result["days"][0]["processes"])
    titles = ("conversations a day", "messages/s", "p95", *parts, "hearing")
    return _table(titles, rows)


def _strains(result: Figures) -> str:
    rows = [
        (
            f"{day['conversations']:,}{day['kind']}",
            *(_large(value) for value in day["strains"].values()),
        )
        for day in result["days"]
    ]
    names = (name.replace("_", " ") for name in result["days"][0]["strains"])
    return _table(("conversations a day", *names), rows)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = (titles, ["---"] * len(titles), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(value: Any) -> str:
    return "–" if value is None or value < 0.05 else f"{value:.1f}"


def _large(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
