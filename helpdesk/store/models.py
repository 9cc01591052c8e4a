"""The tables of the record. Rows only: the rules for them are in `helpdesk.desk`."""

from datetime import datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from foundation.tables import CONSTRAINT_NAMES, UtcDateTime, partial_index, word
from helpdesk.store.words import (
    ApprovalState,
    BulkState,
    HandoffReason,
    Kind,
    MailRequestState,
    Owner,
    Purpose,
    ReceiptState,
    Role,
    Sender,
    SignInStep,
    Status,
    StretchEnd,
    TurnState,
)

WORDS = (
    *(ApprovalState, BulkState, HandoffReason, Kind, MailRequestState, Owner, Purpose),
    *(ReceiptState, Role, Sender, SignInStep, Status, StretchEnd, TurnState),
)


class Base(DeclarativeBase):
    """The declarative base, with constraint names that migrations can rely on."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        **{kind: word(kind) for kind in WORDS},
    }

    def __init__(self, **values: Any) -> None:
        """Take columns; what is left out gets its default when it is inserted.

        The rows are values: nobody asks what changed, so nothing keeps count of it.

        Raises:
            TypeError: There is no such column.
        """
        if unknown := values.keys() - _names_of(type(self)):
            raise TypeError(f"{type(self).__name__} has no {sorted(unknown)}.")
        vars(self).update(values)


@cache
def _names_of(kind: type[Base]) -> frozenset[str]:
    return frozenset(kind.__table__.columns.keys())


class Contact(Base):
    """A person who asks. `issuer` and `subject` are set when a site vouched for them."""

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        partial_index(
            "ix_contacts_named",
            "email",
            "name",
            "id",
            where="name IS NOT NULL OR email IS NOT NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    created_at: Mapped[datetime]
    issuer: Mapped[str | None] = mapped_column(String(200))
    subject: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))


class Visit(Base):
    """A contact's session in one browser; its token is signed and never stored."""

    __tablename__ = "visits"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Conversation(Base):
    """A thread. `last_seq` numbers its messages; `owner_epoch` counts its owners."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_contact_id", "contact_id", "created_at"),
        Index("ix_conversations_status", "status", "owner", "waiting_since"),
        Index("ix_conversations_agent_id", "agent_id", "status", "updated_at"),
        Index("ix_conversations_updated_at", "updated_at", "id"),
        partial_index(
            "ix_conversations_resolved_at",
            "resolved_at",
            "id",
            where="resolved_at IS NOT NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"))
    purpose: Mapped[Purpose] = mapped_column(
        default=Purpose.HELP, server_default=Purpose.HELP.value
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    status: Mapped[Status] = mapped_column(default=Status.PENDING)
    owner: Mapped[Owner] = mapped_column(default=Owner.ASSISTANT)
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    owner_epoch: Mapped[int] = mapped_column(default=1)
    last_seq: Mapped[int] = mapped_column(default=0)
    contact_seen_seq: Mapped[int] = mapped_column(default=0)
    # Since the contact waits for a person; kept over a lost lease, so it stays in front.
    waiting_since: Mapped[datetime | None]
    is_returned: Mapped[bool] = mapped_column(default=False)  # front of the queue
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    lease_until: Mapped[datetime | None]  # of the agent's claim
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    handoff_reason: Mapped[HandoffReason | None]
    topic: Mapped[str | None] = mapped_column(
        String(100)
    )  # slug of an article, or intent
    misses: Mapped[int] = mapped_column(default=0)  # of the assistant, in a row
    assistant_turns: Mapped[int] = mapped_column(
        default=0
    )  # since the contact came back
    last_text: Mapped[str] = mapped_column(String(200), default="")
    last_sender: Mapped[Sender | None]
    # Numbers of messages: what the agents' side has said last, and has read.
    agent_seen_seq: Mapped[int] = mapped_column(default=0)
    last_contact_seq: Mapped[int] = mapped_column(default=0)


class Turn(Base):
    """What the assistant has to answer: one or several messages typed in one go.

    Its id is the message id that the assistant and the account backend see, so a turn
    that is taken again after a crash has no second effect.
    """

    __tablename__ = "turns"
    __table_args__ = (
        # Of few rows, whatever the statistics say: most turns are done.
        partial_index("ix_turns_due_at", "due_at", where="done_at IS NULL"),
        Index("ix_turns_conversation_id_number", "conversation_id", "number"),
        # A bulk command has hundreds in one conversation, each asked after its elders.
        partial_index(
            "ix_turns_undone", "conversation_id", "number", where="done_at IS NULL"
        ),
        partial_index("ix_turns_acted_at", "acted_at", where="acted_at IS NOT NULL"),
        # What asked for mails is counted with every message, for whoever sent it.
        partial_index(
            "ix_turns_acted_in_conversation",
            "conversation_id",
            "acted_at",
            where="acted_at IS NOT NULL",
        ),
        partial_index(
            "ix_turns_acted_from_address",
            "address_digest",
            "acted_at",
            where="acted_at IS NOT NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    number: Mapped[int]  # of its first message; orders the turns of a conversation
    state: Mapped[TurnState]
    text: Mapped[str]
    payload: Mapped[str | None]
    owner_epoch: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    is_trouble_told: Mapped[bool] = mapped_column(default=False)
    done_at: Mapped[datetime | None]
    nlu: Mapped[dict[str, Any] | None]
    # For the limits on mails: where it came from, and when it asked for one.
    address_digest: Mapped[str | None] = mapped_column(String(64))
    acted_at: Mapped[datetime | None]
    # The agent whose wish it is, and the session that proved it.
    agent_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]


class Message(Base):
    """One entry of a transcript."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("conversation_id", "client_id"),)

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[Sender]
    kind: Mapped[Kind]
    text: Mapped[str]
    # Buttons with their payloads, the article that answered, redactions.
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    client_id: Mapped[UUID | None]
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    created_at: Mapped[datetime]


