"""What the two lists in a backup say: its head comes first, its manifest last."""

import re
from datetime import datetime

import msgspec

from cli.backup.tables import Shape
from cli.places import PROJECT
from helpdesk.desk.audit import Kept

PRODUCT = "latchkey"
FORMAT = 1
HEAD, KEYS, MANIFEST = "head.json", "keys.json", "manifest.json"
RECORD, ACCOUNTS = "record", "accounts"
AUDIT = "audit_entries"
_VERSION = re.compile(r"^## (\S+)", re.MULTILINE)


class Tables(msgspec.Struct, frozen=True):
    """One database: the version of its tables, and the tables."""

    version: str
    shapes: list[Shape]


class Label(msgspec.Struct, frozen=True):
    """What every version of a backup has in its head."""

    product: str
    format: int


class Head(Label, frozen=True):
    """What the backup is, known before the first row is read.

    `fingerprints` tell whether an installation has the same secrets, and nothing else.
    """

    id: str
    product_version: str
    taken_at: datetime  # what was acknowledged until then is in it
    databases: dict[str, Tables]
    keys: list[str]
    fingerprints: dict[str, str]


class Member(msgspec.Struct, frozen=True):
    """A file in the archive."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What the backup must have, known when the last row was written.

    `mark` is the last entry of the audit record in it.
    """

    id: str
    mark: Kept
    rows: dict[str, dict[str, int]]
    members: dict[str, Member]


def product_version() -> str:
    """Return the version of this product, as the changelog names the newest."""
    found = _VERSION.search((PROJECT / "CHANGELOG.md").read_text("utf-8"))
    return found[1] if found else "unknown"
