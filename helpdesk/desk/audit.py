"""The audit record: what somebody did to something, append-only and hash-chained.

Each entry carries the digest of the one before, so an entry that is changed, removed,
exchanged or put in between is found by `verify_chain`. Cutting off the end, or writing the
whole chain anew, is found by whoever has kept the number and digest of an entry. The
database itself refuses to change or remove entries: see migration 0008.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.store.alone import Alone, do_alone
from helpdesk.store.models import AuditEntry
from helpdesk.store.rows import add, table_of

FIRST = "0" * 64  # what stands before the first entry
LONGEST_ACTOR = 200
LONGEST_ACTION = 60
LONGEST_TARGET = 300
AT_ONCE = 1_000
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
# What every entry says in the same place, where it is known.
ROLE, SESSION, REASON, RESULT = "role", "session", "reason", "result"
FIXED = frozenset({ROLE, SESSION, REASON, RESULT})

_ENTRY = table_of(AuditEntry).c
_COLUMNS = _ENTRY.keys()
_LAST = select(_ENTRY.number, _ENTRY.digest).order_by(_ENTRY.number.desc()).limit(1)
_ALL = select(*_ENTRY).order_by(_ENTRY.number).execution_options(yield_per=AT_ONCE)


@dataclass(frozen=True)
class Who:
    """Whoever does something: `kind:id` or words, their role, and what proved it."""

    actor: str
    role: str | None = None
    session: str | None = None

    @classmethod
    def of(cls, agent: SignedInAgent) -> "Who":
        """Return an agent who has signed in."""
        return cls(agent_name(agent.id), agent.role.value, str(agent.session_id))

    @classmethod
    def contact(cls, contact_id: UUID, conversation_id: UUID | None = None) -> "Who":
        """Return a contact, who has proven nothing but to be in a conversation."""
        where = None if conversation_id is None else conversation_name(conversation_id)
        return cls(f"contact:{contact_id}", "contact", where)


NOBODY = Who("nobody")  # who did not prove to be anybody


@dataclass(frozen=True)
class Kept:
    """The number and digest of an entry, as somebody has kept them elsewhere."""

    number: int
    digest: str


@dataclass(frozen=True)
class Chain:
    """The state of the whole record."""

    entries: int
    digest: str  # of the last entry that is right
    broken_at: int | None  # the first entry that is not what was written
    # Of those that somebody has kept, the first that the record does not have like that.
    missed: int | None = None

    @property
    def is_right(self) -> bool:
        """Whether every entry is what was written."""
        return self.broken_at is None and self.missed is None


def agent_name(agent_id: UUID) -> str:
    """Return how an agent is written as the actor or the target of an entry."""
    return f"agent:{agent_id}"


def conversation_name(conversation_id: UUID) -> str:
    """Return how a conversation is written as the target of an entry."""
    return f"conversation:{conversation_id}"


def write_audit(
    session: Session,
    who: Who,
    action: str,
    target: str,
    now: datetime,
    *,
    reason: str | None = None,
    result: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry; it is kept if the transaction is.

    From here to the end of the transaction no other process can append one: call it last.

    Args:
        session: The transaction that does what is written down.
        who: Who did it.
        action: What, in the form `thing.happened`.
        target: To what, in the form `kind:id`; persons by `Pseudonyms.target`.
        now: The moment.
        reason: Why.
        result: What came of it.
        details: What else matters, as JSON; no secrets, no address and no text of a
            conversation.
    """
    fixed = {ROLE: who.role, SESSION: who.session, REASON: reason, RESULT: result}
    known = {name: value for name, value in fixed.items() if value is not None}
    if details and FIXED & details.keys():
        raise ValueError(f"{sorted(FIXED & details.keys())} have a place of their own.")
    do_alone(session, Alone.AUDIT)
    last = session.execute(_LAST).first()
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=now,
        actor=_clean(who.actor, LONGEST_ACTOR),
        action=_clean(action, LONGEST_ACTION),
        target=_clean(target, LONGEST_TARGET),
        details=json.loads(json.dumps({**(details or {}), **known}, default=str)),
        previous_digest=last.digest if last else FIRST,
    )
    entry.digest = digest_of(vars(entry))
    add(session, entry)


def verify_chain(session: Session, kept: Sequence[Kept] = ()) -> Chain:
    """Return whether every entry is what was written.

    Args:
        session: The transaction.
        kept: Entries that must be in the record with these digests.
    """
    rows = session.execute(_ALL)
    return follow_chain((dict(zip(_COLUMNS, row, strict=True)) for row in rows), kept)


def follow_chain(
    found: Iterable[Mapping[str, Any]], kept: Sequence[Kept] = ()
) -> Chain:
    """Return whether entries, in their order and wherever they come from, are right.

    Args:
        found: Their columns. Nothing is read after the first that is not right.
        kept: Entries that must be among them with these digests.
    """
    entries, digest, broken_at = 0, FIRST, None
    wanted = {each.number: each.digest for each in kept}
    for entry in found:
        is_next = entry["number"] == entries + 1 and entry["previous_digest"] == digest
        if not is_next or entry["digest"] != digest_of(entry):
            broken_at = entries + 1
            break
        entries, digest = entry["number"], entry["digest"]
        if wanted.get(entries) == digest:
            del wanted[entries]
    return Chain(entries, digest, broken_at, missed=min(wanted, default=None))


def digest_of(entry: Mapping[str, Any]) -> str:
    """Return the digest of an entry's columns, which the next one carries."""
    written = {
        "number": entry["number"],
        "at": entry["at"].isoformat(),
        "actor": entry["actor"],
        "action": entry["action"],
        "target": entry["target"],
        "details": entry["details"],
        "previous_digest": entry["previous_digest"],
    }
    return hashlib.sha256(_canonical(written).encode()).hexdigest()


def _clean(words: str, longest: int) -> str:
    """Return the words without what a text column cannot keep."""
    kept = words.replace("\0", "").encode("utf-8", "replace").decode()
    return kept[:longest]
