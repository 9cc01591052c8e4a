"""Runs Rasa's server for the helpdesk: `python -m bot.serve --model … --port …`.

Like `rasa run`, less the HTTP API that nobody here needs, on the loopback address unless
told otherwise, with the addresses of the other parts as arguments instead of files.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Text

import yaml

from bot.logs import LogFormatError, log_to_stderr
from bot.runtime import prepare


def endpoints(tracker: Text) -> Text:
    """Return the content of an endpoints.yml for this tracker store."""
    return yaml.safe_dump(
        {
            "tracker_store": {
                "type": "bot.tracker_store.RowTrackerStore",
                "db": tracker,
            },
        }
    )


def main() -> None:
    """Serve turns until the process is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--actions", required=True, help="one address, or several with commas between"
    )
    parser.add_argument(
        "--tracker",
        default=os.environ.get("LATCHKEY_TRACKER_URL"),
        help="a file, or a PostgreSQL address; LATCHKEY_TRACKER_URL if left out",
    )
    chosen = parser.parse_args()
    if not chosen.tracker:
        parser.error("--tracker or LATCHKEY_TRACKER_URL must say where trackers are.")
    prepare()
    try:
        log_to_stderr()
    except LogFormatError as error:
        parser.error(str(error))
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    from bot import lighter_rasa
    from bot.action_endpoint import ActionEndpoint

    lighter_rasa.install()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "endpoints.yml"
        path.write_text(endpoints(chosen.tracker), encoding="utf-8")
        available = AvailableEndpoints.read_endpoints(str(path))
    available.action = ActionEndpoint(*chosen.actions.split(","))
    serve_application(
        model_path=chosen.model,
        port=chosen.port,
        interface=chosen.host,
        credentials="credentials.yml",
        endpoints=available,
        enable_api=False,
    )


if __name__ == "__main__":
    main()
