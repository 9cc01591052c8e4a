"""The secrets of an installation: from the environment, a file, or made once.

Each is read from its variable, else from the file that `<variable>_FILE` names, else from
the state folder, where it is made on the first run and readable by its owner only.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from cli.console import fail
from cli.places import STATE

TURN_KEY = "LATCHKEY_TURN_KEY"
ACTOR_KEY = "LATCHKEY_ACTOR_KEY"
ACCOUNTS_TOKEN = "LATCHKEY_ACCOUNTS_TOKEN"
ACCOUNTS_STAFF_TOKEN = "LATCHKEY_ACCOUNTS_STAFF_TOKEN"
ACCOUNTS_SECRET = "LATCHKEY_ACCOUNTS_SECRET"
HELPDESK_SECRET = "LATCHKEY_HELPDESK_SECRET"
NAMES = (
    TURN_KEY,
    ACTOR_KEY,
    ACCOUNTS_TOKEN,
    ACCOUNTS_STAFF_TOKEN,
    ACCOUNTS_SECRET,
    HELPDESK_SECRET,
)
LENGTH = 32  # characters at least; what is made here has more


def read_keys(state: Path = STATE) -> dict[str, str]:
    """Return every secret under the name of its variable."""
    return {name: _read_key(name, state / "keys") for name in NAMES}


def _read_key(name: str, folder: Path) -> str:
    value = os.environ.get(name)
    if value is None:
        path = Path(os.environ.get(f"{name}_FILE", folder / name.lower()))
        if not path.exists() and path.parent == folder:
            _make_key(path)
        try:
            value = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            fail(f"{name}_FILE: {path} cannot be read ({error.strerror}).")
        except UnicodeDecodeError:
            fail(f"{name}_FILE: {path} is not a text file.")
    if len(value) < LENGTH:
        fail(f"{name} is shorter than {LENGTH} characters; choose a longer secret.")
    return value


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, made = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(36))
    # Two commands may make it at once: the first wins, and nobody reads half a key.
    with contextlib.suppress(FileExistsError):
        os.link(made, path)
    Path(made).unlink()
