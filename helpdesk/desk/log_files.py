"""The logs of an installation that runs on one machine: `logs/` in its state folder.

Other processes write to the same files all the time, at their ends. So what must go is
overwritten in its place, letter by letter, which disturbs nobody. Rotated logs belong to
them: `rasa.log.1`, and `rasa.log.2.gz`, to which nobody writes any more.
"""

import fcntl
import gzip
import mmap
import os
import re
import shutil
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from helpdesk.desk.written_forms import pattern_of

LOGS = "*.log*"
PACKED = ".gz"
STAR = b"*"
# What the lines of all parts begin with, and JSON with its first field.
MOMENT = re.compile(
    rb'^(?:\{"time": ")?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)', re.MULTILINE
)


def blot_out(folder: Path, words: Collection[str]) -> int:
    """Overwrite words in all logs, in any form; return how often they were there.

    Raises:
        OSError: Some of them cannot be read or written; the others are done.
    """
    if not words:
        return 0
    pattern, count, problems = pattern_of(words), 0, []
    with _alone_in(folder):
        for path in sorted(folder.glob(LOGS)):
            try:
                count += _blot_out(path, pattern)
            except OSError as error:
                problems.append(error)
    if problems:
        raise problems[0]
    return count


def drop_older(folder: Path, before: datetime) -> int:
    """Drop the lines of all logs from before a moment; return how many bytes went."""
    with _alone_in(folder):
        return sum(_drop_older(path, before) for path in sorted(folder.glob(LOGS)))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process of this machine changes the logs, and keep it so."""
    if not folder.is_dir():
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


@contextmanager
def content_of(path: Path) -> Iterator[mmap.mmap | bytes]:
    """Yield the content of a file, unpacked, to be searched."""
    if path.suffix == PACKED:
        yield _unpack(path)
    elif not path.stat().st_size:
        yield b""
    else:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            yield content


def _blot_out(path: Path, pattern: re.Pattern[bytes]) -> int:
    if path.suffix == PACKED:
        return _blot_out_packed(path, pattern)
    if path.stat().st_size == 0:
        return 0
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        found = [each.span() for each in pattern.finditer(content)]
        for begin, end in found:
            content[begin:end] = STAR * (end - begin)
    return len(found)


def _blot_out_packed(path: Path, pattern: re.Pattern[bytes]) -> int:
    content, count = pattern.subn(lambda found: STAR * len(found[0]), _unpack(path))
    if count:
        _pack(path, content)
    return count


def _unpack(path: Path) -> bytes:
    """Return the content of a packed file.

    Raises:
        OSError: It cannot be read.
    """
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, zlib.error) as error:  # cut off, or damaged
        raise OSError(f"{path.name} cannot be unpacked") from error


def _pack(path: Path, content: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(gzip.compress(content))
    shutil.copymode(path, new)
    new.replace(path)


def _drop_older(path: Path, before: datetime) -> int:
    """Cut off the beginning of a log.

    The file stays the same one, since its process has it open. What is written in the very
    moment in which it is cut is lost, as with `copytruncate` of logrotate.
    """
    if path.suffix == PACKED:
        content = _unpack(path)
        begin = _begin_of(content, before)
        if begin:
            _pack(path, content[begin:])
        return begin
    with path.open("r+b") as file:
        content = file.read()
        begin = _begin_of(content, before)
        if begin:
            written_meanwhile = file.read()
            file.seek(0)
            file.write(content[begin:] + written_meanwhile)
            file.truncate()
    return begin


def _begin_of(content: bytes, before: datetime) -> int:
    """Return where the first line stands that is not too old."""
    oldest = before.astimezone().strftime("%Y-%m-%d %H:%M:%S").encode()
    moments = list(MOMENT.finditer(content))
    newer = (m.start() for m in moments if m.group(1).replace(b"T", b" ") >= oldest)
    return next(newer, len(content) if moments else 0)
