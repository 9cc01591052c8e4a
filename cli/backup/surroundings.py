"""What a restore finds around it: an installation, people who work, other secrets."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from cli.backup.checking import Checked
from cli.backup.contents import RECORD
from cli.backup.errors import BackupError
from cli.backup.installation import NEEDED, Installation, strangers
from cli.backup.targets import has_rows, looked_at, refuse_in_use
from cli.half_restored import half_restored_mark
from cli.keys import NAMES, find_keys, is_set_elsewhere
from foundation.database import version_of
from helpdesk.desk.audit import Kept
from helpdesk.store.models import AuditEntry
from helpdesk.store.plain_session import PlainSession
from helpdesk.store.rows import table_of

ERASED = "person.erased"
_ENTRY = table_of(AuditEntry).c


@dataclass(frozen=True)
class Erased:
    """A person who was erased after the backup was taken, and is back now."""

    at: datetime
    target: str


@dataclass(frozen=True)
class Wishes:
    """What whoever restores has agreed to."""

    replace: bool = False
    other_keys: bool = False


def look_around(
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


def refuse_strange_keys(
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
