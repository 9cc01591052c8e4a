"""Taking a backup while everything runs: one state of each database, and the secrets."""

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO

import msgspec
from sqlalchemy import Connection, text

from cli.backup.archive import Archive, written
from cli.backup.contents import (
    ACCOUNTS,
    AUDIT,
    FORMAT,
    HEAD,
    KEYS,
    MANIFEST,
    PRODUCT,
    RECORD,
    Head,
    Manifest,
    Tables,
    product_version,
)
from cli.backup.errors import BackupError
from cli.backup.installation import Installation, fingerprints
from cli.backup.tables import Shape, read_parts, read_shapes
from cli.keys import NAMES, find_keys, kept_keys
from foundation.clock import Clock
from foundation.database import Database, version_of
from helpdesk.desk.audit import Kept, Who, write_audit

HERE = Who("command line")
_LAST = text(f"SELECT number, digest FROM {AUDIT} ORDER BY number DESC LIMIT 1")  # noqa: S608
Telling = Callable[[str], None]


@dataclass(frozen=True)
class Taken:
    """What a backup has become."""

    head: Head
    manifest: Manifest


def take(
    installation: Installation,
    file: BinaryIO,
    passphrase: str | None,
    clock: Clock,
    *,
    with_keys: bool,
    tell: Telling,
) -> Taken:
    """Write a backup.

    Args:
        installation: Of what.
        file: Where to.
        passphrase: Seals it, if there is one.
        clock: Tells the moment.
        with_keys: Whether the secrets of the state folder are in it.
        tell: Is told which table is being written.

    Raises:
        BackupError: There is nothing to back up.
    """
    backup_id = str(uuid.uuid4())
    kept = kept_keys(installation.state) if with_keys else {}
    prints = fingerprints(backup_id, find_keys(NAMES, installation.state))
    with ExitStack() as stack:
        databases = _open(installation, stack)
        _write_down(databases[RECORD], backup_id, clock, bool(kept), bool(passphrase))
        taken_at = clock.now()
        # The record first: what it knows of the account backend, that knows as well.
        states = {
            name: stack.enter_context(database.snapshot())
            for name, database in databases.items()
        }
        tables = {name: _tables_of(state) for name, state in states.items()}
        head = Head(
            product=PRODUCT,
            format=FORMAT,
            id=backup_id,
            product_version=product_version(),
            taken_at=taken_at,
            databases=tables,
            keys=sorted(kept),
            fingerprints=prints,
        )
        with written(file, passphrase) as archive:
            archive.add(HEAD, msgspec.json.encode(head))
            if kept:
                archive.add(KEYS, msgspec.json.encode(kept))
            rows = {
                name: {
                    shape.name: _write_table(archive, name, state, shape, tell)
                    for shape in tables[name].shapes
                }
                for name, state in states.items()
            }
            mark = Kept(*states[RECORD].execute(_LAST).one())
            manifest = Manifest(backup_id, mark, rows, dict(archive.members))
            archive.add(MANIFEST, msgspec.json.encode(manifest))
    return Taken(head, manifest)


def _open(installation: Installation, stack: ExitStack) -> dict[str, Database]:
    """Return the databases that are there; without a record there is no installation."""
    opened = {}
    for name in (RECORD, ACCOUNTS):
        if not installation.has(name):
            continue
        database = installation.open(name)
        stack.callback(database.close)
        with database.engine.connect() as connection:
            if version_of(connection) is not None:
                opened[name] = database
    if RECORD not in opened:
        raise BackupError("There is no help desk here that could be backed up.")
    return opened


def _write_down(
    database: Database, backup_id: str, clock: Clock, has_keys: bool, is_sealed: bool
) -> None:
    """Put into the audit record that somebody takes everything with them."""
    details = {"has_keys": has_keys, "is_sealed": is_sealed}
    target = f"backup:{backup_id}"
    with database.transaction() as session:
        write_audit(
            session, HERE, "record.backed_up", target, clock.now(), details=details
        )


def _tables_of(connection: Connection) -> Tables:
    return Tables(str(version_of(connection)), read_shapes(connection))


def _write_table(
    archive: Archive, database: str, state: Connection, shape: Shape, tell: Telling
) -> int:
    tell(f"{database}: {shape.name}")
    total = 0
    for number, (count, part) in enumerate(read_parts(state, shape), 1):
        archive.add(f"{database}/{shape.name}/{number:06}.jsonl", part)
        total += count
    return total
