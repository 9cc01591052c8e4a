"""Starts the action server: `python -m actions`."""

import logging
import os
import sys
import warnings
from typing import Any

from rasa_sdk.endpoint import create_app
from sanic import Sanic

from actions.diagnosis import add_date, diagnosis
from actions.watching import WatchedExecutor, watch
from foundation.environment import SettingsError
from foundation.logs import log_to_stderr
from foundation.serving import serve
from foundation.tracing import begin_tracing, end_tracing

ENDS_WITHIN_S = 9.0  # longer than any action; a rolling restart waits for twelve
ADDRESS = "127.0.0.1"  # private: the SDK's error replies repeat the tracker


def main() -> int:
    """Serve the actions until the process is told to stop."""
    try:
        log_to_stderr("actions", logging.WARNING)
        begin_tracing("actions")
    except SettingsError as error:
        logging.getLogger("actions").error("%s", error)  # noqa: TRY400 - a sentence, not a traceback
        return 2
    # rasa-sdk 3.21 against Rasa 3.6.21 was tried and works; it warns at each new call.
    warnings.filterwarnings("ignore", message=".*version.*", module=r"rasa_sdk.*")
    executor = WatchedExecutor()
    executor.register_package("actions")
    app: Sanic[Any, Any] = create_app(executor, cors_origins=[])
    app.blueprint(diagnosis)
    app.register_middleware(add_date, "response")  # type: ignore[arg-type]  # Sanic types it for HTTPResponse only
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = ENDS_WITHIN_S
    watch(app)
    host = os.environ.get("LATCHKEY_ACTIONS_HOST", ADDRESS)
    port = int(os.environ.get("LATCHKEY_ACTIONS_PORT", "5055"))
    try:
        return serve(app, host, port)
    finally:
        end_tracing()


if __name__ == "__main__":
    sys.exit(main())
