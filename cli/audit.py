"""`audit`: whether the record of who did what is as it was written."""

import re
from typing import Annotated

import typer

from cli.console import err, fail, print_json
from cli.record import in_record
from helpdesk.desk.audit import Kept, verify_chain

KEPT = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")
WRONG_USE = 2

audit = typer.Typer(help="The record of who did what.", no_args_is_help=True)


@audit.callback()
def _group() -> None:
    """The record of who did what."""


@audit.command("verify")
def verify(
    expected: Annotated[
        list[str] | None,
        typer.Option(
            "--expect",
            metavar="NUMBER:DIGEST",
            help="What an earlier check or an export said; can be given several times.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Check that every entry is what was written; exit status 1 if one is not.

    An entry that was changed, removed, exchanged or put in between is found. Keep the
    number and the digest that this prints, somewhere else: given back with --expect, they
    show that the end was not cut off and the whole was not written anew.
    """
    kept = [_read(each) for each in expected or []]
    chain = in_record(lambda session, now: verify_chain(session, kept))
    if as_json:
        print_json({**vars(chain), "is_right": chain.is_right})
    elif chain.is_right:
        err.print(
            f"[green]✓[/] {chain.entries} entries, the last one is "
            f"{chain.entries}:{chain.digest}",
            soft_wrap=True,
        )
    if chain.broken_at is not None:
        fail(f"Entry {chain.broken_at} is not what was written.")
    if chain.missed is not None:
        fail(f"Entry {chain.missed} is missing, or is not the one that was kept.")


def _read(written: str) -> Kept:
    match = KEPT.fullmatch(written.strip().lower())
    if match is None:
        fail(f"{written!r} is not a number and a digest, as in 42:0f3a…", WRONG_USE)
    return Kept(int(match[1]), match[2])
