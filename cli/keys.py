"""The secrets of an installation: from the environment, a file, or made once.

Each is read from its variable, else from the file that `<variable>_FILE` names, else from
the state folder, where it is made on the first run and readable by its owner only.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.console import fail
from cli.places import STATE
from foundation.secret import former_in

TURN_KEY = "LATCHKEY_TURN_KEY"
ACTOR_KEY = "LATCHKEY_ACTOR_KEY"
ACCOUNTS_TOKEN = "LATCHKEY_ACCOUNTS_TOKEN"
ACCOUNTS_STAFF_TOKEN = "LATCHKEY_ACCOUNTS_STAFF_TOKEN"
ACCOUNTS_SECRET = "LATCHKEY_ACCOUNTS_SECRET"
HELPDESK_SECRET = "LATCHKEY_HELPDESK_SECRET"
PSEUDONYM_KEY = "LATCHKEY_PSEUDONYM_KEY"
# Those that can be changed, because the one before is honoured for a while.
ROTATING = (
    TURN_KEY,
    ACTOR_KEY,
    ACCOUNTS_TOKEN,
    ACCOUNTS_STAFF_TOKEN,
    ACCOUNTS_SECRET,
    HELPDESK_SECRET,
)
NAMES = (*ROTATING, PSEUDONYM_KEY)
LENGTH = 32  # characters at least; what is made here has more


@dataclass(frozen=True)
class KeyState:
    """What may be told of a key: never its value."""

    name: str
    source: str  # `environment`, `file` or `state`
    changed_at: datetime | None
    former: int  # how many before it are still honoured


def read_keys(state: Path = STATE) -> dict[str, str]:
    """Return every secret under the name of its variable, with those before it."""
    folder = state / "keys"
    keys = {name: _read_key(name, folder) for name in NAMES}
    for name in ROTATING:
        former = _read_former(name, folder)
        if former:
            keys[_former(name)] = ",".join(former)
    return keys


def find_keys(names: Iterable[str], state: Path = STATE) -> dict[str, str]:
    """Return those of the secrets that there are, with those before them; make none."""
    folder, found = state / "keys", {}
    for name in names:
        if not is_set_elsewhere(name) and not (folder / name.lower()).exists():
            continue
        found[name] = _read_key(name, folder)
        former = _read_former(name, folder) if name in ROTATING else ()
        if former:
            found[_former(name)] = ",".join(former)
    return found


def kept_keys(state: Path = STATE) -> dict[str, str]:
    """Return those of the secrets that are nowhere but in the state folder."""
    found = find_keys(NAMES, state)
    return {name: found[name] for name in found if not is_set_elsewhere(name)}


def key_files(state: Path = STATE) -> dict[str, str]:
    """Return the settings that name the files of the state folder with secrets in them."""
    folder = state / "keys"
    names = [name for name in NAMES if not is_set_elsewhere(name)]
    names += [
        _former(name)
        for name in ROTATING
        if _former(name) not in os.environ and f"{_former(name)}_FILE" not in os.environ
    ]
    files = {f"{name}_FILE": folder / name.lower() for name in names}
    return {variable: str(file) for variable, file in files.items() if file.exists()}


def write_keys(folder: Path, keys: Mapping[str, str]) -> None:
    """Write secrets down, in the folder that becomes `keys` of a state folder."""
    for name, value in keys.items():
        _replace(folder / name.lower(), value)


def rotate_keys(state: Path = STATE) -> list[str]:
    """Make every key of the state folder anew; the one before stays good.

    Returns:
        The names of those that were made. Others come from elsewhere, and whoever put
        them there changes them.
    """
    folder = state / "keys"
    read_keys(state)  # so that there is one of each
    rotated = [name for name in ROTATING if _source(name) == "state"]
    for name in rotated:
        path = folder / name.lower()
        before = [path.read_text(encoding="utf-8").strip(), *_read_former(name, folder)]
        # First the former ones: whoever reads in between misses none.
        _replace(folder / _former(name).lower(), "\n".join(before))
        _replace(path, _new_key())
    return rotated


def forget_former_keys(state: Path = STATE) -> list[str]:
    """Drop the keys before the current ones; return the names of those that had any."""
    folder = state / "keys"
    found = [folder / _former(name).lower() for name in ROTATING]
    forgotten = [path for path in found if path.exists()]
    for path in forgotten:
        path.unlink()
    return [path.name.upper().removesuffix("_FORMER") for path in forgotten]


def list_keys(state: Path = STATE) -> list[KeyState]:
    """Return where each key comes from and when it was changed last."""
    folder, found = state / "keys", []
    read_keys(state)
    for name in NAMES:
        source = _source(name)
        changed_at = None
        if source != "environment":
            path = Path(os.environ.get(f"{name}_FILE", folder / name.lower()))
            changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        former = len(_read_former(name, folder))
        found.append(KeyState(name, source, changed_at, former))
    return found


def _former(name: str) -> str:
    return f"{name}_FORMER"


def is_set_elsewhere(name: str) -> bool:
    """Tell whether a secret comes from the environment or from a file that it names."""
    return _source(name) != "state"


def _source(name: str) -> str:
    if name in os.environ:
        return "environment"
    return "file" if f"{name}_FILE" in os.environ else "state"


def _read_former(name: str, folder: Path) -> tuple[str, ...]:
    variable = _former(name)
    if variable in os.environ:
        return former_in(os.environ[variable])
    chosen = os.environ.get(f"{variable}_FILE")
    path = Path(chosen) if chosen else folder / variable.lower()
    if not chosen and not path.exists():
        return ()
    return former_in(_read_file(f"{variable}_FILE", path))


def _read_key(name: str, folder: Path) -> str:
    value = os.environ.get(name)
    if value is None:
        path = Path(os.environ.get(f"{name}_FILE", folder / name.lower()))
        if not path.exists() and path.parent == folder:
            _make_key(path)
        value = _read_file(f"{name}_FILE", path).strip()
    if len(value) < LENGTH:
        fail(f"{name} is shorter than {LENGTH} characters; choose a longer secret.")
    return value


def _read_file(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        fail(f"{variable}: {path} cannot be read ({error.strerror}).")
    except UnicodeDecodeError:
        fail(f"{variable}: {path} is not a text file.")


def _new_key() -> str:
    return secrets.token_urlsafe(36)


def _make_key(path: Path) -> None:
    made = _write_beside(path, _new_key())
    # Two commands may make it at once: the first wins, and nobody reads half a key.
    with contextlib.suppress(FileExistsError):
        os.link(made, path)
    made.unlink()


def _replace(path: Path, text: str) -> None:
    _write_beside(path, text).replace(path)


def _write_beside(path: Path, text: str) -> Path:
    for folder in (path.parent.parent, path.parent):  # parents would be for everybody
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, made = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return Path(made)
