"""What the client returns: frozen values in the contract's own words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RecoveryKind(StrEnum):
    """What help is asked for."""

    INVITE = "invite"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, not a password
    AUTO = "auto"


class RecoveryState(StrEnum):
    """Whether a request for help was looked at yet."""

    QUEUED = "queued"
    DONE = "done"


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
class InvitationPage:
    """Some invitations; `next` is where the following page begins."""

    invitations: tuple[Invitation, ...]
    next: str | None


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
    """What became of a link; the times are None for an unknown one.

    Attributes:
        withdrawn_at: When staff took it back; its state is `replaced` then.
        reference: Stands for the link's account in `request_recovery`; it opens nothing.
        is_ours: Whether it points to the account system at all.
    """

    state: LinkState
    purpose: LinkPurpose | None
    issued_at: datetime | None
    expires_at: datetime | None
    used_at: datetime | None
    replaced_at: datetime | None
    withdrawn_at: datetime | None
    reference: str | None
    is_ours: bool


@dataclass(frozen=True)
class RecoveryLink:
    """The link that a recovery sent."""

    purpose: LinkPurpose
    state: LinkState
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Recovery:
    """What became of a request for help.

    Attributes:
        email: For whom; None if it was asked for by a reference that leads to nobody, or
            that was not looked at yet.
        letter: Which mail it came to; None if there is none.
        link: The link in that mail, if it has one.
        withdrawn_at: When it was taken back.
    """

    key: str
    email: str | None
    kind: RecoveryKind
    requested_at: datetime
    state: RecoveryState
    letter: str | None
    delivery: Delivery | None
    link: RecoveryLink | None
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Suppression:
    """Why no mail is sent to an address at the moment."""

    email: str
    reason: str
    since: datetime
