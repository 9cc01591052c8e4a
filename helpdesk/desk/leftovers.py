"""Looking for a person in the files of an installation, byte by byte: the proof.

Not by way of the programs that wrote the files: what a database has let go, its log and its
index still have, shows here and nowhere else.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from helpdesk.desk.log_files import content_of
from helpdesk.desk.written_forms import pattern_of

KEPT_IN = ("tracker.db*", "logs/*.log*", "outbox/*")


def state_files(home: Path) -> Iterator[Path]:
    """Yield the files in a state folder in which a person could be left, but the record."""
    for pattern in KEPT_IN:
        yield from sorted(home.glob(pattern))


def find_in_files(files: Collection[Path], words: Collection[str]) -> dict[Path, int]:
    """Return the files that hold one of the words, in any form, and how often."""
    if not words:
        return {}
    pattern = pattern_of(words)
    found = {path: _count(path, pattern) for path in files}
    return {path: times for path, times in found.items() if times}


def _count(path: Path, pattern: re.Pattern[bytes]) -> int:
    try:
        with content_of(path) as content:
            return sum(1 for _ in pattern.finditer(content))
    except (FileNotFoundError, ValueError):  # gone, or emptied, meanwhile
        return 0
    except OSError:  # what cannot be looked into may hold anything
        return 1
