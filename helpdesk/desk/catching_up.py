"""Catching up: finds in the record what another process did and could not tell.

An event is lost when Redis is away, or when a process dies between its commit and the
telling. So the record is asked now and then which conversations have changed, often while
Redis is away, and what was not heard of is told here as if it had been.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, or_, select, tuple_
from sqlalchemy.orm import Session

from foundation.clock import Clock
from foundation.tables import UtcDateTime
from helpdesk.desk.conversations import find_current
from helpdesk.desk.events import (
    ApprovalChanged,
    ConversationChanged,
    ConversationReplaced,
    Event,
    MessageCreated,
    RunChanged,
)
from helpdesk.desk.lookout import Lookout
from helpdesk.store.action_models import Approval, BulkRun
from helpdesk.store.models import Conversation, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import as_row, table_of
from helpdesk.store.words import BulkState, Purpose, Status

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0  # while Redis is away
LOOK_ANYWAY_EVERY = timedelta(seconds=5)
# What has only just been committed may be on its way.
UNDER_WAY = timedelta(seconds=2)
# Clocks differ a little, and what began earlier may have been committed later.
LOOK_BACK = timedelta(seconds=30)
PAGE = 500
FIRST = UUID(int=0)

_TALKS, _SAID, _APPROVALS, _RUNS = (
    table_of(kind).c for kind in (Conversation, Message, Approval, BulkRun)
)


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime())


_CHANGED = (
    select(_TALKS.id, _TALKS.updated_at, _TALKS.last_seq)
    .where(
        tuple_(_TALKS.updated_at, _TALKS.id)
        > tuple_(_moment("since"), bindparam("after_id", type_=_TALKS.id.type))
    )
    .where(_TALKS.updated_at <= _moment("until"))
    .where(_TALKS.last_seq > 0, _TALKS.purpose != Purpose.BULK)
    .order_by(_TALKS.updated_at, _TALKS.id)
    .limit(PAGE)
)
_CHOSEN = select(*_TALKS).where(_TALKS.id.in_(bindparam("ids", expanding=True)))
_MESSAGES = (
    select(*_SAID)
    .where(_SAID.conversation_id == bindparam("conversation"))
    .where(_SAID.seq > bindparam("after"))
    .where(_SAID.created_at > _moment("since"))
    .order_by(_SAID.seq)
    .limit(PAGE)
)
_APPROVALS_CHANGED = (
    select(_APPROVALS.id, _APPROVALS.conversation_id)
    .where(
        or_(
            _APPROVALS.requested_at > _moment("since"),
            _APPROVALS.decided_at > _moment("since"),
        )
    )
    .limit(PAGE)
)
_RUNS_CHANGED = (
    select(_RUNS.id, _RUNS.asked_in)
    .where(or_(_RUNS.state == BulkState.RUNNING, _RUNS.ended_at > _moment("since")))
    .limit(PAGE)
)


@dataclass(frozen=True)
class _Heard:
    """How far this process has heard of a conversation."""

    at: datetime
    seq: int


NOTHING = _Heard(datetime(1, 1, 2, tzinfo=UTC), 0)


@dataclass(frozen=True)
class _Span:
    """The time that a look is about; `is_whole` up to now, and of everything."""

    looked_at: datetime
    now: datetime
    is_whole: bool

    @property
    def since(self) -> datetime:
        return self.looked_at - LOOK_BACK

    @property
    def until(self) -> datetime:
        return self.now + LOOK_BACK if self.is_whole else self.now - UNDER_WAY


@dataclass
class CatchingUp:
    """Looks for what was not heard.

    Args:
        record: The tables.
        clock: The time.
        deliver: Tells whoever watches in this process.
        is_cut_off: Whether the other processes cannot be heard at the moment.
    """

    record: Record
    clock: Clock
    deliver: Callable[[Event], None]
    is_cut_off: Callable[[], bool]
    _heard: dict[UUID, _Heard] = field(default_factory=dict)

    def __post_init__(self) -> None:
        complaint = "looking for what was not heard failed"
        self._lookout = Lookout(self._look, LOOK_EVERY_S, log, complaint)
        self._looked_at = self.clock.now()
        self._was_cut_off = False

    def start(self) -> None:
        """Begin to look."""
        self._lookout.start()

    async def stop(self) -> None:
        """End."""
        await self._lookout.stop()

    def look_soon(self) -> None:
        """Look at once, because the others can be heard again."""
        self._was_cut_off = True
        self._lookout.wake()

    def note(self, event: Event) -> None:
        """Note how far this process has heard; called by the hub for every event."""
        if isinstance(event, MessageCreated):
            message = event.message
            self._note(message.conversation_id, message.created_at, message.seq)
        elif isinstance(event, ConversationChanged):
            conversation = event.conversation
            self._note(conversation.id, conversation.updated_at, conversation.last_seq)

    async def _look(self) -> None:
        now = self.clock.now()
        self._looked_at = min(self._looked_at, now)  # a clock may be put back
        is_all_wanted = self.is_cut_off() or self._was_cut_off
        if not is_all_wanted and now < self._looked_at + LOOK_ANYWAY_EVERY:
            return
        span = _Span(self._looked_at, now, is_whole=is_all_wanted)
        self._was_cut_off = False
        try:
            missed = await self.record.read(lambda session: self._find(session, span))
        except BaseException:
            self._was_cut_off = is_all_wanted
            raise
        self._looked_at = now
        for event in missed:
            self.deliver(event)
        self._forget(span.since)

    def _note(self, conversation_id: UUID, at: datetime, seq: int) -> None:
        known = self._heard.get(conversation_id, NOTHING)
        self._heard[conversation_id] = _Heard(max(known.at, at), max(known.seq, seq))

    def _forget(self, before: datetime) -> None:
        for conversation_id, heard in list(self._heard.items()):
            if heard.at < before:
                del self._heard[conversation_id]

    def _find(self, session: Session, span: "_Span") -> list[Event]:
        missed = self._find_missed(session, span)
        events: list[Event] = []
        for conversation in _read_chosen(session, missed):
            after = missed[conversation.id]
            events += _read_messages(session, conversation.id, after, span.since)
            if conversation.purpose is Purpose.HELP:
                events += [*_read_successor(session, conversation)]
                events.append(ConversationChanged(conversation))
        return events + _read_others(session, span) if span.is_whole else events

    def _find_missed(self, session: Session, span: "_Span") -> dict[UUID, int]:
        """Return the conversations that came further than was heard, and how far that was."""
        missed: dict[UUID, int] = {}
        place = {"since": span.since, "after_id": FIRST, "until": span.until}
        while True:
            rows = session.execute(_CHANGED, place).all()
            for row in rows:
                heard = self._heard.get(row.id, NOTHING)
                if heard.at < row.updated_at or heard.seq < row.last_seq:
                    missed[row.id] = heard.seq
            if len(rows) < PAGE:
                return missed
            last = rows[-1]
            place |= {"since": last.updated_at, "after_id": last.id}


def _read_chosen(session: Session, ids: Collection[UUID]) -> list[Conversation]:
    if not ids:
        return []
    rows = session.execute(_CHOSEN, {"ids": list(ids)}).mappings()
    return [as_row(Conversation, row) for row in rows]


def _read_messages(
    session: Session, conversation_id: UUID, after: int, since: datetime
) -> list[Event]:
    wanted = {"conversation": conversation_id, "after": after, "since": since}
    rows = session.execute(_MESSAGES, wanted).mappings()
    return [MessageCreated(as_row(Message, row)) for row in rows]


def _read_successor(session: Session, conversation: Conversation) -> Iterator[Event]:
    """Yield that the contact has started over, if they have."""
    if conversation.status is not Status.RESOLVED:
        return
    newest = find_current(session, conversation.contact_id)
    if newest is not None and newest.id != conversation.id:
        yield ConversationReplaced(conversation.id, newest)


def _read_others(session: Session, span: _Span) -> list[Event]:
    """Return what is told of nothing but approvals and bulk commands."""
    since = {"since": span.looked_at - UNDER_WAY}
    events: list[Event] = []
    asked = {
        row.id: row.conversation_id
        for row in session.execute(_APPROVALS_CHANGED, since)
    }
    for conversation in _read_chosen(session, set(asked.values())):
        own = [id for id, where in asked.items() if where == conversation.id]
        events += [ApprovalChanged(conversation, id) for id in own]
    runs = session.execute(_RUNS_CHANGED, since)
    return events + [RunChanged(row.asked_in, row.id) for row in runs]
