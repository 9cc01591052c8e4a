"""The tables of answers by mail. Rows only: the rules for them are in `helpdesk.desk`."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.tables import word
from helpdesk.store.models import Base
from helpdesk.store.words import LetterKind, LetterState


class MailAddress(Base):
    """Where a contact wants answers mailed to. Nothing is mailed before it is proven."""

    __tablename__ = "mail_addresses"

    contact_id: Mapped[UUID] = mapped_column(
        ForeignKey("contacts.id"), primary_key=True
    )
    email: Mapped[str] = mapped_column(String(254))
    proof_id: Mapped[UUID] = mapped_column(unique=True)  # another one, another address
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    asked_at: Mapped[datetime]
    proven_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]  # its owner wants no more


class Letter(Base):
    """A mail to a contact. What it says is read from the record when it is sent."""

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_state", "state", "next_attempt_at"),
        Index("ix_letters_conversation_id", "conversation_id", "last_seq"),
        Index("ix_letters_contact_id", "contact_id", "created_at"),
        Index("ix_letters_address_digest", "address_digest", "created_at"),
        Index("ix_letters_email", "email", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[LetterKind] = mapped_column(word(LetterKind))
    state: Mapped[LetterState] = mapped_column(word(LetterState))
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contacts.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    email: Mapped[str] = mapped_column(String(254))
    # Of an answer: the messages that it carries are among these.
    first_seq: Mapped[int] = mapped_column(default=0)
    last_seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    # For the limits on mails: where it was asked for from.
    address_digest: Mapped[str | None] = mapped_column(String(64))
