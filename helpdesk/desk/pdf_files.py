"""PDF files: whether one is whole, can be looked into, and does nothing by itself.

This is no reader of PDF. It refuses what says that it runs or starts something; what it
cannot look into it refuses too.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from helpdesk.desk.errors import BadFileError

NEAR_THE_END: Final = 1024
STREAM: Final = re.compile(rb"(?s)stream\r?\n(.*?)endstream")
# Objects may be packed in a stream; the dictionary before it says so.
PACKED: Final = re.compile(rb"(?s)/ObjStm\b.{0,2000}?stream\r?\n(.*?)endstream")
ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
ACTIVE: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)"
    rb"(?![A-Za-z0-9_.-])"
)
LOCKED: Final = re.compile(rb"/Encrypt(?![A-Za-z0-9_.-])")
MOST_UNPACKED_BYTES: Final = 20 * 1024 * 1024
DAMAGED = "This PDF file is damaged."
LOCKED_BY_PASSWORD = "This PDF file is locked. Please save it without a password first."  # noqa: S105
RUNS_SOMETHING = (
    "This PDF file holds scripts or other files. Please print it to a new PDF first."
)


def check_pdf(content: bytes) -> None:
    """Refuse a PDF that is cut off, locked, or does more than show pages.

    Raises:
        BadFileError: It is one of these.
    """
    if b"%%EOF" not in content[-NEAR_THE_END:]:
        raise BadFileError(DAMAGED)
    # Chance makes any short word in a compressed stream.
    outside = STREAM.sub(b"stream\nendstream", content)
    if LOCKED.search(_unescaped(outside)):
        raise BadFileError(LOCKED_BY_PASSWORD)
    for written in (outside, *_unpacked(content)):
        if ACTIVE.search(_unescaped(written)):
            raise BadFileError(RUNS_SOMETHING)


def _unpacked(content: bytes) -> Iterator[bytes]:
    """Return the packed objects, unpacked."""
    left = MOST_UNPACKED_BYTES
    for packed in PACKED.finditer(content):
        unpacker = zlib.decompressobj()
        try:
            unpacked = unpacker.decompress(packed[1], left)
        except zlib.error as error:
            raise BadFileError(DAMAGED) from error
        left -= len(unpacked)
        if left <= 0:
            raise BadFileError(DAMAGED)
        yield unpacked


def _unescaped(written: bytes) -> bytes:
    """Return names as they are meant: `/J#53` is another way to write `/JS`."""
    return ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), written)
