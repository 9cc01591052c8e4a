"""`up`: sets up what is missing, starts every part, keeps them running."""

import os
import signal
import time
import uuid
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.table import Table

from cli import model
from cli.console import err, fail
from cli.keys import read_keys
from cli.places import LOGS, MODEL, STATE
from cli.processes import Child, ChildNotReadyError, Supervisor
from cli.record import in_record
from cli.scale import Scale, ScaleError
from cli.servers import Servers
from cli.shared_addresses import DATABASE_URL, remember, remembered, url_in
from cli.stack import Ports, PortTakenError, Stack
from cli.watching import Watch
from helpdesk.assistant import AssistantError, Turn
from helpdesk.desk.agent_accounts import count_agents

FIRST = '  ./latchkey user add you@example.com --name "Your name" --role admin'

WRONG_USE = 2
STOPS_WITHIN_S = 15.0  # the servers, with all that they have to write
STARTS_WITHIN_S, EACH_FURTHER_S = 60.0, 10.0  # they start at once and share the machine


def up(
    scale: Annotated[
        str,
        typer.Option(
            help="How many processes of a part: helpdesk=2,rasa=2,actions=2. More than "
            "one help desk or Rasa share PostgreSQL and Redis: those that the "
            "environment names, else ones of their own in the state folder."
        ),
    ] = "",
) -> None:
    """Set up what is missing, train if needed, start everything. Ctrl-C stops it all."""
    ports, chosen = Ports.from_environment(), _read_scale(scale)
    try:
        ports.check_free()
    except PortTakenError as error:
        fail(str(error))
    model.ensure_trained()
    own = Servers.missing_in(os.environ, STATE) if chosen.needs_servers else None
    below = Supervisor(own.children() if own else [], stop_grace_s=STOPS_WITHIN_S)
    above = Supervisor([])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        started = time.monotonic()
        _start(below, started)
        _say_which_record(chosen)
        remember(own.settings if own else {}, STATE)
        if own and own.postgresql_port:
            own.make_database()
        stack = Stack.on(ports, scale=chosen)
        above = Supervisor(stack.children())
        _start(above, started)
        _say_hello(stack)
        _print_addresses(stack)
        Watch(below, above, STATE, partial(_compose_anew, stack), _say).run()
    except ChildNotReadyError as error:
        fail(str(error))
    except KeyboardInterrupt:
        err.print("\nStopping …")
    finally:
        # A second Ctrl-C while stopping would leave processes behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        above.stop()
        below.stop()
        err.print("Everything is stopped.")


def _read_scale(text: str) -> Scale:
    """Return the number of processes; say what is wrong if it cannot be."""
    try:
        scale = Scale.parse(text)
    except ScaleError as error:
        fail(f"--scale: {error}", WRONG_USE)
    database = url_in(os.environ, DATABASE_URL)
    if scale.needs_servers and database and not database.startswith("postgresql"):
        fail(
            f"--scale: several processes need PostgreSQL, and {DATABASE_URL} names "
            "something else. Leave it out to have one started.",
            WRONG_USE,
        )
    return scale


def _say_which_record(scale: Scale) -> None:
    if not scale.needs_servers and remembered(STATE):
        err.print(
            "What was kept with --scale stays where it is; this is another record."
        )


def _start(supervisor: Supervisor, since: float) -> None:
    within_s = STARTS_WITHIN_S + EACH_FURTHER_S * len(supervisor.children)
    for child in supervisor.start(within_s=within_s):
        err.print(f"[green]✓[/] {child.name:10} {time.monotonic() - since:4.1f} s")


def _compose_anew(stack: Stack) -> list[Child]:
    return replace(stack, keys=read_keys(stack.state)).children()


def _say(sentence: str) -> None:
    err.print(f"[yellow]![/] {sentence}")


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say_hello(stack: Stack) -> None:
    """Take a real turn, so that “ready” means that the assistant answers."""
    try:
        stack.assistant().take_turn(Turn(str(uuid.uuid4()), str(uuid.uuid4()), "hello"))
    except AssistantError as error:
        fail(f"The assistant started but does not answer: {error}")


def _print_addresses(stack: Stack) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_row("Help site", stack.url("helpdesk"))
    table.add_row("Console", f"{stack.url('helpdesk')}/console")
    table.add_row("Account pages", stack.url("accounts"))
    table.add_row("Mailbox (development)", stack.url("outbox"))
    table.add_row("Talk to the assistant", "./latchkey chat   (in another terminal)")
    table.add_row("Logs", str(LOGS))
    table.add_row("Model", str(MODEL))
    err.print()
    err.print(table)
    if in_record(lambda session, now: count_agents(session), stack) == 0:
        err.print(f"\nNobody can sign in to the console yet. Add yourself:\n{FIRST}")
    err.print("\n[bold]Latchkey is up.[/] Press Ctrl-C to stop it.")
