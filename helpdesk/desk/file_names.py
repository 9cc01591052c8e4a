"""The names of files that people attach: what is left of them when nothing can go wrong."""

import re
import unicodedata
from typing import Final

from helpdesk.desk.file_types import EXTENSIONS
from helpdesk.desk.redaction import redact

LONGEST_NAME: Final = 80
NAMELESS: Final = "file"
FORBIDDEN: Final = re.compile(r'[<>:"|?*%]')
IN_A_SENTENCE: Final = "the file is called "
SPACE: Final = re.compile(r"\s+")


def clean_name(given: str, media_type: str) -> str:
    """Return a name without folders, tricks and secrets; its ending tells the type.

    Control characters, and those that turn the direction of reading, would let a name look
    like another one.

    Args:
        given: What the browser said; it may say anything.
        media_type: What the file is.
    """
    last = re.split(r"[/\\]", given)[-1]
    composed = SPACE.sub(" ", unicodedata.normalize("NFC", last))
    kept = "".join(c for c in composed if not unicodedata.category(c).startswith("C"))
    whole = FORBIDDEN.sub("_", kept).strip()
    endings = EXTENSIONS[media_type]
    stem, dot, ending = whole.rpartition(".")
    if not dot or ending.lower() not in endings:
        stem, ending = whole, endings[0]
    stem = _without_secrets(stem).strip(" .")[:LONGEST_NAME]
    return f"{stem or NAMELESS}.{ending}"


def _without_secrets(stem: str) -> str:
    # Alone, what a camera calls a picture looks like a password; in a sentence it does not.
    return redact(IN_A_SENTENCE + stem).text.removeprefix(IN_A_SENTENCE)
