"""Deleting what has been kept long enough, a few rows at a time.

Each function is one transaction of `desk.retention` and tells how many rows went; none
waits for a row that somebody else has, so that several processes may do the same at once.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from helpdesk.desk.erasing import Removed, erase_conversations
from helpdesk.store.action_models import Approval, BulkRun, Receipt
from helpdesk.store.console_models import Draft
from helpdesk.store.models import (
    Attachment,
    Base,
    Contact,
    Conversation,
    Message,
    Turn,
    Visit,
)
from helpdesk.store.rows import table_of
from helpdesk.store.words import Purpose, Status

FEW = 50
AT_REST = (Status.RESOLVED, Status.PENDING)  # nobody has it, or waits
_TALKS, _FILES, _VISITS, _DRAFTS, _CONTACTS = (
    table_of(kind).c for kind in (Conversation, Attachment, Visit, Draft, Contact)
)
Expire = Callable[[Session, datetime], int]


def expire_conversations(session: Session, before: datetime) -> int:
    """Delete conversations in which nothing was said since; agents' own chats stay."""
    return _expire_conversations(session, _TALKS.updated_at < before)


def expire_empty_conversations(session: Session, before: datetime) -> int:
    """Delete conversations that were opened and in which nothing was ever said."""
    is_empty = and_(_TALKS.last_seq == 0, _TALKS.updated_at < before)
    return _expire_conversations(session, is_empty)


def expire_own_chats(session: Session, before: datetime) -> int:
    """Delete what agents said in their own chats, and what was done there."""
    own = select(_TALKS.id).where(_TALKS.purpose == Purpose.STAFF)
    runs, approvals, receipts, said, turns = (
        table_of(kind).c for kind in (BulkRun, Approval, Receipt, Message, Turn)
    )
    is_used = {
        BulkRun: exists().where(receipts.bulk_id == runs.id),
        Approval: exists().where(runs.approval_id == approvals.id),
        Turn: or_(
            exists().where(said.turn_id == turns.id),
            exists().where(receipts.turn_id == turns.id),
        ),
    }
    removed = _remove(session, Receipt, _is_in(own, receipts), receipts.at < before)
    # Those that ran go with the conversation that their turns are in.
    removed += _remove(
        session,
        BulkRun,
        runs.asked_in.in_(own) & runs.conversation_id.is_(None),
        (runs.created_at < before) & ~is_used[BulkRun],
    )
    removed += _remove(
        session,
        Approval,
        _is_in(own, approvals),
        (approvals.requested_at < before) & ~is_used[Approval],
    )
    removed += _remove(session, Message, _is_in(own, said), said.created_at < before)
    is_old = (turns.created_at < before) & turns.done_at.is_not(None)
    removed += _remove(session, Turn, _is_in(own, turns), is_old & ~is_used[Turn])
    is_at_rest = (_TALKS.purpose == Purpose.STAFF) & (_TALKS.updated_at < before)
    talks = table_of(Conversation)
    session.execute(update(talks).where(is_at_rest).values(last_text=""))
    return removed


def expire_attachments(session: Session, before: datetime) -> int:
    """Delete files; the messages that carried them still say what they were called."""
    return _remove(session, Attachment, _FILES.created_at < before)


def expire_visits(session: Session, before: datetime) -> int:
    """Delete visits that ended, and then the contacts of whom nothing else is left."""
    removed = _remove(session, Visit, _VISITS.expires_at < before)
    refers = [
        exists().where(key.parent == _CONTACTS.id)
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is table_of(Contact)
    ]
    is_alone = and_(_CONTACTS.created_at < before, ~or_(*refers))
    return removed + _remove(session, Contact, is_alone)


def expire_drafts(session: Session, before: datetime) -> int:
    """Delete what agents began to write and left."""
    return _remove(session, Draft, _DRAFTS.updated_at < before)


def _expire_conversations(session: Session, is_old: ColumnElement[bool]) -> int:
    wanted = (
        select(_TALKS.id)
        .where(is_old, _TALKS.status.in_(AT_REST), _TALKS.purpose != Purpose.STAFF)
        .order_by(_TALKS.updated_at)
        .limit(FEW)
        .with_for_update(skip_locked=True)
    )
    ids = cast(list[UUID], list(session.scalars(wanted)))
    removed = Removed()
    if ids:
        erase_conversations(session, ids, removed)
    return removed.rows["conversations"]


def _is_in(own: Any, columns: Any) -> ColumnElement[bool]:
    return cast(ColumnElement[bool], columns.conversation_id.in_(own))


def _remove(
    session: Session, kind: type[Base], *conditions: ColumnElement[bool]
) -> int:
    gone = session.execute(delete(table_of(kind)).where(*conditions))
    return int(cast(Any, gone).rowcount)
