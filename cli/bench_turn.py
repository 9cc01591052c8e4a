"""`bench turn`: one turn with a custom action, ours and stock Rasa's, in the same run."""

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import requests
import typer
from rich.table import Table

from cli import model as trained
from cli.bench_parts import stock_child
from cli.console import fail, out, print_json
from cli.load_figures import memory_mb
from cli.nlu import Json
from cli.places import PROJECT
from cli.processes import ChildNotReadyError, Supervisor
from cli.stack import HOST, Ports, Stack
from cli.stock_model import StockModel, ensure_stock_model
from cli.wordings import Wordings
from helpdesk.assistant import Turn

QUESTION = (
    "I want to talk to a person"  # answered by one custom action, and by nothing else
)
WARM_UP = 10


def bench_turn(
    turns: Annotated[int, typer.Option(help="Turns of each, taken alternately.")] = 100,
    as_json: Json = False,
) -> None:
    """Measure a turn with one custom action beside stock Rasa with the same action.

    Stock is Rasa's default configuration trained on the same data, over its REST channel,
    with Rasa's own in-memory tracker store; ours keeps trackers on disk. Every turn is the
    first of a new conversation. Times are milliseconds, as a client sees them.
    """
    trained.ensure_trained()
    peer = ensure_stock_model()
    with tempfile.TemporaryDirectory() as folder:
        result = _measure(peer, Path(folder), turns)
    result["stock"]["train_s"] = peer.train_s
    if as_json:
        print_json(result)
    else:
        _print(result)


def _measure(model: StockModel, folder: Path, turns: int) -> dict[str, Any]:
    stack = Stack.on(Ports.free(), folder)
    port = Ports.free().rasa
    stock = stock_child(model.folder, port, stack)
    supervisor = Supervisor([stack.actions()])
    ours = stack.rasa()
    rasa = Supervisor([ours])
    peer = Supervisor([stock])
    try:
        list(supervisor.start())
        ready = {}
        for name, parts in (("shipped", rasa), ("stock", peer)):
            started = time.monotonic()
            list(parts.start(within_s=300))  # one after the other: two cores
            ready[name] = time.monotonic() - started
        takers = {"shipped": _ours(stack), "stock": _theirs(port)}
        times = _alternate(takers, turns)
        memory = {"shipped": memory_mb(ours), "stock": memory_mb(stock)}
    except ChildNotReadyError as error:
        fail(str(error))
    finally:
        for parts in (supervisor, rasa, peer):
            parts.stop()
    result: dict[str, Any] = {
        name: {
            "p50_ms": statistics.median(values),
            "p95_ms": statistics.quantiles(values, n=20)[-1],
            "ready_s": ready[name],
            "memory_mb": memory[name],
        }
        for name, values in times.items()
    }
    result["ratio_p50"] = result["stock"]["p50_ms"] / result["shipped"]["p50_ms"]
    return result


def _ours(stack: Stack) -> Callable[[], str]:
    assistant = stack.assistant()

    def take() -> str:
        turn = Turn(str(uuid.uuid4()), str(uuid.uuid4()), QUESTION)
        return str(assistant.take_turn(turn)["replies"][0]["text"])

    return take


def _theirs(port: int) -> Callable[[], str]:
    session = requests.Session()
    url = f"http://{HOST}:{port}/webhooks/rest/webhook"

    def take() -> str:
        body = {"sender": str(uuid.uuid4()), "message": QUESTION}
        return str(session.post(url, json=body, timeout=30).json()[0]["text"])

    return take


def _alternate(
    takers: dict[str, Callable[[], str]], turns: int
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in takers}
    wordings, answers = Wordings.of_project(PROJECT), set()
    for number in range(WARM_UP + turns):
        for name, take in takers.items():
            started = time.perf_counter()
            answers.add(wordings.same([take()]))
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - started) * 1e3)
    if len(answers) != 1:
        fail(
            f"The two do not give the same answer, so they cannot be compared: {answers}"
        )
    return times


def _print(result: dict[str, Any]) -> None:
    table = Table("", "shipped", "stock")
    for figure in ("p50_ms", "p95_ms", "ready_s", "memory_mb"):
        row = [result[name][figure] for name in ("shipped", "stock")]
        table.add_row(figure, *(f"{value:.1f}" for value in row))
    out.print(table)
    out.print(f"A turn of ours is {result['ratio_p50']:.1f} times as fast.")
