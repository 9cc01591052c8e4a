"""Starts a part as `python -m` would, with a clock that a file moves, and a guard taken out.

`python -m cli.chaos.launcher MODULE …`: the chaos run starts every part of its own through
it; the product has no such switches. Also runs in Rasa's room, so it speaks Python 3.10.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

CLOCK_FILE = "LATCHKEY_CHAOS_CLOCK"
GUARD = "LATCHKEY_CHAOS_GUARD"
LOOK_EVERY_S = 0.05

_now, _monotonic = time.time, time.monotonic


class FileClock:
    """The machine's clock plus the number of seconds that a file holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shift = 0.0
        self._looked_at = float("-inf")

    def time(self) -> float:
        """Return the shifted Unix time."""
        if _monotonic() - self._looked_at > LOOK_EVERY_S:
            self._looked_at = _monotonic()
            self._shift = float(self._path.read_text(encoding="utf-8"))
        return _now() + self._shift

    def install(self) -> None:
        """Have everything in this process that asks for the time ask here."""
        time.time = self.time

        class Shifted(datetime):
            """What says what time it is now; nothing else is made of it."""

            @classmethod
            def now(cls, tz: timezone | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + timedelta(seconds=clock.time() - _now())

        clock = self
        for module in ("foundation.clock", "jwt.api_jwt"):
            if module in sys.modules:
                vars(sys.modules[module])["datetime"] = Shifted


def main() -> None:
    """Run the module that the command line names."""
    module = sys.argv[1]
    if module != "bot.serve":  # Rasa's room knows neither
        importlib.import_module("foundation.clock")
        importlib.import_module("jwt.api_jwt")
    FileClock(Path(os.environ[CLOCK_FILE])).install()
    if os.environ.get(GUARD):
        from cli.chaos.guards import take_out

        take_out(os.environ[GUARD], module)
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
