"""Cursors: where a page of a list ended, written so that a browser can hand it back."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from helpdesk.desk.errors import BadRangeError

_WRITTEN = re.compile(r"([01])-(\d{1,18})-([0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONE_OF_OURS = "`after` is not where a page ended."


@dataclass(frozen=True)
class Cursor:
    """The last line of a page: its moment in the list's order, and its id for ties.

    `is_in_front` is for the queue, where returned conversations stand before the others.
    """

    at: datetime
    id: UUID
    is_in_front: bool = False

    def __str__(self) -> str:
        micros = (self.at - _EPOCH) // _MICROSECOND
        return f"{int(self.is_in_front)}-{micros}-{self.id.hex}"


def read_cursor(written: str) -> Cursor:
    """Return a cursor from what `str` made of it.

    Raises:
        BadRangeError: It is none of ours.
    """
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise BadRangeError(_NONE_OF_OURS)
    try:
        at = _EPOCH + int(match[2]) * _MICROSECOND
    except OverflowError as error:
        raise BadRangeError(_NONE_OF_OURS) from error
    return Cursor(at, UUID(match[3]), match[1] == "1")