class Stretch(Base):
    """A stretch of a conversation under one owner: the ledger of who had it, and why."""

    __tablename__ = "stretches"
    __table_args__ = (Index("ix_stretches_ended_at", "end", "ended_at"),)

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True
    )
    epoch: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[Owner]
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    reason: Mapped[HandoffReason | None]
    began_at: Mapped[datetime]
    first_seq: Mapped[int]  # the first message after it began
    ended_at: Mapped[datetime | None]
    end: Mapped[StretchEnd | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))


class Team(Base):
    """Agents who share a queue."""

    __tablename__ = "teams"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(100), unique=True)


class Agent(Base):
    """A person who answers. Without a password they sign in through another system."""

    __tablename__ = "agents"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role]
    created_at: Mapped[datetime]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_away: Mapped[bool] = mapped_column(default=False)  # takes nothing new
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(String(200))  # sealed
    totp_last_step: Mapped[int] = mapped_column(default=0)  # a code works once
    # The subject at the sign-in system that vouches for them.
    oidc_subject: Mapped[str | None] = mapped_column(String(255), unique=True)


class AgentSession(Base):
    """An agent signed in with one browser; only the digest of its token is kept."""

    __tablename__ = "agent_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    # What is still missing; until then the session opens nothing.
    next_step: Mapped[SignInStep | None]
    browser: Mapped[str | None] = mapped_column(String(60))  # for people to recognise


class RecoveryCode(Base):
    """Signs an agent in once, without the one-time codes; only its digest is kept."""

    __tablename__ = "recovery_codes"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)


class Attachment(Base):
    """A file of a conversation. It is shown once a message carries it."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_conversation_id", "conversation_id"),
        partial_index("ix_attachments_unsent", "created_at", where="seq IS NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int | None]
    sender: Mapped[Sender]
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]  # bytes
    width: Mapped[int | None]  # of a picture
    height: Mapped[int | None]
    content: Mapped[bytes]
    created_at: Mapped[datetime]


class AuditEntry(Base):
    """What somebody did to something; each entry carries the digest of the one before."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_actor", "actor", "number"),
        Index("ix_audit_entries_action", "action", "number"),
        Index("ix_audit_entries_target", "target", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(300))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class ArticleRating(Base):
    """One visitor's answer to “was this useful?”."""

    __tablename__ = "article_ratings"
    __table_args__ = (UniqueConstraint("article", "visitor"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    article: Mapped[str] = mapped_column(String(100))
    visitor: Mapped[str] = mapped_column(String(64))
    is_useful: Mapped[bool]
    comment: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime]
