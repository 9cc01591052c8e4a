"""The processes that a benchmark measures: ours, and stock Rasa as their peer."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cli import rasa_room
from cli.load_figures import Figures, memory_mb
from cli.processes import Child, Supervisor
from cli.stack import HOST, Answers, Ports, Stack

READY_WITHIN_S = 300.0
NO_LIMIT = "1000000"  # a load is in more of a hurry than people are
# Where things are that every run on this machine shares.
KEPT = ("LATCHKEY_ENVIRONMENTS", "LATCHKEY_CACHE", "LATCHKEY_MODEL")


def forget_installation(more: tuple[str, ...] = ()) -> None:
    """Forget what the environment says of an installation: a load must not reach it.

    Args:
        more: What else the names of forgotten variables begin with.
    """
    for name in list(os.environ):
        if name.startswith(("LATCHKEY_", *more)) and name not in KEPT:
            del os.environ[name]


def stock_child(model: Path, port: int, stack: Stack) -> Child:
    """Return stock Rasa's process, with the same action server as ours.

    Args:
        model: The folder of its model.
        port: Where its REST channel is to listen.
        stack: Ours.
    """
    actions = stack.url("actions") + "/webhook"
    return Child(
        "stock",
        rasa_room.command("bot.stock", "serve", str(model), str(port), actions),
        rasa_room.environment(),
        stack.state / "logs" / "stock.log",
        Answers(f"http://{HOST}:{port}/webhooks/rest/"),
    )


def helpdesk_child(stack: Stack) -> Child:
    """Return a help desk that keeps its record in the stack's state and limits nobody."""
    return stack.helpdesk(
        LATCHKEY_LIMIT_FACTOR=NO_LIMIT,
        LATCHKEY_DATABASE_URL=f"sqlite:///{stack.state / 'helpdesk.db'}",
        LATCHKEY_REDIS_URL="",
        LATCHKEY_PUBLIC_URL=stack.url("helpdesk"),
    )


def beside(stack: Stack, state: Path) -> Stack:
    """Return the same stack with another help desk: its own port, its own record."""
    ports = replace(stack.ports, helpdesk=Ports.free().helpdesk)
    return replace(stack, ports=ports, state=state)


@dataclass
class Parts:
    """Processes that run, and how long each took to be ready."""

    children: dict[str, Child] = field(default_factory=dict)
    ready_s: dict[str, float] = field(default_factory=dict)

    def start(self, child: Child) -> None:
        """Start a process and wait until it is ready.

        One after the other: two cores would only show how they share.

        Raises:
            ChildNotReadyError: It ended or took too long.
        """
        self.children[child.name] = child
        started = time.monotonic()
        list(Supervisor([child]).start(within_s=READY_WITHIN_S))
        self.ready_s[child.name] = time.monotonic() - started

    def figures(self) -> Figures:
        """Return seconds until ready and memory now, for each."""
        return {
            name: {"ready_s": self.ready_s[name], "memory_mb": memory_mb(child)}
            for name, child in self.children.items()
        }

    def stop_one(self, name: str) -> None:
        """Stop one whose figures are complete."""
        Supervisor([self.children.pop(name)]).stop()

    def stop(self) -> None:
        """Stop all."""
        Supervisor(list(self.children.values())).stop()


@contextmanager
def running(*children: Child) -> Iterator[Parts]:
    """Run processes for a while."""
    parts = Parts()
    try:
        for child in children:
            parts.start(child)
        yield parts
    finally:
        parts.stop()
