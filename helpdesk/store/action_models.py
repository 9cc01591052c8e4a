"""The tables of what is done for people, and by whom. Rows only: the rules are elsewhere."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.tables import partial_index
from helpdesk.store.models import Base
from helpdesk.store.words import ApprovalState, BulkState, ReceiptState


class Receipt(Base):
    """Something that was done, or asked for, on somebody's behalf.

    `recovery_key` is the idempotency key under which the account backend knows it.
    `email` goes when the person is erased; `email_digest` stands for it in the audit record.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        Index("ix_receipts_email_digest_at", "email_digest", "at"),
        Index("ix_receipts_conversation_id_seq", "conversation_id", "seq"),
        partial_index("ix_receipts_unsettled", "at", where="settled_at IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int | None]  # of the message that shows it
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id"))
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    bulk_id: Mapped[UUID | None] = mapped_column(ForeignKey("bulk_runs.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    recovery_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # the end of the link that was mailed
    state: Mapped[ReceiptState]
    reason: Mapped[str | None] = mapped_column(String(300))  # the mail server's
    checked_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]  # nothing more will become of it
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))


class NamedAddress(Base):
    """An address that a contact has named in a conversation; the radar counts them.

    `email` goes when the person is erased whom only others have named.
    """

    __tablename__ = "named_addresses"
    __table_args__ = (
        UniqueConstraint("conversation_id", "email"),
        Index("ix_named_addresses_email_named_at", "email", "named_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    email: Mapped[str | None] = mapped_column(String(254))
    named_at: Mapped[datetime]  # the last time


class Approval(Base):
    """Something that an agent wants done and that needs a second person."""

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("requested_by", "client_id"),
        Index("ix_approvals_state_requested_at", "state", "requested_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("agents.id"))
    client_id: Mapped[UUID]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    session_id: Mapped[UUID | None]  # that proved who asks
    # Where it was asked for: the agent's own chat, or a contact's conversation.
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    command: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]]  # emptied when it is decided
    summary: Mapped[str] = mapped_column(String(300))  # for whoever decides
    email_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    reasons: Mapped[dict[str, Any]]  # why a second person is needed
    state: Mapped[ApprovalState] = mapped_column(default=ApprovalState.WAITING)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    decided_at: Mapped[datetime | None]


class BulkRun(Base):
    """A bulk command: each person is one turn in a conversation of its own."""

    __tablename__ = "bulk_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    session_id: Mapped[UUID | None]
    # The agent's own chat, where it was asked for, and the message that shows it.
    asked_in: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    # Where its turns are, once it runs.
    conversation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("conversations.id"), index=True
    )
    approval_id: Mapped[UUID | None] = mapped_column(ForeignKey("approvals.id"))
    command: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]]
    addresses: Mapped[dict[str, Any]]  # {"addresses": […]}, emptied when it is over
    total: Mapped[int]
    # What became of them so far; the rest waits, or was dropped when it was stopped.
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)  # nothing was left to do
    pause_ms: Mapped[int] = mapped_column(default=0)  # from one to the next
    state: Mapped[BulkState]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stopped_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
