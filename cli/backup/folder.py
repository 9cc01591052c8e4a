"""A folder of backups: each is named by its moment, and the oldest go."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cli.backup.errors import BackupError
from cli.backup.targets import flush

_NAME = re.compile(r"latchkey-\d{8}T\d{6}Z\.backup")


def place_in(folder: Path, now: datetime) -> Path:
    """Return where the next backup in a folder goes."""
    return folder / f"latchkey-{now:%Y%m%dT%H%M%SZ}.backup"


def delete_old(folder: Path, keep: int) -> list[str]:
    """Delete all but the newest of the backups that were named here; return which."""
    found = sorted(p for p in folder.iterdir() if _NAME.fullmatch(p.name))
    old = found[:-keep]
    for path in old:
        path.unlink()
    return [path.name for path in old]


@contextmanager
def new_file(place: Path) -> Iterator[BinaryIO]:
    """Yield a file that only its owner reads, and that is there when it is whole.

    Raises:
        BackupError: It cannot be written; nothing is left of it.
    """
    if place.exists():
        raise BackupError(f"{place} is there already.")
    part = place.with_name(f"{place.name}.part")
    try:
        part.unlink(missing_ok=True)  # of a backup that was killed
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.rename(place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        flush(place.parent)
    except OSError as error:
        raise BackupError(f"{place} cannot be written: {error.strerror}.") from error
