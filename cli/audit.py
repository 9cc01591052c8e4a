"""`audit`: whether the record of who did what is as it was written."""

from typing import Annotated

import typer

from cli.console import err, fail, print_json
from cli.record import in_record
from helpdesk.desk.audit import verify_chain


def audit(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Check the audit record; exit status 1 if an entry is not what was written.

    Keep the number and the digest: a later check that has fewer entries, or another
    digest for that number, tells that the end was cut off.
    """
    chain = in_record(lambda session, now: verify_chain(session))
    if as_json:
        print_json(vars(chain))
    elif chain.broken_at is None:
        said = f"{chain.entries} entries, the last one {chain.digest}"
        err.print(f"[green]✓[/] {said}", soft_wrap=True)
    if chain.broken_at is not None:
        fail(f"Entry {chain.broken_at} is not what was written.")
