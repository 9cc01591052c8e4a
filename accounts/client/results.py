"""What the client returns: frozen values in the contract's own words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RecoveryKind(StrEnum):
    """What help is asked for."""

    INVITE = "invite"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, not a password
    AUTO = "auto"


class AccountState(StrEnum):
    """How far a person has come into the system."""

    INVITED = "invited"
    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    LOCKED = "locked"


class Role(StrEnum):
    """What a person may do on their site."""

    MEMBER = "member"
    SITE_ADMIN = "site_admin"


class InvitationState(StrEnum):
    """What became of an invitation."""

    PENDING = "pending"
    EXPIRED = "expired"
    ACCEPTED = "accepted"


class DeliveryState(StrEnum):
    """Where a mail is on its way."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"


class LinkState(StrEnum):
    """What became of a link."""

    VALID = "valid"
    EXPIRED = "expired"
    USED = "used"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


class LinkPurpose(StrEnum):
    """What a link is for."""

    INVITE = "invite"
    CONFIRM = "confirm"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, not a password


@dataclass(frozen=True)
class Invitation:
    """An invitation in its newest form."""

    email: str
    state: InvitationState
    first_name: str
    last_name: str
    site: str | None
    issued_at: datetime
    expires_at: datetime
    accepted_at: datetime | None


@dataclass(frozen=True)
class Account:
    """A person's account."""

    email: str
    state: AccountState
    role: Role
    first_name: str
    last_name: str
    site: str | None
    created_at: datetime
    confirmed_at: datetime | None
    last_login_at: datetime | None
    invitation: Invitation | None


@dataclass(frozen=True)
class DeliveryEvent:
    """One step of a mail on its way."""

    state: DeliveryState
    at: datetime
    reason: str | None


@dataclass(frozen=True)
class Delivery:
    """A mail and what became of it."""

    id: str
    email: str
    letter: str
    state: DeliveryState
    reason: str | None
    attempts: int
    queued_at: datetime
    updated_at: datetime
    events: tuple[DeliveryEvent, ...]


@dataclass(frozen=True)
class LinkInspection:
    """What became of a link; the times are None for an unknown one."""

    state: LinkState
    purpose: LinkPurpose | None
    issued_at: datetime | None
    expires_at: datetime | None
    used_at: datetime | None
    replaced_at: datetime | None
