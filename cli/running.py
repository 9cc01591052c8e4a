"""`status` and `restart`: an `up` that runs, seen and changed from another terminal."""

from typing import Annotated, Any

import typer
from rich.table import Table

from cli.console import err, fail, out, print_json
from cli.control import NotUpError, call
from cli.places import STATE

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

SECONDS_OF = (("d", 86_400), ("h", 3_600), ("min", 60))


def status(as_json: AsJson = False) -> None:
    """Show every process: whether it is well, since when, and what it uses."""
    processes = _ask({"wish": "status"})["processes"]
    if as_json:
        print_json({"processes": processes})
        return
    table = Table("Process", "Id", "Well", "Since", "Had to be started again", "Memory")
    for each in processes:
        table.add_row(
            each["name"],
            str(each["pid"] or ""),
            "[green]yes[/]" if each["ready"] else "[red]no[/]",
            _span(each["up_s"]),
            str(each["restarts"] or ""),
            f"{each['memory_mb']} MB",
        )
    out.print(table)


def restart(
    part: Annotated[
        str | None,
        typer.Argument(help="A part (rasa) or a process of one (rasa-2); else all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replace processes one after the other, while the others work; secrets are read anew."""
    wish = {"wish": "restart"} | ({"part": part} if part else {})
    replaced = _ask(wish)["replaced"]
    if as_json:
        print_json({"replaced": replaced})


def replace_rasa() -> None:
    """Have the assistant of an `up` that runs take the new model; none runs, none does."""
    try:
        answer = call(STATE, {"wish": "restart", "part": "rasa"}, _tell)
    except NotUpError:
        return
    if not answer["done"]:
        fail(f"The new model is not in use: {answer['error']}")


def _ask(wish: dict[str, str]) -> dict[str, Any]:
    try:
        answer = call(STATE, wish, _tell)
    except NotUpError:
        fail(f"Latchkey is not up in {STATE}. Start it with ./latchkey up.")
    if not answer["done"]:
        fail(answer["error"])
    return answer


def _tell(answer: dict[str, Any]) -> None:
    if "said" in answer:
        err.print(f"[green]✓[/] {answer['said']}")
    if "note" in answer:
        err.print(answer["note"])


def _span(seconds: int) -> str:
    for unit, length in SECONDS_OF:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
