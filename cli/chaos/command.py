"""`chaos`: breaks every part of an installation of its own under load, and counts."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli import model
from cli.chaos.answers import Words
from cli.chaos.guards import GUARDS
from cli.chaos.plan import KINDS, Fault, choose, make_plan
from cli.chaos.report import make_report, print_report
from cli.chaos.run import Size, run_chaos
from cli.chaos.site import Site
from cli.chaos.store import StoreError, keep_mounts_to_ourselves
from cli.console import err, fail, out, print_json
from cli.load_figures import allow_open_files
from cli.nlu import Json
from cli.places import PROJECT
from cli.processes import ChildNotReadyError
from cli.server_wheels import ensure_installed
from cli.wordings import Wordings
from foundation.names import read_names
from helpdesk.desk.sentences import read_sentences

WRONG_USE = 2
OPEN_FILES = 4_096
BROKEN = 1
FAILURE = "utter_recovery_failed"


def chaos(
    messages: Annotated[int, typer.Option(min=1, help="Sent at least.")] = 10_000,
    faults: Annotated[int, typer.Option(min=0, help="How many things break.")] = 100,
    seed: Annotated[int, typer.Option(help="The same one, the same plan.")] = 6,
    kinds: Annotated[
        str,
        typer.Option(
            help=f"Only these, with commas between: {', '.join(KINDS)}. "
            "`kill:rasa` is only that one's."
        ),
    ] = "",
    break_guard: Annotated[
        str,
        typer.Option(
            help="Take out guards of ours, to see that the run notices: "
            f"{', '.join(GUARDS)}."
        ),
    ] = "",
    keep: Annotated[
        Path | None, typer.Option(help="Where logs and databases stay; a new folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Break everything at random under load; say what people lost, and how long it took.

    Runs an installation of its own with two processes of each part, PostgreSQL and Valkey,
    in a temporary folder, on the loopback address. Exit status 1 if a promise is broken.
    """
    plan = _plan(seed, faults, kinds)
    guards = _listed(break_guard)
    if not set(guards) <= GUARDS.keys():
        fail(f"--break-guard: there are {', '.join(GUARDS)}.", WRONG_USE)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        fail(f"--keep: {keep} is not empty.", WRONG_USE)
    model.ensure_trained()
    ensure_installed()
    allow_open_files(OPEN_FILES)
    keep_mounts_to_ourselves()
    with tempfile.TemporaryDirectory(prefix="latchkey-chaos-") as folder:
        site = Site(keep or Path(folder), guards)
        size = Size(seed, messages, plan)
        try:
            run, counts = asyncio.run(run_chaos(site, size, _words(), _tell))
        except (ChildNotReadyError, StoreError) as error:
            fail(str(error))
        except asyncio.CancelledError:
            fail("Stopped.")
    report = make_report(run, counts)
    if as_json:
        print_json(report)
    else:
        print_report(report, out)
    if report["broken"]:
        raise typer.Exit(BROKEN)


def _plan(seed: int, faults: int, kinds: str) -> list[Fault]:
    try:
        return make_plan(seed, faults, choose(_listed(kinds)))
    except ValueError as error:
        fail(f"--kinds: {error}", WRONG_USE)


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _words() -> Words:
    sentences = read_sentences(read_names(PROJECT / "settings.yml"))
    slow = {sentences.assistant_slow, sentences.assistant_slow_with_results}
    wordings = Wordings.of_project(PROJECT)
    return Words(
        wordings.same,
        lambda text: text in slow,
        lambda text: text == sentences.turn_failed,
        wordings.of(FAILURE),
    )


def _tell(sentence: str) -> None:
    err.print(sentence)
