"""`doctor`: the command and what it prints."""

from time import monotonic
from typing import Annotated, Any

import typer

from cli.console import err, fail, print_json
from cli.doctor.admission import NothingHereError
from cli.doctor.examination import Report, examine
from cli.doctor.finding import say
from cli.places import STATE
from foundation.start_checks import Level

FINDINGS, CANNOT_LOOK = 1, 2


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Look at an installation, running or not, and say what is wrong and how to mend it.

    Run it with the variables of the parts. Nothing is changed, and no secret is shown. Exit
    status 0: nothing is wrong; 1: something is; 2: it cannot be looked at.
    """
    began = monotonic()
    try:
        report = examine(STATE)
    except NothingHereError as error:
        fail(str(error), CANNOT_LOOK)
    if as_json:
        seconds = round(monotonic() - began, 2)
        print_json(as_json_object(report) | {"seconds": seconds})
    else:
        _print(report)
    if report.findings:
        raise typer.Exit(FINDINGS)
    if not report.is_whole:
        raise typer.Exit(CANNOT_LOOK)


def as_json_object(report: Report) -> dict[str, Any]:
    """Return a report for programs."""
    return {
        "is_sound": not report.findings and report.is_whole,
        "is_running": report.patient.is_running,
        "settings_from": report.patient.kind.value,
        "state": str(report.patient.state),
        "findings": [
            {
                "id": each.id,
                "level": each.level.value,
                "message": each.message,
                "hint": each.hint,
            }
            for each in report.findings
        ],
        "looked_at": list(report.looked_at),
        "left_out": [{"check": e.check, "why": e.why} for e in report.left_out],
    }


def _print(report: Report) -> None:
    patient = report.patient
    what = say("report", patient.kind.value, state=patient.state)
    state = say("report", "running" if patient.is_running else "not_running")
    _line(f"[bold]{what}[/]: {state}")
    for each in report.findings:
        mark = "[red]✗[/]" if each.level is Level.ERROR else "[yellow]![/]"
        _line(f"{mark} {each.id} {_plain(each.message)}")
        _line(f"        {_plain(each.hint)}")
    for left in report.left_out:
        _line(f"[dim]- {say('checks', left.check)}: {_plain(left.why)}[/]")
    if not report.findings and report.is_whole:
        _line(f"[green]✓[/] {say('report', 'sound')}")


def _line(text: str) -> None:
    err.print(text, soft_wrap=True)


def _plain(text: str) -> str:
    """Return a text in which no square bracket is taken for a colour."""
    return text.replace("[", r"\[")
