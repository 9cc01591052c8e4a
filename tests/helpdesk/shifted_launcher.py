"""Starts the help desk with a clock that a file moves forward, and quick to look for mail.

Run as `python -m tests.helpdesk.shifted_launcher`; the product has no such switch.
"""

import logging
import os
import sys
from pathlib import Path

from foundation.logs import log_to_stderr
from foundation.tracing import begin_tracing
from helpdesk.__main__ import serve_help_desk
from helpdesk.app import create_app
from helpdesk.desk import letter_inbox, letter_worker
from helpdesk.settings import HelpdeskSettings
from tests.accounts.launcher import FileClock


def main() -> int:
    log_to_stderr("helpdesk")
    logging.getLogger("helpdesk").setLevel(logging.INFO)
    settings = HelpdeskSettings.from_environment()
    letter_inbox.LOOK_EVERY_S = letter_worker.LOOK_EVERY_S = 0.3
    clock = FileClock(Path(os.environ["LATCHKEY_TEST_CLOCK_FILE"]))
    begin_tracing("helpdesk")
    return serve_help_desk(create_app(settings, clock), settings)


if __name__ == "__main__":
    sys.exit(main())
