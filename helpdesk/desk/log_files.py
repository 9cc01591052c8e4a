"""The logs of an installation that runs on one machine: `logs/*.log` in its state folder.

Other processes write to the same files all the time, at their ends. So what must go is
overwritten in its place, letter by letter, which disturbs nobody.
"""

import mmap
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

STAR = b"*"
# What the lines of all parts begin with; Rasa's and Python's own loggers agree on it.
MOMENT = re.compile(rb"^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)", re.MULTILINE)


def blot_out(folder: Path, words: Collection[str]) -> int:
    """Overwrite words in all logs, whatever their case; return how often they were there."""
    if not words:
        return 0
    forms = b"|".join(re.escape(word.encode()) for word in words)
    pattern = re.compile(forms, re.IGNORECASE)
    return sum(_blot_out(path, pattern) for path in sorted(folder.glob("*.log")))


def drop_older(folder: Path, before: datetime) -> int:
    """Drop the lines of all logs from before a moment; return how many bytes went."""
    return sum(_drop_older(path, before) for path in sorted(folder.glob("*.log")))


def _blot_out(path: Path, pattern: re.Pattern[bytes]) -> int:
    if path.stat().st_size == 0:
        return 0
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        found = [each.span() for each in pattern.finditer(content)]
        for begin, end in found:
            content[begin:end] = STAR * (end - begin)
    return len(found)


def _drop_older(path: Path, before: datetime) -> int:
    """Cut off the beginning of a log.

    The file stays the same one, since its process has it open. What is written in the very
    moment in which it is cut is lost, as with `copytruncate` of logrotate.
    """
    oldest = before.astimezone().strftime("%Y-%m-%d %H:%M:%S").encode()
    with path.open("r+b") as file:
        content = file.read()
        moments = list(MOMENT.finditer(content))
        newer = (m.start() for m in moments if m.group(1).replace(b"T", b" ") >= oldest)
        begin = next(newer, len(content) if moments else 0)
        if begin:
            written_meanwhile = file.read()
            file.seek(0)
            file.write(content[begin:] + written_meanwhile)
            file.truncate()
    return begin
