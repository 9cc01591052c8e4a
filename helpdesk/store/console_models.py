"""The tables of agents' work. Rows only: the rules for them are in `helpdesk.desk`."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.store.models import Base
from helpdesk.store.words import MailRequestState


class Draft(Base):
    """What an agent has begun to write."""

    __tablename__ = "drafts"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True
    )
    text: Mapped[str]
    updated_at: Mapped[datetime]


class Mention(Base):
    """An agent named in a note."""

    __tablename__ = "mentions"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(
        ForeignKey("agents.id"), primary_key=True, index=True
    )
    seen_at: Mapped[datetime | None]


class CannedResponse(Base):
    """A text that agents use again and again, called by `/short_code`."""

    __tablename__ = "canned_responses"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    short_code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(String(4000))
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    changed_at: Mapped[datetime]


class Seeding(Base):
    """Something that came with the product was put in; what was removed stays away."""

    __tablename__ = "seedings"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]


class MailRequest(Base):
    """A mail that an agent had sent to a contact; its id is the idempotency key.

    `seq` is the message that tells both sides. `address_digest` stands for the network
    address that the agent asked from, for the limits on mails.
    """

    __tablename__ = "mail_requests"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        Index("ix_mail_requests_requested_at", "requested_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"))
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"))
    client_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))
    address_digest: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    state: Mapped[MailRequestState]
    seq: Mapped[int | None]


class Satisfaction(Base):
    """The one question about how it went, and its answer (CSAT)."""

    __tablename__ = "satisfactions"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True
    )
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    asked_at: Mapped[datetime]
    asked_seq: Mapped[int]
    score: Mapped[int | None]  # 1 to 5
    comment: Mapped[str] = mapped_column(String(1000), default="")
    answered_at: Mapped[datetime | None]


class GhostAnswer(Base):
    """What the assistant would have said while a person had the conversation."""

    __tablename__ = "ghost_answers"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)  # of the contact's message
    text: Mapped[str]
    nlu: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    # What the agent said instead, and how near it came (0 to 1).
    agent_seq: Mapped[int | None]
    agreement: Mapped[float | None]
