"""Reading a backup from end to end without touching anything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cli.backup.archive import member_of, read
from cli.backup.contents import (
    AUDIT,
    FORMAT,
    HEAD,
    KEYS,
    MANIFEST,
    PRODUCT,
    RECORD,
    Head,
    Label,
    Manifest,
    Member,
)
from cli.backup.errors import BackupError, DamagedError
from cli.backup.tables import Shape, rows_in
from helpdesk.desk.audit import Kept, follow_chain

Struct = TypeVar("Struct", bound=msgspec.Struct)


@dataclass(frozen=True)
class Checked:
    """A backup that is what was written, and in which the audit record is right."""

    path: Path
    head: Head
    manifest: Manifest

    @property
    def total(self) -> int:
        """How many rows it has."""
        return sum(sum(counts.values()) for counts in self.manifest.rows.values())


@dataclass
class _Reading:
    """What was seen so far."""

    members: Iterator[tuple[str, bytes]]
    head: Head | None = None
    manifest: Manifest | None = None
    seen: dict[str, Member] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def audit_entries(self) -> Iterator[dict[str, Any]]:
        """Go through the archive; yield the entries of the audit record in it."""
        for name, content in self.members:
            if self.manifest is not None or name in self.seen:
                raise DamagedError
            if self.head is None:
                self._begin(name, content)
            elif name == MANIFEST:
                self.manifest = _decode(Manifest, content)
                continue
            elif name != KEYS:
                yield from self._look_at(name, content)
            self.seen[name] = member_of(content)

    def _begin(self, name: str, content: bytes) -> None:
        if name != HEAD:
            raise BackupError("This is no backup of Latchkey.")
        self.head = read_head(content)
        for database, tables in self.head.databases.items():
            self.rows[database] = {shape.name: 0 for shape in tables.shapes}

    def _look_at(self, name: str, content: bytes) -> Iterator[dict[str, Any]]:
        assert self.head is not None
        database, shape = place_of(self.head, name)
        rows = rows_in(shape, content)
        self.rows[database][shape.name] += len(rows)
        if (database, shape.name) == (RECORD, AUDIT):
            yield from (_as_entry(row) for row in rows)


def check(path: Path, passphrase: str | None) -> Checked:
    """Read a backup and compare all of it with what its manifest says.

    Raises:
        BackupError: It is no backup, or one of a newer version.
        DamagedError: It is not what was written.
    """
    with read(path, passphrase) as members:
        reading = _Reading(members)
        entries = reading.audit_entries()
        chain = follow_chain(entries)
        for _ in entries:  # to the end, should the chain have ended before
            pass
    if reading.head is None:
        raise BackupError("This is no backup of Latchkey.")
    manifest = reading.manifest
    if manifest is None:
        raise DamagedError("its end is missing")
    is_whole = (manifest.id, manifest.members, manifest.rows) == (
        reading.head.id,
        reading.seen,
        reading.rows,
    )
    if not is_whole:
        raise DamagedError
    if chain.broken_at or Kept(chain.entries, chain.digest) != manifest.mark:
        raise DamagedError("the audit record in it is not what was written")
    return Checked(path, reading.head, manifest)


def read_head(content: bytes) -> Head:
    """Return what a head says.

    Raises:
        BackupError: It is of something else, or of a newer version.
    """
    label = _decode(Label, content)
    if label.product != PRODUCT:
        raise BackupError("This is no backup of Latchkey.")
    if label.format > FORMAT:
        raise BackupError("This backup is of a newer Latchkey. Update this one first.")
    return _decode(Head, content)


def place_of(head: Head, name: str) -> tuple[str, Shape]:
    """Return the database and the table whose rows a member has.

    Raises:
        DamagedError: There is no such table.
    """
    database, _, rest = name.partition("/")
    tables = head.databases.get(database)
    wanted = rest.rpartition("/")[0]
    found = [shape for shape in tables.shapes if shape.name == wanted] if tables else []
    if not found:
        raise DamagedError(f"{name} belongs to no table")
    return database, found[0]


def _as_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the audit record as the database would."""
    try:
        at = row["at"].astimezone(UTC)
        return {**row, "at": at, "details": msgspec.json.decode(row["details"])}
    except (KeyError, AttributeError, TypeError, msgspec.DecodeError) as error:
        raise DamagedError from error


def _decode(kind: type[Struct], content: bytes) -> Struct:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise DamagedError from error
