"""Search over transcripts: what contacts and agents wrote, notes too, and who they are.

The index is kept by triggers of the database, in the transaction of the message, so it is
never out of step, and whatever deletes a message deletes it here. First come conversations
whose number or contact is meant, then messages with all the words, then those with some;
the newest first in each of these. What the assistant says is not searched: it is the
articles' text, and would be found thousands of times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    tuple_,
)
from sqlalchemy.orm import Session

from helpdesk.desk.errors import BadRangeError
from helpdesk.desk.passages import Block, Piece, best_passage
from helpdesk.desk.typed_words import Typed, read_typed
from helpdesk.store.models import Contact, Conversation, Message
from helpdesk.store.rows import table_of
from helpdesk.store.words import Purpose, Sender

MOST_FOUND = 100
# Hits looked at for one page: a conversation is shown once on it, however many it has.
MOST_LOOKED_AT = 2_000
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIERS = ("who", "all", "some")

_ENTRIES = table(
    "transcript_entries",
    column("id", BigInteger),
    column("conversation_id", Uuid),
    column("seq", Integer),
)
_ENTRY = _ENTRIES.c
_SAID, _ROW, _WHO = table_of(Message).c, table_of(Conversation).c, table_of(Contact).c
_SHOWN = (_SAID.conversation_id, _SAID.seq, _SAID.sender, _SAID.text, _SAID.created_at)
# What agents say to the assistant is for themselves.
_IS_HELP = and_(_ROW.id == _ENTRY.conversation_id, _ROW.purpose == Purpose.HELP)
_IS_ENTRY = and_(
    _SAID.conversation_id == _ENTRY.conversation_id, _SAID.seq == _ENTRY.seq
)


@dataclass(frozen=True)
class TranscriptHit:
    """A conversation that fits. Without `seq` its number or contact does."""

    conversation_id: UUID
    seq: int | None
    sender: Sender | None
    passage: Sequence[Piece]
    created_at: datetime


@dataclass(frozen=True)
class FoundTranscripts:
    """A page of hits; `next` is where the following one begins, if there is one."""

    hits: Sequence[TranscriptHit]
    next: str | None


@dataclass(frozen=True)
class _Place:
    """Where a page begins: in which tier, and before which entry or moment."""

    tier: str
    before: int
    before_id: str = ""

    def __str__(self) -> str:
        return f"{self.tier}.{self.before}.{self.before_id}"


HIGHEST = 2**62
BEGIN = _Place(TIERS[0], HIGHEST)


def search_transcripts(
    session: Session, text: str, after: str | None, limit: int
) -> FoundTranscripts:
    """Return the conversations that fit what was typed.

    Args:
        session: The transaction.
        text: Whatever was typed.
        after: `next` of the page before.
        limit: How many are wanted; never more than `MOST_FOUND`.

    Raises:
        BadRangeError: `after` is no such place.
    """
    typed = read_typed(text)
    place = _read_place(after) if after else BEGIN
    limit = max(1, min(limit, MOST_FOUND))
    hits: list[TranscriptHit] = []
    for tier in TIERS[TIERS.index(place.tier) :]:
        if place.tier != tier:
            place = _Place(tier, HIGHEST)
        find = _find_who if tier == "who" else _find_said
        found, following = find(session, typed, place, limit - len(hits))
        hits.extend(found)
        if following is not None:
            return FoundTranscripts(hits, str(following))
        if len(hits) >= limit:
            return FoundTranscripts(hits, _after_tier(tier, typed))
    return FoundTranscripts(hits, None)


def _after_tier(tier: str, typed: Typed) -> str | None:
    rest = TIERS[TIERS.index(tier) + 1 :]
    can_be_more = rest and typed.terms and not (tier == "all" and len(typed.terms) < 2)
    return str(_Place(rest[0], HIGHEST)) if can_be_more else None


def _read_place(written: str) -> _Place:
    tier, _, rest = written.partition(".")
    before, _, before_id = rest.partition(".")
    is_number = before.isascii() and before.isdecimal() and len(before) < 20
    try:
        is_id = not before_id or UUID(before_id).hex == before_id
    except ValueError:
        is_id = False
    if tier not in TIERS or not is_number or not is_id or int(before) > HIGHEST:
        raise BadRangeError("`after` must be the `next` of a page.")
    return _Place(tier, int(before), before_id)


# Who: the number of a conversation, the name or the address of a contact.


def _find_who(
    session: Session, typed: Typed, place: _Place, limit: int
) -> tuple[list[TranscriptHit], _Place | None]:
    is_meant = _is_meant(typed)
    if is_meant is None:
        return [], None
    wanted = (
        select(_ROW.id, _ROW.updated_at, _WHO.name, _WHO.email)
        .join_from(table_of(Conversation), table_of(Contact))
        .where(is_meant, _ROW.purpose == Purpose.HELP)
        .order_by(_ROW.updated_at.desc(), _ROW.id.desc())
        .limit(limit + 1)
    )
    if place.before_id:
        then = FIRST + place.before * MICROSECOND
        key = tuple_(_ROW.updated_at, _ROW.id)
        wanted = wanted.where(key < tuple_(then, UUID(place.before_id)))
    rows = session.execute(wanted).all()
    hits = [
        TranscriptHit(row.id, None, None, _who(typed, row), row.updated_at)
        for row in rows[:limit]
    ]
    if len(rows) <= limit:
        return hits, None
    last = rows[limit - 1]
    moment = (last.updated_at - FIRST) // MICROSECOND
    return hits, _Place("who", moment, last.id.hex)


def _is_meant(typed: Typed) -> ColumnElement[bool] | None:
    meant = []
    if typed.number:
        lowest, highest = (UUID(typed.number.ljust(32, end)[:32]) for end in "0f")
        meant.append(_ROW.id.between(lowest, highest))
    if typed.terms:
        shown = func.lower(
            func.coalesce(_WHO.name, "")
            .concat(" ")
            .concat(func.coalesce(_WHO.email, ""))
        )
        words = [word for term in typed.terms for word in term.words]
        is_named = or_(_WHO.name.is_not(None), _WHO.email.is_not(None))
        contacts = select(_WHO.id).where(
            is_named, *(shown.contains(word, autoescape=True) for word in words)
        )
        meant.append(_ROW.contact_id.in_(contacts))
    return or_(*meant) if meant else None


def _who(typed: Typed, row: Any) -> Sequence[Piece]:
    text = " · ".join(part for part in (row.name, row.email) if part)
    is_by_number = typed.number and row.id.hex.startswith(typed.number)
    if is_by_number:
        number = Piece(f"#{row.id.hex[:8]}", is_hit=True)
        return [number, Piece(f" {text}", is_hit=False)] if text else [number]
    return _passage(typed, text)


# Said: the messages of contacts and agents.


def _find_said(
    session: Session, typed: Typed, place: _Place, limit: int
) -> tuple[list[TranscriptHit], _Place | None]:
    with_all = place.tier == "all"
    if limit <= 0 or not typed.terms or (not with_all and len(typed.terms) < 2):
        return [], None
    before, left = place.before, MOST_LOOKED_AT
    chosen: dict[UUID, TranscriptHit] = {}
    while left > 0:
        most = min(4 * limit, left)
        rows = _entries(session, typed, before, most, with_all=with_all)
        for row in rows:
            if row.conversation_id not in chosen:
                if len(chosen) == limit:
                    return list(chosen.values()), _Place(place.tier, before)
                chosen[row.conversation_id] = _hit(typed, row)
            before = row.id
        if len(rows) < most:
            return list(chosen.values()), None
        left -= len(rows)
    return list(chosen.values()), _Place(place.tier, before)


def _entries(
    session: Session, typed: Typed, before: int, most: int, *, with_all: bool
) -> Sequence[Any]:
    if session.get_bind().dialect.name == "sqlite":
        query = typed.in_sqlite(with_all=with_all)
        wanted = _IN_SQLITE
    else:
        query = typed.in_postgresql(with_all=with_all)
        wanted = _IN_POSTGRESQL
    values = {"query": query, "before": before, "most": most}
    return session.execute(wanted, values).all()


def _in_sqlite() -> Select[Any]:
    rowid: ColumnElement[int] = literal_column("transcript_words.rowid", BigInteger)
    words = table("transcript_words")
    matches = literal_column("transcript_words").op("MATCH")(bindparam("query"))
    entries = words.join(_ENTRIES, _ENTRY.id == rowid)
    return (
        select(_ENTRY.id, *_SHOWN)
        .select_from(
            entries.join(table_of(Message), _IS_ENTRY).join(
                table_of(Conversation), _IS_HELP
            )
        )
        .where(matches, rowid < bindparam("before"))
        .order_by(rowid.desc())
        .limit(bindparam("most"))
    )


def _in_postgresql() -> Select[Any]:
    words: ColumnElement[Any] = literal_column("transcript_entries.words")
    query = func.to_tsquery(literal_column("'simple'"), bindparam("query"))
    return (
        select(_ENTRY.id, *_SHOWN)
        .select_from(
            _ENTRIES.join(table_of(Message), _IS_ENTRY).join(
                table_of(Conversation), _IS_HELP
            )
        )
        .where(words.op("@@")(query), _ENTRY.id < bindparam("before"))
        .order_by(_ENTRY.id.desc())
        .limit(bindparam("most"))
    )


_IN_SQLITE, _IN_POSTGRESQL = _in_sqlite(), _in_postgresql()


def _hit(typed: Typed, row: Any) -> TranscriptHit:
    passage = _passage(typed, row.text)
    where = (row.conversation_id, row.seq)
    return TranscriptHit(*where, row.sender, passage, row.created_at)


def _passage(typed: Typed, text: str) -> Sequence[Piece]:
    return best_passage([Block(text, ())], typed.weights, typed.places_in)
