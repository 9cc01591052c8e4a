"""`keys`: what secrets this installation has, and how they are changed."""

from typing import Annotated

import typer
from rich.table import Table

from cli.console import err, out, print_json
from cli.keys import forget_former_keys, list_keys, rotate_keys

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

keys = typer.Typer(help="The secrets of this installation.", no_args_is_help=True)


@keys.command("list")
def show(as_json: AsJson = False) -> None:
    """List every secret: where it comes from and how old it is; never its value."""
    states = list_keys()
    if as_json:
        print_json({"keys": [vars(each) for each in states]})
        return
    table = Table("Name", "Comes from", "Changed", "Former ones still good")
    for each in states:
        changed = each.changed_at.strftime("%Y-%m-%d %H:%M") if each.changed_at else ""
        table.add_row(each.name, each.source, changed, str(each.former or ""))
    out.print(table)


@keys.command("rotate")
def rotate(as_json: AsJson = False) -> None:
    """Make new secrets. Nobody is logged out: those before stay good until `forget`."""
    rotated = rotate_keys()
    if as_json:
        print_json({"rotated": rotated})
        return
    kept = [each.name for each in list_keys() if each.name not in rotated]
    err.print(f"[green]✓[/] {len(rotated)} secrets are new. Restart Latchkey now.")
    if kept:
        err.print(f"Left as they are: {', '.join(kept)}", soft_wrap=True)


@keys.command("forget")
def forget(as_json: AsJson = False) -> None:
    """Drop the former secrets. Links, visits and sign-ins made with them end."""
    forgotten = forget_former_keys()
    if as_json:
        print_json({"forgotten": forgotten})
        return
    err.print(f"[green]✓[/] {len(forgotten)} former secrets dropped. Restart Latchkey.")
