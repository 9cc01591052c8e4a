"""The version before the newest change of the tables, out of the project's history."""

import os
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.accounts.service import ROOT


def export_old_version(folder: Path, migrations: str) -> Path:
    """Write down the code as it was just before the newest migration came.

    Args:
        folder: Where it goes.
        migrations: The folder with the scripts, below the project.

    Returns:
        Where it is.
    """
    newest = max((ROOT / migrations / "versions").glob("[0-9]*.py"))
    name = str(newest.relative_to(ROOT))
    came = _git("log", "--diff-filter=A", "-1", "--format=%H", "--", name).decode()
    # One that is not committed yet came after everything.
    before = f"{came.strip()}^" if came.strip() else "HEAD"
    with tarfile.open(fileobj=BytesIO(_git("archive", before))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def give_new_tables(old: Path, migrations: str) -> None:
    """Let an old version make its tables as the new one does."""
    for script in (ROOT / migrations / "versions").glob("[0-9]*.py"):
        shutil.copy(script, old / migrations / "versions")


def environment_of(old: Path) -> dict[str, str]:
    """Return an environment in which the modules of the old version are found."""
    return {**os.environ, "PYTHONPATH": str(old), "PYTHONDONTWRITEBYTECODE": "1"}


def _git(*words: str) -> bytes:
    try:
        ended = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this copy of the project came without its history: {error}")
    return ended.stdout
