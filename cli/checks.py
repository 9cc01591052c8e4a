"""`checks`: what is unsafe about this installation's settings, and what to do."""

from typing import Annotated

import typer

from accounts.settings import AccountsSettings
from accounts.start_checks import check_accounts
from cli.console import err, fail, print_json
from cli.stack import Ports, Stack
from foundation.environment import SettingsError
from foundation.start_checks import Level
from helpdesk.settings import HelpdeskSettings
from helpdesk.start_checks import check_helpdesk


def checks(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Look at the settings as production would; exit status 1 if they are unsafe."""
    stack = Stack.on(Ports.from_environment())
    helpdesk, accounts = stack.helpdesk().environment, stack.accounts().environment
    try:
        findings = [
            *check_helpdesk(HelpdeskSettings.from_environment(helpdesk), helpdesk),
            *check_accounts(AccountsSettings.from_environment(accounts)),
        ]
    except SettingsError as error:
        fail(str(error), 2)
    if as_json:
        print_json({"findings": [vars(each) for each in findings]})
    for each in () if as_json else findings:
        mark = "[red]✗[/]" if each.level is Level.ERROR else "[yellow]![/]"
        err.print(f"{mark} {each.id} {each.message} {each.hint}", soft_wrap=True)
    if any(each.level is Level.ERROR for each in findings):
        raise typer.Exit(1)
    if not as_json:
        err.print("[green]✓[/] Nothing keeps this from production.")
