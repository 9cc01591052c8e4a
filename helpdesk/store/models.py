"""The tables of the record. Rows only: the rules for them are in `helpdesk.desk`."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    MetaData,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from foundation.tables import CONSTRAINT_NAMES, UtcDateTime, word
from helpdesk.store.words import Kind, Owner, Role, Sender, Status, TurnState


class Base(DeclarativeBase):
    """The declarative base, with constraint names that migrations can rely on."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        **{kind: word(kind) for kind in (Kind, Owner, Role, Sender, Status, TurnState)},
    }


class Contact(Base):
    """A person who asks. `issuer` and `subject` are set when a site vouched for them."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

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
    __table_args__ = (Index("ix_conversations_contact_id", "contact_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    status: Mapped[Status] = mapped_column(default=Status.PENDING)
    owner: Mapped[Owner] = mapped_column(default=Owner.ASSISTANT)
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    owner_epoch: Mapped[int] = mapped_column(default=1)
    last_seq: Mapped[int] = mapped_column(default=0)
    contact_seen_seq: Mapped[int] = mapped_column(default=0)
    handoff_reason: Mapped[str | None] = mapped_column(String(40))


class Turn(Base):
    """What the assistant has to answer: one or several messages typed in one go.

    Its id is the message id that the assistant and the account backend see, so a turn
    that is taken again after a crash has no second effect.
    """

    __tablename__ = "turns"
    __table_args__ = (
        Index("ix_turns_state_due_at", "state", "due_at"),
        Index("ix_turns_conversation_id_number", "conversation_id", "number"),
        Index(
            "ix_turns_acted_at",
            "acted_at",
            sqlite_where=text("acted_at IS NOT NULL"),
            postgresql_where=text("acted_at IS NOT NULL"),
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
    created_at: Mapped[datetime]


class Agent(Base):
    """A person who answers."""

    __tablename__ = "agents"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role]
    created_at: Mapped[datetime]


class AuditEntry(Base):
    """What somebody did to something; each entry carries the digest of the one before."""

    __tablename__ = "audit_entries"

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
