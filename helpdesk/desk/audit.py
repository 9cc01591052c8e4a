"""The audit record: what somebody did to something, append-only and hash-chained.

Each entry carries the digest of the one before, so an entry that is changed, removed from
the middle or put in between is found by `verify_chain`. Cutting off the end is found by
whoever has kept the number and digest of a later entry.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from helpdesk.store.models import AuditEntry
from helpdesk.store.rows import add, table_of

FIRST = "0" * 64  # what stands before the first entry
ONE_AT_A_TIME = 7_204_120  # PostgreSQL's lock on the end of the chain
LONGEST_ACTOR = 200
LONGEST_ACTION = 60
LONGEST_TARGET = 300
AT_ONCE = 1_000
NOBODY = "nobody"  # who did not prove to be anybody

_ENTRY = table_of(AuditEntry).c
_LAST = select(_ENTRY.number, _ENTRY.digest).order_by(_ENTRY.number.desc()).limit(1)
_ALL = select(*_ENTRY).order_by(_ENTRY.number).execution_options(yield_per=AT_ONCE)


@dataclass(frozen=True)
class Chain:
    """The state of the whole record."""

    entries: int
    digest: str  # of the last entry that is right
    broken_at: int | None  # the first entry that is not what was written


def agent_name(agent_id: UUID) -> str:
    """Return how an agent is written as the actor or the target of an entry."""
    return f"agent:{agent_id}"


def write_audit(
    session: Session,
    actor: str,
    action: str,
    target: str,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Append an entry; it is kept if the transaction is.

    From here to the end of the transaction no other process can append one: call it last.

    Args:
        session: The transaction that does what is written down.
        actor: Who did it; of agents `agent_name`.
        action: What, in the form `thing.happened`.
        target: To what, in the form `kind:id`.
        details: What else matters, as JSON; no secrets and no text of a conversation.
        now: The moment.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
    last = session.execute(_LAST).first()
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=now,
        actor=_clean(actor, LONGEST_ACTOR),
        action=_clean(action, LONGEST_ACTION),
        target=_clean(target, LONGEST_TARGET),
        details=json.loads(json.dumps(dict(details), default=str)),
        previous_digest=last.digest if last else FIRST,
    )
    entry.digest = _digest(vars(entry))
    add(session, entry)


def verify_chain(session: Session) -> Chain:
    """Return whether every entry is what was written."""
    entries, digest = 0, FIRST
    for row in session.execute(_ALL).mappings():
        is_next = row["number"] == entries + 1 and row["previous_digest"] == digest
        if not is_next or row["digest"] != _digest(dict(row)):
            return Chain(entries, digest, broken_at=entries + 1)
        entries, digest = row["number"], row["digest"]
    return Chain(entries, digest, broken_at=None)


def _digest(entry: Mapping[str, Any]) -> str:
    written = {
        "number": entry["number"],
        "at": entry["at"].isoformat(),
        "actor": entry["actor"],
        "action": entry["action"],
        "target": entry["target"],
        "details": entry["details"],
        "previous_digest": entry["previous_digest"],
    }
    canonical = json.dumps(written, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _clean(words: str, longest: int) -> str:
    """Return the words without what a text column cannot keep."""
    kept = words.replace("\0", "").encode("utf-8", "replace").decode()
    return kept[:longest]
