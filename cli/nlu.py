"""Measuring the understanding: `eval` on labelled messages, `bench nlu` on any data."""

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli import model, rasa_room
from cli.console import err, fail, out, print_json
from cli.places import MODEL, PROJECT
from cli.stock_model import ensure_stock_model

RESULT = "RESULT "  # how bot/bench_nlu.py begins the line with its result
FIGURES = (
    "accuracy",
    "in_scope_accuracy",
    "in_scope_accuracy_raw",
    "out_of_scope_recall",
    "mcc",
    "auroc",
    "threshold",
    "train_s",
    "parse_p50_ms",
    "parse_p95_ms",
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def evaluate(
    file: Annotated[Path, typer.Argument(help="CSV with text,label[,alt_labels].")],
    as_json: Json = False,
    beside_stock: Annotated[
        bool,
        typer.Option(
            "--beside-stock",
            help="Also train Rasa's default pipeline on the same data and measure it.",
        ),
    ] = False,
) -> None:
    """Measure the trained assistant on labelled messages.

    A rejected message counts as `out_of_scope`; where the assistant would ask which of
    two articles is meant, the likelier one counts. `accuracy` accepts `alt_labels`.
    """
    model.ensure_trained()
    table = _existing(file)
    result = _run("Measuring", "evaluate", str(MODEL), table)
    if beside_stock:
        peer = ensure_stock_model()
        arguments = [str(peer.archive), table, "--with-tensorflow"]
        result["stock"] = _run("Measuring stock Rasa", "evaluate", *arguments)
        result["stock"]["train_s"] = peer.train_s
    _show(result, as_json)


def bench_nlu(
    train: Annotated[Path, typer.Option(help="CSV to train on: text,label.")],
    test: Annotated[Path, typer.Option(help="CSV to test on: text,label.")],
    pipeline: Annotated[str, typer.Option(help="shipped or stock.")] = "shipped",
    as_json: Json = False,
) -> None:
    """Train a pipeline on any CSV and test it on another.

    A test label that the training file lacks counts as out of scope.
    `in_scope_accuracy` counts a rejection as wrong, `in_scope_accuracy_raw` ignores the
    threshold; `mcc` is over all classes, out of scope being one.
    """
    if pipeline not in ("shipped", "stock"):
        fail("--pipeline is either shipped or stock.", 2)
    rasa_room.ensure_installed()
    arguments = ["train", pipeline, _existing(test), "--table", _existing(train)]
    _show(_run(f"Training the {pipeline} pipeline", *arguments), as_json)


def _existing(path: Path) -> str:
    if not path.is_file():
        fail(f"{path} is not a file.", 2)
    return str(path.resolve())


def _run(doing: str, *arguments: str) -> dict[str, Any]:
    with err.status(doing):
        process = subprocess.run(
            rasa_room.command("bot.bench_nlu", *arguments),
            cwd=PROJECT,
            # Without Rasa's cache of earlier results, so that training is really timed.
            env=rasa_room.environment({"RASA_MAX_CACHE_SIZE": "0"}),
            capture_output=True,
            text=True,
        )
    lines = [x for x in process.stdout.splitlines() if x.startswith(RESULT)]
    if process.returncode != 0 or not lines:
        fail(f"{doing} failed:\n{process.stderr[-2000:]}", process.returncode or 1)
    result: dict[str, Any] = json.loads(lines[-1].removeprefix(RESULT))
    return result


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    columns = [result] + ([result["stock"]] if "stock" in result else [])
    table = Table("", *(["shipped", "stock"] if len(columns) > 1 else ["value"]))
    for figure in FIGURES:
        values = [column.get(figure) for column in columns]
        if any(value is not None for value in values):
            table.add_row(figure, *("–" if v is None else f"{v:.3f}" for v in values))
    out.print(table)
