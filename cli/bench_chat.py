"""`bench chat`: the whole path of a message, from socket to socket, beside stock Rasa's."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli import chat_sections as sections
from cli import model as trained
from cli.bench_parts import beside, helpdesk_child, running, stock_child
from cli.chat_clients import LoadError
from cli.chat_load import DifferentAnswersError, Expected
from cli.chat_sections import open_shipped, open_stock
from cli.console import err, fail, out, print_json
from cli.full_store import fill_store
from cli.load_figures import Figures, allow_open_files
from cli.nlu import Json
from cli.places import ENVIRONMENTS, PROJECT
from cli.processes import ChildNotReadyError
from cli.stack import HOST, Ports, Stack
from cli.stock_model import StockModel, ensure_stock_model
from cli.wordings import Wordings

SPARE_FILES = 500


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    turns: int
    messages: int
    sockets: int
    stored: int


def bench_chat(
    turns: Annotated[int, typer.Option(min=1, help="Timed turns of each kind.")] = 200,
    messages: Annotated[
        int, typer.Option(min=2, help="Messages to each at each level of load.")
    ] = 640,
    sockets: Annotated[int, typer.Option(min=1, help="Sockets held open.")] = 2_000,
    stored: Annotated[
        int, typer.Option(min=1, help="Messages in the full record.")
    ] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Measure the chat under load beside stock Rasa on the same data.

    Ours is everything a contact's message goes through: socket, redaction, durable record,
    understanding, custom action, the reply committed, socket. Stock is Rasa's default
    configuration over its REST channel with trackers in memory, and the same action
    server. Both are asked alternately and have to give the same answers. Times are
    milliseconds, as a client sees them.
    """
    trained.ensure_trained()
    peer = ensure_stock_model()
    allow_open_files(sockets + SPARE_FILES)
    sizes = Sizes(turns, messages, sockets, stored)
    # Beside the real state: what a commit costs depends on the disk.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ENVIRONMENTS) as folder:
        try:
            result = _measure(peer, Path(folder), sizes)
        except (ChildNotReadyError, DifferentAnswersError) as error:
            fail(str(error))
        except LoadError as error:
            fail(f"A turn got no answer, with no load to speak of: {error}")
    if as_json:
        print_json(result)
    else:
        _print(result)


def _measure(peer: StockModel, folder: Path, sizes: Sizes) -> Figures:
    stack = Stack.on(Ports.free(), folder)
    port = Ports.free().rasa
    stock = stock_child(peer.folder, port, stack)
    ours = [each for each in stack.children() if each.name != "helpdesk"]
    known = Expected(Wordings.of_project(PROJECT).same)
    with err.status("Starting") as status, running() as parts:
        for child in (*ours, helpdesk_child(stack), stock):
            status.update(f"Starting {child.name}")
            parts.start(child)
        opens = {
            "shipped": open_shipped(stack.url("helpdesk")),
            "stock": open_stock(f"http://{HOST}:{port}"),
        }
        result: Figures = {}
        for name, questions in (("faq", sections.FAQ), ("action", sections.ACTION)):
            status.update(f"One conversation at a time: {name}")
            comparing = sections.compare_turns(opens, questions, sizes.turns, known)
            result[name] = asyncio.run(comparing)
        status.update("Many conversations at once")
        result["throughput"] = asyncio.run(
            sections.compare_throughput(opens, sizes.messages, parts.children, known)
        )
        result["processes"] = parts.figures()
        parts.stop_one("stock")
        status.update("Long conversations")
        late = sections.compare_late_turns(opens["shipped"], known)
        result["late_turn"] = asyncio.run(late)
        status.update("A full record")
        result["full_store"] = _measure_stores(stack, folder, sizes, known)
        status.update("Idle sockets")
        result["sockets"] = _measure_sockets(stack, folder, sizes)
    return result


def _measure_stores(
    stack: Stack, folder: Path, sizes: Sizes, known: Expected
) -> Figures:
    full, empty = beside(stack, folder / "full"), beside(stack, folder / "empty")
    fill_store(full.state / "helpdesk.db", sizes.stored)
    with (
        running(helpdesk_child(empty)) as of_empty,
        running(helpdesk_child(full)) as of_full,
    ):
        opens = {
            "full": open_shipped(full.url("helpdesk")),
            "empty": open_shipped(empty.url("helpdesk")),
        }
        comparing = sections.compare_stores(opens, sizes.turns, known)
        result = asyncio.run(comparing)
        ready = {"full": of_full.ready_s, "empty": of_empty.ready_s}
    size = (full.state / "helpdesk.db").stat().st_size / 1e6
    return {
        "stored": sizes.stored,
        "file_mb": size,
        "ready_s": {name: each["helpdesk"] for name, each in ready.items()},
        **result,
    }


def _measure_sockets(stack: Stack, folder: Path, sizes: Sizes) -> Figures:
    """Measure sockets of a new process: memory that a load left behind would hide some."""
    held = beside(stack, folder / "sockets")
    child = helpdesk_child(held)
    with running(child):
        url = held.url("helpdesk")
        return asyncio.run(sections.hold_sockets(url, sizes.sockets, child))


def _print(result: Figures) -> None:
    table = Table("", "shipped", "stock", "ratio")
    for kind in ("faq", "action"):
        _add_times(table, f"{kind} turn", result[kind], "ratio_p50")
    for at_once, level in result["throughput"].items():
        both = (level["shipped"], level["stock"])
        rates = (f"{_shown(each['messages_per_s'])}/s" for each in both)
        table.add_row(f"{at_once} at once", *rates, _shown(level["ratio"]))
        _add_times(table, "", level)
    out.print(table)
    processes = Table("", "ready s", "memory MB")
    for name, each in result["processes"].items():
        row = (each["ready_s"], each["memory_mb"])
        processes.add_row(name, *(f"{value:.1f}" for value in row))
    out.print(processes)
    others = Table("", "")
    late, full, held = (result[x] for x in ("late_turn", "full_store", "sockets"))
    others.add_row("late turn to early turn", _shown(late["ratio"]))
    others.add_row("full record to empty one", _shown(full["ratio_p50"]))
    others.add_row("kB for a socket", _shown(held["kb_per_socket"]))
    others.add_row("sockets that answer", f"{held['answer_ping']} of {held['sockets']}")
    out.print(others)


def _add_times(
    table: Table, title: str, both: Figures, compared: str | None = None
) -> None:
    for percent in ("p50_ms", "p95_ms", "p99_ms"):
        times = (_shown(both[name][percent]) for name in ("shipped", "stock"))
        is_ratio = compared is not None and percent == "p50_ms"
        shown = _shown(both[compared]) if is_ratio and compared else ""
        table.add_row(f"{title} {percent}", *times, shown)
    failed = [str(both[name]["failed"]) for name in ("shipped", "stock")]
    if any(each != "0" for each in failed):
        table.add_row(f"{title} failed", *failed, "")


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
