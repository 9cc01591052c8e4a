"""What commands print: results on stdout, everything else on stderr."""

import json
from typing import Any, NoReturn

import typer
from rich.console import Console

out = Console()
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Print one JSON object on stdout, as `--json` promises."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong in one line and end the command."""
    err.print(f"[bold red]✗[/] {message}", soft_wrap=True)
    raise typer.Exit(code)
