"""The closed sets of words that rows, the API and the rules share."""

from enum import StrEnum


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


class Purpose(StrEnum):
    """What the link in a mail is for."""

    INVITE = "invite"
    CONFIRM = "confirm"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, not a password


class LinkState(StrEnum):
    """What became of a link."""

    VALID = "valid"
    EXPIRED = "expired"
    USED = "used"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


class InvitationState(StrEnum):
    """What became of an invitation."""

    PENDING = "pending"
    EXPIRED = "expired"
    ACCEPTED = "accepted"


class JobKind(StrEnum):
    """What the worker is asked to do for an address."""

    INVITE = "invite"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, not a password
    AUTO = "auto"
    REGISTER = "register"
    NEW_INVITATION = "new_invitation"


class Letter(StrEnum):
    """The mails that exist; each has a template of this name."""

    INVITATION = "invitation"
    CONFIRMATION = "confirmation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, not a password
    RESET_AND_CONFIRM = "reset_and_confirm"
    HAVE_ACCOUNT = "have_account"
    NO_ACCOUNT = "no_account"
    LOCKED = "locked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, not a password


class DeliveryState(StrEnum):
    """Where a mail is on its way."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
