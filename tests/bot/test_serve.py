"""What Rasa's server is told: where trackers are, and which action servers there are."""

import os
import subprocess
import sys

import yaml

from bot.serve import endpoints
from bot.tracker_store import RowTrackerStore


def test_somebody_must_say_where_trackers_are() -> None:
    started = subprocess.run(
        [
            *(sys.executable, "-m", "bot.serve"),
            *("--model", "none", "--port", "1", "--actions", "http://127.0.0.1:1"),
        ],
        env={k: v for k, v in os.environ.items() if k != "LATCHKEY_TRACKER_URL"},
        capture_output=True,
        text=True,
    )
    assert started.returncode == 2
    assert "LATCHKEY_TRACKER_URL" in started.stderr


def test_the_store_is_ours_with_the_place_as_it_was_given() -> None:
    place = "postgresql://rasa:p%40ss@db/latchkey?sslmode=require"
    store = yaml.safe_load(endpoints(place))["tracker_store"]
    assert store["db"] == place
    assert store["type"].endswith(RowTrackerStore.__name__)
