"""The tables of the account backend. Rows only: the rules for them are elsewhere."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from accounts.words import AccountState, DeliveryState, JobKind, Letter, Purpose, Role
from foundation.tables import CONSTRAINT_NAMES, UtcDateTime, word

LONGEST_REFERENCE = 400


class Base(DeclarativeBase):
    """The declarative base, with constraint names that migrations can rely on."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        **{
            kind: word(kind)
            for kind in (AccountState, DeliveryState, JobKind, Letter, Purpose, Role)
        },
    }


class Site(Base):
    """A place that people are members of."""

    __tablename__ = "sites"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(200), unique=True)


class Account(Base):
    """A person's account."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    state: Mapped[AccountState]
    role: Mapped[Role] = mapped_column(default=Role.MEMBER)
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("sites.id"))
    first_name: Mapped[str] = mapped_column(String(100), default="")
    last_name: Mapped[str] = mapped_column(String(100), default="")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    site: Mapped[Site | None] = relationship(lazy="joined")


class Token(Base):
    """What a link in a mail stands for; only the hash of its secret is kept."""

    __tablename__ = "tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    purpose: Mapped[Purpose]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="joined")


class Job(Base):
    """A request that was accepted and waits for the worker.

    Who it is for is said by an address or by a reference; the worker finds the address
    that belongs to a reference.
    """

    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[JobKind]
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    reference: Mapped[str | None] = mapped_column(String(LONGEST_REFERENCE))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    idempotency_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    # Of the request, so that its mail belongs to the same trace.
    traceparent: Mapped[str | None] = mapped_column(String(55))
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("mails.id"), index=True)
    mail: Mapped["Mail | None"] = relationship()


class Mail(Base):
    """A mail to be sent or already sent; its text is made when it leaves."""

    __tablename__ = "mails"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(254), index=True)
    letter: Mapped[Letter]
    token_id: Mapped[UUID | None] = mapped_column(ForeignKey("tokens.id"), index=True)
    state: Mapped[DeliveryState]
    reason: Mapped[str | None] = mapped_column(String(300))
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    token: Mapped[Token | None] = relationship(lazy="joined")
    events: Mapped[list["DeliveryEvent"]] = relationship(
        order_by="DeliveryEvent.number", lazy="selectin"
    )


class DeliveryEvent(Base):
    """One line of the delivery ledger."""

    __tablename__ = "delivery_events"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    mail_id: Mapped[UUID] = mapped_column(ForeignKey("mails.id"), index=True)
    state: Mapped[DeliveryState]
    at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(300))


class Suppression(Base):
    """An address that refused mail for good; nothing is sent to it for now."""

    __tablename__ = "suppressions"

    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    since: Mapped[datetime]


class Login(Base):
    """A logged-in browser; only the hash of its cookie is kept."""

    __tablename__ = "logins"

    cookie_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    account: Mapped[Account] = relationship(lazy="joined")


class FailedLogin(Base):
    """A wrong password, remembered for a quarter of an hour to slow guessing down."""

    __tablename__ = "failed_logins"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    at: Mapped[datetime]
