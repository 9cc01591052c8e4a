"""Where the parts keep what several processes share: named, or remembered from `up`."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cli.console import fail
from foundation.environment import Environment, SettingsError

DATABASE_URL, REDIS_URL = "LATCHKEY_DATABASE_URL", "LATCHKEY_REDIS_URL"
TRACKER_URL = "LATCHKEY_TRACKER_URL"


def url_in(variables: Mapping[str, str], name: str) -> str:
    """Return an address that the environment, or a file that it names, holds."""
    try:
        return Environment(variables).secret(name)
    except SettingsError as error:
        fail(str(error), 2)


def remember(settings: Mapping[str, str], state: Path) -> None:
    """Write down where the parts keep things, for the other commands."""
    path = _addresses(state)
    if settings:
        write_privately(path, json.dumps(settings))
    else:
        path.unlink(missing_ok=True)


def remembered(state: Path) -> dict[str, str]:
    """Return the settings with which the parts were started last, if they matter.

    Those that the environment names come before them.
    """
    try:
        found = json.loads(_addresses(state).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {
        str(name): str(value)
        for name, value in found.items()
        if not url_in(os.environ, str(name))
    }


def write_privately(path: Path, text: str) -> None:
    """Write a file, all of it or nothing, for its owner only."""
    made = path.with_name(f"{path.name}.new")
    made.unlink(missing_ok=True)
    with os.fdopen(
        os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as f:
        f.write(text)
    made.replace(path)


def _addresses(state: Path) -> Path:
    return state / "servers" / "addresses.json"
