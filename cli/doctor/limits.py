"""Doing something for so long and no longer, whatever hangs."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


class Silent(Exception):  # noqa: N818 - a state, said as one
    """Nothing came back in time."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise what it raises.

    Raises:
        Silent: It did neither in time. It is left alone then, and ends with the program.
    """
    outcome: SimpleQueue[tuple[list[Result], Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            outcome.put(([work()], None))
        except Exception as error:
            outcome.put(([], error))

    Thread(target=run, name="doctor-looks", daemon=True).start()
    try:
        results, error = outcome.get(timeout=seconds)
    except Empty:
        raise Silent from None
    if error is not None:
        raise error
    return results[0]
