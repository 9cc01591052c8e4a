"""Reading the audit record: what is looked for, page by page; each look is an entry itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from helpdesk.desk.audit import Who, write_audit
from helpdesk.store.models import AuditEntry
from helpdesk.store.rows import as_row, table_of

USUAL_PAGE, LONGEST_PAGE = 50, 200
RECORD = "audit"  # the target of a look that is for nobody in particular
READ, EXPORTED = "audit.read", "audit.exported"
_ENTRY = table_of(AuditEntry).c


@dataclass(frozen=True)
class Sought:
    """Which entries are looked for; what is None does not matter.

    `target` is the person that an address stands for, by `Pseudonyms.target`. `action` is
    a whole one, or the thing before its dot.
    """

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ANYTHING = Sought()


@dataclass(frozen=True)
class AuditPage:
    """Some entries, the newest first; `next` is where the following page begins."""

    entries: Sequence[AuditEntry]
    next: int | None


def find_entries(
    session: Session,
    sought: Sought = ANYTHING,
    *,
    before: int | None = None,
    limit: int = USUAL_PAGE,
) -> AuditPage:
    """Return the newest entries, or those before a number.

    Args:
        session: The transaction.
        sought: Which.
        before: The number where the last page ended.
        limit: How many at most.
    """
    wanted = _wanted(sought).order_by(_ENTRY.number.desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(_ENTRY.number < before)
    found = _read(session, wanted)
    has_more = len(found) > limit
    return AuditPage(found[:limit], found[limit - 1].number if has_more else None)


def entries_after(
    session: Session, sought: Sought, after: int, last: int, limit: int
) -> list[AuditEntry]:
    """Return entries after a number, the oldest first: an export goes through all.

    Args:
        session: The transaction.
        sought: Which.
        after: The number where the last page ended.
        last: The number where all of them end.
        limit: How many at most.
    """
    wanted = _wanted(sought).where(_ENTRY.number > after, _ENTRY.number <= last)
    return _read(session, wanted.order_by(_ENTRY.number).limit(limit))


def last_number(session: Session) -> int:
    """Return the number of the newest entry, 0 if there is none."""
    return session.scalar(select(func.max(_ENTRY.number))) or 0


def audit_look(
    session: Session,
    who: Who,
    action: str,
    sought: Sought,
    now: datetime,
    **details: Any,
) -> None:
    """Write down who looked for what; call it before the answer is given."""
    facts = {
        "actor": sought.actor,
        "action": sought.action,
        "from": sought.since,
        "to": sought.until,
        **details,
    }
    known = {name: value for name, value in facts.items() if value is not None}
    target = sought.target or RECORD
    write_audit(session, who, action, target, now, details=known)


def _wanted(sought: Sought) -> Select[Any]:
    wanted = select(*_ENTRY)
    if sought.actor is not None:
        wanted = wanted.where(_ENTRY.actor == sought.actor)
    if sought.action is not None:
        is_thing = "." not in sought.action
        wanted = wanted.where(
            _ENTRY.action.startswith(f"{sought.action}.", autoescape=True)
            if is_thing
            else _ENTRY.action == sought.action
        )
    if sought.target is not None:
        wanted = wanted.where(_ENTRY.target == sought.target)
    if sought.since is not None:
        wanted = wanted.where(_ENTRY.at >= sought.since)
    if sought.until is not None:
        wanted = wanted.where(_ENTRY.at < sought.until)
    return wanted


def _read(session: Session, wanted: Select[Any]) -> list[AuditEntry]:
    return [as_row(AuditEntry, row) for row in session.execute(wanted).mappings()]
