"""`up`: sets up what is missing, starts every part, keeps them running."""

import signal
import time
import uuid
from types import FrameType
from typing import NoReturn

from rich.table import Table

from cli import model
from cli.console import err, fail
from cli.places import LOGS, MODEL
from cli.processes import ChildNotReadyError, Supervisor
from cli.record import in_record
from cli.stack import Ports, PortTakenError, Stack
from helpdesk.assistant import AssistantError, Turn
from helpdesk.desk.agent_accounts import count_agents

FIRST = '  ./latchkey user add you@example.com --name "Your name" --role admin'


def up() -> None:
    """Set up what is missing, train if needed, start everything. Ctrl-C stops it all."""
    ports = Ports.from_environment()
    try:
        ports.check_free()
    except PortTakenError as error:
        fail(str(error))
    model.ensure_trained()
    stack = Stack.on(ports)
    supervisor = Supervisor(stack.children())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        started = time.monotonic()
        for child in supervisor.start():
            err.print(f"[green]✓[/] {child.name:9} {time.monotonic() - started:4.1f} s")
        _say_hello(stack)
        _print_addresses(stack)
        _watch(supervisor)
    except ChildNotReadyError as error:
        fail(str(error))
    except KeyboardInterrupt:
        err.print("\nStopping …")
    finally:
        # A second Ctrl-C while stopping would leave processes behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
        err.print("Everything is stopped.")


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


def _watch(supervisor: Supervisor) -> NoReturn:
    while True:
        revived = supervisor.revive()
        if revived is not None:
            err.print(f"[yellow]![/] {revived.name} had stopped and is started again.")
        time.sleep(0.2)
