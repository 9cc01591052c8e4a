"""Making an installation of a backup. Until the last step, what was there stays."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from cli.backup.archive import member_of, read
from cli.backup.checking import Checked, check, place_of
from cli.backup.contents import HEAD, KEYS, MANIFEST, RECORD, Tables
from cli.backup.errors import BackupError, DamagedError
from cli.backup.installation import Installation
from cli.backup.surroundings import (
    Erased,
    Wishes,
    look_around,
    refuse_strange_keys,
)
from cli.backup.tables import (
    Shape,
    count_rows,
    go_on_counting,
    read_shapes,
    rows_in,
    write_rows,
)
from cli.backup.targets import (
    Target,
    flush,
    give_to_owner,
    set_aside,
    target_for,
)
from cli.half_restored import half_restored_mark
from cli.keys import write_keys
from foundation.clock import Clock
from helpdesk.desk.audit import Chain, Who, verify_chain, write_audit
from helpdesk.store.plain_session import PlainSession

HERE = Who("command line")
MEMORY = "tracker.db"  # the assistant's working memory, which belongs to the old record
Telling = Callable[[str], None]


@dataclass
class Restored:
    """What a restore came to."""

    backup: Checked
    chain: Chain  # with the entry about the restore
    aside: str | None  # what the old one is called now
    erased: list[Erased] = field(default_factory=list)


def restore(
    path: Path,
    passphrase: str | None,
    installation: Installation,
    clock: Clock,
    wishes: Wishes,
    tell: Telling,
) -> Restored:
    """Make an installation of a backup.

    Raises:
        BackupError: It cannot be done; what was there is as it was.
    """
    tell("looking at the whole backup")
    backup = check(path, passphrase)
    aside = f"before-restore-{clock.now():%Y%m%d-%H%M%S}"
    with _alone(installation.state), ExitStack() as stack:
        keys = _keys_of(backup, passphrase)
        is_there, erased = look_around(installation, backup, wishes)
        refuse_strange_keys(installation, backup, keys, wishes)
        targets: dict[str, Target] = {}
        for name, tables in backup.head.databases.items():
            targets[name] = target_for(installation, name, aside)
            stack.callback(targets[name].drop)
            _prepare(targets[name], tables)
        _load(backup, passphrase, targets, tell)
        tell("bringing the tables up to date")
        for name, target in targets.items():
            _finish(target, backup, name)
        tell("looking at the audit record")
        chain = _sign(targets[RECORD], backup, clock)
        _install(installation, targets, keys, aside)
    return Restored(backup, chain, aside if is_there else None, erased)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Keep a second restore away."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(state, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("Another restore is under way.") from error
        yield
    finally:
        os.close(folder)


def _keys_of(backup: Checked, passphrase: str | None) -> dict[str, str]:
    if not backup.head.keys:
        return {}
    with read(backup.path, passphrase) as members:
        for name, content in members:
            if name == KEYS:
                return msgspec.json.decode(content, type=dict[str, str])
    raise DamagedError


def _prepare(target: Target, tables: Tables) -> None:
    """Make the tables of the backup's moment."""
    target.database.migrate_in(target.connection, tables.version)
    made = {shape.name: shape for shape in read_shapes(target.connection)}
    for shape in tables.shapes:
        there = made.get(shape.name)
        if there is None or there.columns != shape.columns:
            raise BackupError(
                f"The table {shape.name} of the backup is not one of version "
                f"{tables.version}."
            )


def _load(
    backup: Checked, passphrase: str | None, targets: dict[str, Target], tell: Telling
) -> None:
    before: tuple[str, Shape] | None = None
    with read(backup.path, passphrase) as members:
        for name, content in members:
            if name in {HEAD, KEYS, MANIFEST}:
                continue
            if backup.manifest.members.get(name) != member_of(content):
                raise DamagedError("it was changed while it was being read")
            database, shape = place_of(backup.head, name)
            if before != (database, shape):
                tell(f"{database}: {shape.name}")
                before = (database, shape)
            write_rows(targets[database].connection, shape, rows_in(shape, content))


def _finish(target: Target, backup: Checked, name: str) -> None:
    """Count the rows, and bring the tables to the newest version."""
    shapes = backup.head.databases[name].shapes
    found = {shape.name: count_rows(target.connection, shape) for shape in shapes}
    if found != backup.manifest.rows[name]:
        raise BackupError("The rows that were restored are not those of the backup.")
    go_on_counting(target.connection, shapes)
    target.database.migrate_in(target.connection)


def _sign(target: Target, backup: Checked, clock: Clock) -> Chain:
    """Follow the restored audit record to the mark, and write the restore down in it."""
    session = PlainSession(target.connection)
    chain = verify_chain(session, [backup.manifest.mark])
    if not chain.is_right or chain.entries != backup.manifest.mark.number:
        raise BackupError("The restored audit record is not what was written.")
    details: dict[str, Any] = {"taken_at": backup.head.taken_at.isoformat()}
    what = f"backup:{backup.head.id}"
    write_audit(session, HERE, "record.restored", what, clock.now(), details=details)
    return verify_chain(session)


def _install(
    installation: Installation,
    targets: dict[str, Target],
    keys: dict[str, str],
    aside: str,
) -> None:
    """Put everything in its place. Whoever is killed in here has to restore again."""
    for target in targets.values():
        target.complete()
    made = _make_keys(installation.state, keys) if keys else None
    mark = half_restored_mark(installation.state)
    mark.touch()
    flush(installation.state)
    for target in targets.values():
        target.install()
    state = installation.state
    set_aside([state / MEMORY], state / aside)
    if made:
        set_aside([state / "keys"], state / aside)
        made.rename(state / "keys")
    flush(state)
    mark.unlink()
    flush(state)


def _make_keys(state: Path, keys: dict[str, str]) -> Path:
    """Write down the secrets of the backup, and those that only this state folder has."""
    made, there = state / "keys.restoring", state / "keys"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(mode=0o700)
    if there.exists():
        shutil.copytree(there, made, dirs_exist_ok=True)
    for name in keys:
        (made / f"{name.lower()}_former").unlink(missing_ok=True)
    write_keys(made, keys)
    for path in (made, *made.iterdir()):
        give_to_owner(path)
    flush(made)
    return made
