"""Making an installation of a backup. Until the last step, what was there stays."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from cli.backup.archive import member_of, read
from cli.backup.checking import Checked, check, place_of
from cli.backup.contents import HEAD, KEYS, MANIFEST, RECORD, Tables
from cli.backup.errors import BackupError, DamagedError
from cli.backup.installation import NEEDED, Installation, strangers
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
    has_rows,
    looked_at,
    refuse_in_use,
    set_aside,
    target_for,
)
from cli.half_restored import half_restored_mark
from cli.keys import NAMES, find_keys, is_set_elsewhere, write_keys
from foundation.clock import Clock
from foundation.database import version_of
from helpdesk.desk.audit import Chain, Kept, Who, verify_chain, write_audit
from helpdesk.store.models import AuditEntry
from helpdesk.store.plain_session import PlainSession
from helpdesk.store.rows import table_of

HERE = Who("command line")
MEMORY = "tracker.db"  # the assistant's working memory, which belongs to the old record
ERASED = "person.erased"
_ENTRY = table_of(AuditEntry).c
Telling = Callable[[str], None]


@dataclass(frozen=True)
class Erased:
    """A person who was erased after the backup was taken, and is back now."""

    at: datetime
    target: str


@dataclass
class Restored:
    """What a restore came to."""

    backup: Checked
    chain: Chain  # with the entry about the restore
    aside: str | None  # what the old one is called now
    erased: list[Erased] = field(default_factory=list)


@dataclass(frozen=True)
class Wishes:
    """What whoever restores has agreed to."""

    replace: bool = False
    other_keys: bool = False


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
        is_there, erased = _look_around(installation, backup, wishes)
        _refuse_strange_keys(installation, backup, keys, wishes)
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
    with (state / "restore.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("Another restore is under way.") from error
        yield


def _keys_of(backup: Checked, passphrase: str | None) -> dict[str, str]:
    if not backup.head.keys:
        return {}
    with read(backup.path, passphrase) as members:
        for name, content in members:
            if name == KEYS:
                return msgspec.json.decode(content, type=dict[str, str])
    raise DamagedError


def _look_around(
    installation: Installation, backup: Checked, wishes: Wishes
) -> tuple[bool, list[Erased]]:
    """Return whether anything is there, and who was erased since the backup.

    Raises:
        BackupError: Something is there that nobody said could be replaced.
    """
    is_half = half_restored_mark(installation.state).exists()
    is_there, erased = False, []
    for name, tables in backup.head.databases.items():
        if not installation.open(name).knows(tables.version):
            raise BackupError(
                "This backup is of a newer Latchkey: its tables are of the version "
                f"{tables.version}. Update this one first."
            )
        refuse_in_use(installation, name)
        with looked_at(installation, name) as connection:
            if connection is None or version_of(connection) is None:
                continue
            is_there = is_there or has_rows(connection)
            if name == RECORD:
                erased = _erased_since(PlainSession(connection), backup.manifest.mark)
    if is_there and not (wishes.replace or is_half):
        raise BackupError(
            "There is an installation already. With --replace it is kept aside and the "
            "backup takes its place."
        )
    return is_there, erased


def _erased_since(session: PlainSession, mark: Kept) -> list[Erased]:
    """Return who was erased later in the life of the same record."""
    same = select(_ENTRY.digest).where(_ENTRY.number == mark.number)
    if session.execute(same).scalar() != mark.digest:
        return []
    later = (
        select(_ENTRY.at, _ENTRY.target)
        .where(_ENTRY.number > mark.number, _ENTRY.action == ERASED)
        .order_by(_ENTRY.number)
    )
    return [Erased(at, target) for at, target in session.execute(later)]


def _refuse_strange_keys(
    installation: Installation, backup: Checked, keys: dict[str, str], wishes: Wishes
) -> None:
    """Raise if what is in the backup could not be read with the secrets that will be here."""
    will_be = find_keys(NAMES, installation.state)
    will_be |= {name: keys[name] for name in keys if not is_set_elsewhere(name)}
    strange = strangers(backup.head.id, backup.head.fingerprints, will_be)
    if strange and not wishes.other_keys:
        what = "; ".join(f"{name} (else {NEEDED[name]})" for name in strange)
        raise BackupError(
            f"The backup was made with other secrets than there are here: {what}. Set "
            "them as they were, or go on without them by --other-keys."
        )


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
