"""The state folder: whose it is, whether it can be written to, what is left of the disk."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cli.doctor.finding import LeftOutError, found, reason_of
from cli.doctor.patient import Patient
from cli.half_restored import half_restored_mark
from foundation.start_checks import Finding, open_to_others

MB = 1_000_000
LITTLE_LEFT = 500 * MB  # where it is less than a tenth of the disk
NOTHING_LEFT = 50 * MB  # however small the disk is
WITH_SECRETS = (".", "keys", "servers")


def look_at_folder(patient: Patient) -> Iterator[Finding]:
    """Find a state folder that others can look into, or nobody can write to."""
    state = _state_of(patient)
    for path in open_to_others(state / each for each in WITH_SECRETS):
        yield found("LK211", path=path, mode=_mode(path))
    try:
        tempfile.TemporaryFile(dir=state).close()  # it never has a name
    except OSError as error:
        yield found("LK212", path=state, reason=reason_of(error))


def look_at_disk(patient: Patient) -> Iterator[Finding]:
    """Find a disk on which there is little room, or no room for one more file."""
    state = _state_of(patient)
    space, files = shutil.disk_usage(state), os.statvfs(state)
    is_small = space.free < LITTLE_LEFT and space.free < space.total / 10
    if is_small or space.free < NOTHING_LEFT:
        yield found("LK213", path=state, free=f"{space.free / MB:.0f} MB")
    elif files.f_files and files.f_favail < files.f_files / 100:
        yield found("LK213", path=state, free=f"{files.f_favail} files")


def look_at_logs(patient: Patient) -> Iterator[Finding]:
    """Find logs that others can read."""
    logs = _state_of(patient) / "logs"
    if not logs.is_dir():
        raise LeftOutError("nothing_kept")
    for path in open_to_others([logs]):
        yield found("LK214", path=path, mode=_mode(path))


def look_for_half_restored(patient: Patient) -> Iterator[Finding]:
    """Find the mark of a restore that did not come to its end."""
    if half_restored_mark(patient.state).exists():
        yield found("LK215")


def _state_of(patient: Patient) -> Path:
    if not patient.state.exists():
        raise LeftOutError("nothing_kept")
    return patient.state


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"
