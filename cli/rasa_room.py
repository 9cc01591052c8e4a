"""The environment that Rasa lives in: finding its Python, installing, running in it.

Rasa 3.6.21 needs Python 3.10 and old pins, so it has an environment of its own that the
rest only reaches as a process (docs/decisions/0001).
"""

import filecmp
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from cli.console import err, fail
from cli.places import CACHE, ENVIRONMENTS, PROJECT

ROOM = ENVIRONMENTS / "rasa-room"
PYTHON = ROOM / "bin" / "python"
LOCK = PROJECT / "bot" / "requirements.lock"
STAMP = ROOM / ".installed-requirements.lock"
VERSION = "3.10"

# Rasa reports usage by default; TensorFlow and its neighbours talk a lot.
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONUNBUFFERED": "1",
    "LOG_LEVEL": "WARNING",
    # numpy's threads only cost time on the small matrices of a single message.
    "OMP_NUM_THREADS": "1",
}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables for a process in the Rasa room."""
    return {
        **os.environ,
        **QUIET,
        "LATCHKEY_CACHE": str(CACHE),
        "PYTHONPATH": str(PROJECT),
        **(extra or {}),
    }


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module of `bot/` in the room."""
    return [str(PYTHON), "-m", module, *arguments]


def webhooks(actions: str) -> str:
    """Return where actions are called, of one or several servers with commas between."""
    bases = (each.strip().rstrip("/") for each in actions.split(","))
    return ",".join(f"{each.removesuffix('/webhook')}/webhook" for each in bases)


def ensure_installed() -> None:
    """Install the room if it is missing or its lock has changed."""
    if PYTHON.exists() and STAMP.exists() and filecmp.cmp(LOCK, STAMP, shallow=False):
        return
    uv = find_uv()
    if not PYTHON.exists():
        python = next(_pythons(), VERSION)
        err.print(f"Making Rasa's environment with Python {VERSION} ({python})")
        _run(
            [uv, "venv", "--quiet", "--no-project", "--clear", "--python", python, ROOM]
        )
    err.print("Installing Rasa 3.6.21 (about 2.8 GB, once; a minute or several)")
    _run(
        [
            *(uv, "pip", "install", "--no-deps", "--require-hashes"),
            *("--python", PYTHON, "--requirements", LOCK),
        ]
    )
    shutil.copy(LOCK, STAMP)


def find_uv() -> str:
    """Return the uv that the entry script uses."""
    own = ENVIRONMENTS / "uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        fail("uv is missing; remove .latchkey/venv and run ./latchkey again.")
    return found


def _pythons() -> Iterator[str]:
    """Yield Pythons 3.10 that run; a pyenv shim on PATH often does not."""
    candidates = [shutil.which(f"python{VERSION}")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for root in {pyenv, _pyenv_of_path()} - {None}:
        assert root is not None
        candidates += map(str, sorted(root.glob(f"versions/{VERSION}*/bin/python")))
    check = f"import sys, venv; assert sys.version_info[:2] == ({VERSION.replace('.', ',')})"
    for candidate in filter(None, candidates):
        if (
            subprocess.run([candidate, "-c", check], capture_output=True).returncode
            == 0
        ):
            yield candidate


def _pyenv_of_path() -> Path | None:
    shim = shutil.which(f"python{VERSION}")
    return Path(shim).parent.parent if shim and "shims" in shim else None


def _run(arguments: list[str | Path]) -> None:
    result = subprocess.run(list(map(str, arguments)), cwd=PROJECT)
    if result.returncode != 0:
        fail(
            f"Setting up Rasa's environment failed. It needs Python {VERSION}: install it "
            f"(for example with pyenv or `uv python install {VERSION}`) and try again."
        )
