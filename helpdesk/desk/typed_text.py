"""What people type, as it is kept: tidied up, and without what is secret."""

from dataclasses import dataclass, field
from typing import Any

from helpdesk.desk.errors import EmptyMessageError, TooLongError
from helpdesk.desk.pasted_links import REMOVED, cut_runs, find_pasted
from helpdesk.desk.redaction import Kind, redact

LONGEST_TEXT = 4_000
LINK = Kind.LINK.value


@dataclass(frozen=True)
class Content:
    """What is kept of what somebody sent."""

    text: str
    details: dict[str, Any] = field(default_factory=dict)
    payload: str | None = None


def clean_text(text: str) -> str:
    """Return a text that every database can keep."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def check_length(text: str) -> None:
    """Refuse what is longer than a message may be.

    Raises:
        TooLongError: It is.
    """
    if len(text) > LONGEST_TEXT:
        raise TooLongError(f"A message has at most {LONGEST_TEXT:,} characters.")


def read_typed(text: str) -> Content:
    """Return what is kept of a typed text: secrets are cut out.

    Raises:
        DeskError: It is empty or too long.
    """
    check_length(text)
    clean = clean_text(text).strip()
    if not clean:
        raise EmptyMessageError("The message is empty.")
    pasted = find_pasted(clean).text
    redacted = redact(pasted)
    kept = cut_runs(redacted.text)
    # A letter comes without its links already.
    has_link = pasted != clean or kept != redacted.text or REMOVED in clean
    kinds = list(dict.fromkeys((*([LINK] if has_link else []), *redacted.kinds)))
    return Content(kept, {"redactions": kinds} if kinds else {})
