"""A soak's findings for people."""

from typing import Any

from rich.table import Column, Table

from cli.console import err
from cli.load_figures import Figures

VERDICT_OF_COUNT = {True: "[red]grows[/]", False: "flat"}


def show(result: Figures) -> None:
    """Print what a soak found."""
    load = result["load"]
    err.print(
        f"\n{result['minutes']:.1f} minutes at {_number(load['messages_per_s'])} of "
        f"{_number(result['capacity']['messages_per_s'])} messages/s: "
        f"{load['conversations']} conversations, {load['asked']} messages asked, "
        f"{load['answered']} answered, {load['failed']} failed {load.get('failures', '')}"
    )
    err.print(
        f"The load maker itself used {load['load_maker_cpu_share']:.1%} of a core."
    )
    _show_memory(result["processes"])
    _show_counts(result["processes"])
    _show_times(result["tenths"])
    stores = result["kb_for_a_conversation"].items()
    shown = ", ".join(f"{name} {kb:.1f} kB" for name, kb in stores)
    err.print(f"On disk for a conversation: {shown}")
    for problem in result["problems"]:
        err.print(f"[red]✗[/] {problem}")
    if not result["problems"]:
        err.print("[green]✓[/] Nothing grows.")


def _show_memory(processes: Figures) -> None:
    table = Table(
        Column("process", no_wrap=True),
        "memory",
        "MB",
        "MB an hour",
        "95 %",
        "over the run",
        "second half",
        "",
    )
    for name, found in processes.items():
        for kind in ("rss_mb", "anon_mb"):
            row = found[kind]
            slope, half = row["per_hour"], row["per_hour_in_second_half"]
            table.add_row(
                name if kind == "rss_mb" else "",
                kind.removesuffix("_mb"),
                _number(row["median"] or row["last"]),
                _number(slope and slope["per_hour"]),
                f"{slope['low']:+.1f} … {slope['high']:+.1f}" if slope else "–",
                _number(row["over_the_run"]),
                _number(half and half["per_hour"]),
                f"[red]{row['verdict']}[/]"
                if kind in found["grows"]
                else row["verdict"],
            )
    err.print(table)


def _show_counts(processes: Figures) -> None:
    table = Table(
        Column("process", no_wrap=True),
        "of",
        "first third",
        "last third",
        "before",
        "after",
        "",
    )
    for name, found in processes.items():
        for kind in ("fds", "threads", "tasks", "connections"):
            row = found.get(kind)
            if row:
                columns = ("most_in_first_third", "most_in_last_third")
                at_rest = ("at_rest_before", "at_rest_after")
                numbers = (str(row[column]) for column in (*columns, *at_rest))
                table.add_row(name, kind, *numbers, VERDICT_OF_COUNT[row["grows"]])
    err.print(table)


def _show_times(tenths: list[Figures]) -> None:
    table = Table("tenth", "answered", "p50 ms", "p95 ms", "p99 ms")
    for number, row in enumerate(tenths, 1):
        times = (_number(row[f"p{percent}_ms"]) for percent in (50, 95, 99))
        table.add_row(str(number), str(row["answered"]), *times)
    err.print(table)


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:.1f}"
