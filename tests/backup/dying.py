"""A command that dies as by a power cut when a function is called so many times."""

import importlib
import os
import signal
from functools import reduce
from typing import Any

from tests.backup.machines import Machine


def killed(machine: Machine, place: str, *words: object) -> None:
    """Run a command that dies on the way.

    Args:
        machine: Where.
        place: `cli.backup.restoring:write_rows:5`, at the fifth call.
        words: The command.
    """
    child = os.fork()  # starting Python anew costs more than the command does
    if child == 0:
        try:
            _die_at(place)
            machine.run(*words)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def _die_at(place: str) -> None:
    """Put a trap where a function is."""
    module, name, times = place.split(":")
    *path, last = name.split(".")
    holder: Any = reduce(getattr, path, importlib.import_module(module))
    original, calls = getattr(holder, last), iter(range(1, int(times)))

    def trap(*arguments: Any, **more: Any) -> Any:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **more)

    setattr(holder, last, trap)
