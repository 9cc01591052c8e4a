"""`commands`: the page about what agents can type, written from the registry."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import err, fail
from helpdesk.commands.reference import write_reference

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"


def commands(
    write: Annotated[
        bool, typer.Option("--write", help="Write docs/commands.md anew.")
    ] = False,
) -> None:
    """Check that docs/commands.md says what agents can type; exit status 1 if not."""
    page = write_reference()
    if write:
        PAGE.write_text(page, encoding="utf-8")
        err.print("[green]✓[/] docs/commands.md is written")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        fail("docs/commands.md is out of date: ./latchkey commands --write")
