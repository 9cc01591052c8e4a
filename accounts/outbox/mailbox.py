"""The folder of .eml files: the mailbox's only memory, so it survives a restart."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

log = logging.getLogger(__name__)

LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{32}")
TO_HEADER = "X-Outbox-To"


@dataclass(frozen=True)
class KeptMail:
    """One mail as the page and the tests see it."""

    number: str
    at: datetime
    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    links: tuple[str, ...]
    headers: dict[str, str]


class Mailbox:
    """Keeps and finds mails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes, to: list[str]) -> None:
        """Store a mail; it is in the folder entirely or not at all."""
        number = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex}"
        part = self._folder / f"{number}.part"
        part.write_bytes(f"{TO_HEADER}: {', '.join(to)}\r\n".encode() + content)
        part.rename(self._folder / f"{number}.eml")

    def newest_first(self, to: str | None = None) -> Iterator[KeptMail]:
        """Yield the mails, or those to one address."""
        for path in sorted(self._folder.glob("*.eml"), reverse=True):
            # Others' mails are not parsed: there may be more than are remembered.
            if to is not None and to.lower() not in _recipients(path):
                continue
            mail = _read(path)
            if mail:
                yield mail

    def forget(self, to: str) -> int:
        """Remove the mails to one address; return how many there were."""
        gone = [path for path in self._folder.glob("*.eml") if to in _recipients(path)]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def find(self, number: str) -> KeptMail | None:
        """Return one mail."""
        path = self._folder / f"{number}.eml"
        if not NAME.fullmatch(number) or not path.exists():
            return None
        return _read(path)


@lru_cache(maxsize=500)
def _read(path: Path) -> KeptMail | None:
    try:
        return _parse(path)
    except Exception:
        # Anybody may send anything, and the standard library's parser raises a good
        # many kinds of errors on bad headers.
        log.warning("%s cannot be read as a mail", path.name)
        return None


def _recipients(path: Path) -> list[str]:
    # Of any mail, also of one that cannot be parsed: `keep` wrote this line.
    try:
        with path.open("rb") as content:
            line = content.readline().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return _addresses(line.partition(":")[2])


def _addresses(header: str) -> list[str]:
    return [address.strip() for address in header.lower().split(",")]


def _parse(path: Path) -> KeptMail:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    body = message.get_body(("plain", "html"))
    text = str(body.get_content()) if body else ""
    return KeptMail(
        number=path.stem,
        at=datetime.strptime(path.stem[:21], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC),
        to=tuple(_addresses(str(message[TO_HEADER] or ""))),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        text=text,
        links=tuple(LINK.findall(text)),
        headers={name: str(value) for name, value in message.items()},
    )
