"""`bench simulate`: what a day of a million conversations takes, played in a model."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.capacity.page import tables, write_tables
from cli.console import err, fail, out, print_json
from cli.load_figures import Figures
from cli.nlu import Json
from cli.places import PROJECT

FIGURES = PROJECT / "docs" / "capacity.json"
SOME_DAYS = [1_000_000, 10_000_000]


def bench_simulate(
    conversations_per_day: Annotated[
        list[int], typer.Option(min=1_000, help="May be given several times.")
    ] = SOME_DAYS,
    figures: Annotated[
        Path, typer.Option(help="What bench capacity --json has measured.")
    ] = FIGURES,
    docs: Annotated[
        Path | None,
        typer.Option(help="Write the tables and charts of scale.md in this folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Simulate the product under days of many conversations.

    First the model is put beside what was measured on one machine; then it plays a day
    on as many processes as its peak hour needs, each with a processor of its own.
    """
    try:
        from cli.capacity import days  # SimPy comes with this command and the tests
    except ModuleNotFoundError as error:
        fail(f"{error.name} is missing: run this by ./latchkey bench simulate.")
    try:
        measured: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{figures} cannot be read: {error}")
    with err.status("Simulating"):
        result = days.simulate(measured, conversations_per_day)
    if docs:
        for name, chart in days.draw(result).items():
            (docs / "images" / name).write_text(chart, encoding="utf-8")
        write_tables(docs / "scale.md", tables(measured, result))
    if as_json:
        print_json(result)
    else:
        _print(result)


def _print(result: Figures) -> None:
    for name, rows in result["check"].items():
        table = Table("contacts", "", "measured", "simulated", "off")
        for row in rows:
            for figure in ("messages_per_s", "p50_ms", "p95_ms"):
                both = row[figure]
                numbers = (f"{both[each]:.1f}" for each in ("measured", "simulated"))
                table.add_row(
                    str(row["contacts"]), figure, *numbers, f"{both['off']:+.0%}"
                )
        out.print(f"The model beside what was measured, {name}:", table)
    parts = ("helpdesk", "rasa", "actions", "accounts", "postgresql")
    table = Table("conversations a day", "peak/s", "p95 ms", *parts)
    for day in result["days"]:
        peak = max(day["hours"], key=lambda hour: hour["messages_per_s"], default=None)
        table.add_row(
            f"{day['conversations']:,}{day['kind']}",
            f"{day['peak_messages_per_s']:.0f}",
            f"{peak['p95_ms']:.0f}" if peak else "–",
            *(str(day["processes"][part] or "none is enough") for part in parts),
        )
    out.print(table)
    table = Table("conversations a day at which it is all used up", "of one")
    for what, count in result["limits"].items():
        table.add_row(f"{count:,.0f}", what)
    out.print(table)
