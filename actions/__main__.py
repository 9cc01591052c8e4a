"""Starts the action server: `python -m actions`."""

import logging
import os
import warnings
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

from actions.diagnosis import add_date, diagnosis

ADDRESS = "127.0.0.1"  # private: the SDK's error replies repeat the tracker


def main() -> None:
    """Serve the actions until the process is told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    # rasa-sdk 3.21 against Rasa 3.6.21 was tried and works; it warns at each new call.
    warnings.filterwarnings("ignore", message=".*version.*", module=r"rasa_sdk.*")
    executor = ActionExecutor()
    executor.register_package("actions")
    app: Sanic[Any, Any] = create_app(executor, cors_origins=[])
    app.blueprint(diagnosis)
    app.register_middleware(add_date, "response")  # type: ignore[arg-type]  # Sanic types it for HTTPResponse only
    app.config.MOTD = False
    app.run(
        host=os.environ.get("LATCHKEY_ACTIONS_HOST", ADDRESS),
        port=int(os.environ.get("LATCHKEY_ACTIONS_PORT", "5055")),
        single_process=True,
        access_log=False,
    )


if __name__ == "__main__":
    main()
