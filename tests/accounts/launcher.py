"""Starts the account service with a clock that a file moves forward.

Run as `python -m tests.accounts.launcher`; the product itself has no such switch.
"""

import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from accounts.app import create_app
from accounts.settings import AccountsSettings
from foundation.logs import log_to_stderr
from foundation.serving import serve
from foundation.tracing import begin_tracing, end_tracing


class FileClock:
    """The machine's clock plus the number of seconds that a file holds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the shifted moment."""
        seconds = float(self._path.read_text(encoding="utf-8"))
        return datetime.now(UTC) + timedelta(seconds=seconds)


def main() -> int:
    log_to_stderr("accounts")
    logging.getLogger("accounts").setLevel(logging.INFO)
    settings = AccountsSettings.from_environment()
    clock = FileClock(Path(os.environ["LATCHKEY_TEST_CLOCK_FILE"]))
    begin_tracing("accounts")
    try:
        return serve(create_app(settings, clock), settings.host, settings.port)
    finally:
        end_tracing()


if __name__ == "__main__":
    sys.exit(main())
