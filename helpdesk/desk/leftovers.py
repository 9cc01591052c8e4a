"""Looking for a person in the files of an installation, byte by byte: the proof.

Not by way of the programs that wrote the files: what a database has let go, its log and its
index still have, shows here and nowhere else.
"""

import mmap
import re
from collections.abc import Collection, Iterator
from pathlib import Path

KEPT_IN = ("tracker.db*", "logs/*.log", "outbox/*")


def state_files(home: Path) -> Iterator[Path]:
    """Yield the files in a state folder in which a person could be left, but the record."""
    for pattern in KEPT_IN:
        yield from sorted(home.glob(pattern))


def find_in_files(files: Collection[Path], words: Collection[str]) -> dict[Path, int]:
    """Return the files that hold one of the words, in any case, and how often."""
    if not words:
        return {}
    forms = b"|".join(re.escape(word.encode()) for word in words)
    pattern = re.compile(forms, re.IGNORECASE)
    found = {path: _count(path, pattern) for path in files}
    return {path: times for path, times in found.items() if times}


def _count(path: Path, pattern: re.Pattern[bytes]) -> int:
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                return 0
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return sum(1 for _ in pattern.finditer(content))
    except (FileNotFoundError, ValueError):  # gone, or emptied, meanwhile
        return 0
