"""`bench capacity`: the figures that docs/scale.md has and the simulation draws from."""

import asyncio
import os
from typing import Annotated

import typer
from rich.table import Table

from cli import chat_sections as sections
from cli import model as trained
from cli.bench_parts import beside, helpdesk_child, running
from cli.capacity.costs import (
    commits_of,
    measure_commits,
    measure_events,
    measure_idle,
    measure_levels,
    measure_turns,
    measure_visits,
    warm_up,
)
from cli.capacity.product import Product, running_product
from cli.capacity.stores import kb_for_each, sizes_of
from cli.chat_load import Expected, alternate
from cli.chat_sections import open_shipped
from cli.console import err, fail, out, print_json
from cli.full_store import fill_store
from cli.load_figures import Figures, allow_open_files, cpu_s
from cli.nlu import Json
from cli.places import PROJECT
from cli.processes import ChildNotReadyError
from cli.scale import Scale
from cli.wordings import Wordings

SPARE_FILES = 2_000
SEED = 60
ALONE, SHARED = "alone", "shared"
SCALES = {ALONE: Scale(), SHARED: Scale(helpdesk=2, rasa=2, actions=2)}


def bench_capacity(
    seconds: Annotated[
        float, typer.Option(min=2.0, help="How long each level of load lasts.")
    ] = 30.0,
    turns: Annotated[int, typer.Option(min=20, help="Timed turns of one kind.")] = 200,
    sockets: Annotated[int, typer.Option(min=10, help="Sockets held open.")] = 1_000,
    stored: Annotated[
        str, typer.Option(help="Sizes of the record, in messages.")
    ] = "10000,100000,1000000",
    as_json: Json = False,
) -> None:
    """Measure what a turn, a socket and a stored conversation cost, part by part.

    Twice: one process of each part on SQLite (`alone`), and two of each on PostgreSQL and
    Valkey (`shared`). What is measured shares the machine with what makes the load.
    """
    trained.ensure_trained()
    allow_open_files(sockets + SPARE_FILES)
    result: Figures = {"cores": os.cpu_count()}
    for name, scale in SCALES.items():
        err.print(f"[bold]{name}[/]: starting")
        try:
            with running_product(scale) as product:
                result[name] = _measure(product, seconds, turns)
                if name == ALONE:
                    sizes = [int(size) for size in stored.split(",") if size]
                    result |= _measure_growth(product, sockets, sizes, turns)
        except ChildNotReadyError as error:
            fail(str(error))
    if as_json:
        print_json(result)
    else:
        _print(result)


def _measure(product: Product, seconds: float, turns: int) -> Figures:
    err.print("turns at Rasa alone, commits")
    result: Figures = {
        "turn_at_rasa": measure_turns(product, turns),
        "commit": measure_commits(product),
    }
    err.print("1, 16 and 64 contacts at a time")
    asyncio.run(warm_up(product, seconds / 3, SEED))
    before, committed = sizes_of(product), commits_of(product)
    result["levels"] = asyncio.run(measure_levels(product, seconds, SEED))
    after, committed = sizes_of(product), commits_of(product) - committed
    begun = sum(each["conversations"] for each in result["levels"].values())
    answered = sum(each["answered"] for each in result["levels"].values())
    err.print("visits, events, nobody")
    idle = asyncio.run(measure_idle(product, seconds / 3))
    visits = asyncio.run(measure_visits(product, max(20, turns)))
    events = asyncio.run(measure_events(product, SEED + 9))
    return {
        **result,
        "turns_of_a_conversation": answered / max(1, begun),
        "commits_for_a_message": committed / max(1, answered),
        "kb_for_a_conversation": kb_for_each(before, after, begun),
        "visit": visits,
        "idle_cpu_ms_a_second": idle,
        "event": events,
    }


def _measure_growth(
    product: Product, sockets: int, sizes: list[int], turns: int
) -> Figures:
    """Measure help desks of their own beside the product's: idle sockets, full records."""
    err.print("idle sockets")
    held = beside(product.stack, product.stack.state / "sockets")
    child = helpdesk_child(held)
    with running(child):
        holding = sections.hold_sockets(held.url("helpdesk"), sockets, child)
        result: Figures = {"sockets": asyncio.run(holding), "stored": {}}
    for size in sizes:
        err.print(f"a record of {size:,} messages")
        result["stored"][str(size)] = _measure_record(product, size, turns)
    return result


def _measure_record(product: Product, size: int, turns: int) -> Figures:
    full = beside(product.stack, product.stack.state / f"full-{size}")
    path = full.state / "helpdesk.db"
    path.parent.mkdir()
    fill_store(path, size)
    file_bytes = path.stat().st_size
    child, known = helpdesk_child(full), Expected(Wordings.of_project(PROJECT).same)
    with running(child) as parts:
        opens = {"full": open_shipped(full.url("helpdesk"))}
        asyncio.run(alternate(opens, sections.FAQ, sections.WARM_UP, 5, known))
        before = cpu_s(child)
        tally = asyncio.run(alternate(opens, sections.FAQ, turns, 5, known))["full"]
        used = cpu_s(child) - before
    path.unlink()
    return {
        **tally.figures(),
        "ready_s": parts.ready_s["helpdesk"],
        "file_mb": file_bytes / 1e6,
        "kb_for_a_message": file_bytes / 1e3 / size,
        "helpdesk_cpu_ms": used / turns * 1e3,
    }


def _print(result: Figures) -> None:
    parts = ("helpdesk", "rasa", "actions", "accounts", "postgresql", "valkey", "load")
    table = Table("contacts", "messages/s", "p50 ms", "p95 ms", *parts)
    for name in SCALES:
        for at_once, level in result[name]["levels"].items():
            figures = ("messages_per_s", "p50_ms", "p95_ms")
            table.add_row(
                f"{at_once} {name}",
                *(f"{level[each]:.1f}" for each in figures),
                *(f"{level['cpu_ms'].get(part, 0.0):.1f}" for part in parts),
            )
    out.print("Processor milliseconds of a message, by part:")
    out.print(table)
    table = Table("messages stored", "kB each", "p50 ms", "p95 ms", "helpdesk ms")
    for size, row in result["stored"].items():
        columns = ("kb_for_a_message", "p50_ms", "p95_ms", "helpdesk_cpu_ms")
        table.add_row(size, *(f"{row[each]:.2f}" for each in columns))
    out.print(table)
    out.print(f"A socket: {result['sockets']['kb_per_socket']:.0f} kB")
