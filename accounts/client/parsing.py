"""From the contract's JSON to results; anything unexpected is a `ValueError`."""

from collections.abc import Mapping
from typing import Any

from accounts.client.fields import NO_CONTENT, Fields
from accounts.client.results import (
    Account,
    AccountState,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Invitation,
    InvitationPage,
    InvitationState,
    LinkInspection,
    LinkPurpose,
    LinkState,
    Recovery,
    RecoveryKind,
    RecoveryLink,
    RecoveryState,
    Role,
    Suppression,
)

TRACES = ("mails", "events", "jobs", "links", "failed_logins", "suppressions", "outbox")


def parse_invitation(value: object) -> Invitation:
    """Read an invitation."""
    fields = Fields(value)
    return Invitation(
        email=fields.text("email"),
        state=fields.word("state", InvitationState),
        first_name=fields.text("first_name"),
        last_name=fields.text("last_name"),
        site=fields.text_or_none("site"),
        issued_at=fields.moment("issued_at"),
        expires_at=fields.moment("expires_at"),
        accepted_at=fields.moment_or_none("accepted_at"),
    )


def parse_account(value: object) -> Account:
    """Read an account."""
    fields = Fields(value)
    return Account(
        email=fields.text("email"),
        state=fields.word("state", AccountState),
        role=fields.word("role", Role),
        first_name=fields.text("first_name"),
        last_name=fields.text("last_name"),
        site=fields.text_or_none("site"),
        created_at=fields.moment("created_at"),
        confirmed_at=fields.moment_or_none("confirmed_at"),
        last_login_at=fields.moment_or_none("last_login_at"),
        invitation=fields.inner_or_none("invitation", parse_invitation),
    )


def parse_delivery(value: object) -> Delivery:
    """Read a line of the delivery ledger."""
    fields = Fields(value)
    return Delivery(
        id=fields.text("id"),
        email=fields.text("email"),
        letter=fields.text("letter"),
        state=fields.word("state", DeliveryState),
        reason=fields.text_or_none("reason"),
        attempts=fields.count("attempts"),
        queued_at=fields.moment("queued_at"),
        updated_at=fields.moment("updated_at"),
        events=tuple(fields.each("events", _parse_event)),
    )


def parse_inspection(value: object) -> LinkInspection:
    """Read what became of a link."""
    fields = Fields(value)
    return LinkInspection(
        state=fields.word("state", LinkState),
        purpose=fields.word_or_none("purpose", LinkPurpose),
        issued_at=fields.moment_or_none("issued_at"),
        expires_at=fields.moment_or_none("expires_at"),
        used_at=fields.moment_or_none("used_at"),
        replaced_at=fields.moment_or_none("replaced_at"),
        withdrawn_at=fields.moment_or_none("withdrawn_at"),
        reference=fields.text_or_none("reference"),
        is_ours=fields.flag("is_ours"),
    )


def parse_recovery(value: object) -> Recovery:
    """Read what became of a recovery."""
    fields = Fields(value)
    return Recovery(
        key=fields.text("key"),
        email=fields.text_or_none("email"),
        kind=fields.word("kind", RecoveryKind),
        requested_at=fields.moment("requested_at"),
        state=fields.word("state", RecoveryState),
        letter=fields.text_or_none("letter"),
        delivery=fields.inner_or_none("delivery", parse_delivery),
        link=fields.inner_or_none("link", _parse_recovery_link),
        withdrawn_at=fields.moment_or_none("withdrawn_at"),
    )


def parse_invitation_page(value: object) -> InvitationPage:
    """Read one page of invitations."""
    fields = Fields(value)
    return InvitationPage(
        invitations=tuple(fields.each("invitations", parse_invitation)),
        next=fields.text_or_none("next"),
    )


def parse_suppression(value: object) -> Suppression:
    """Read why mail to an address is held back."""
    fields = Fields(value)
    return Suppression(
        email=fields.text("email"),
        reason=fields.text("reason"),
        since=fields.moment("since"),
    )


def parse_erased(value: object) -> dict[str, int]:
    """Read how much was removed."""
    fields = Fields(value)
    return {name: fields.count(name) for name in TRACES}


def parse_export(value: object) -> dict[str, Any]:
    """Check an export only loosely: it is handed on as it is."""
    if not isinstance(value, Mapping):
        raise ValueError("an object was expected")  # noqa: TRY004 - one error type
    fields = Fields(value)
    fields.text("email")
    fields.inner_or_none("account", parse_account)
    fields.each("deliveries", parse_delivery)
    return dict(value)


def parse_queued(value: object) -> None:
    """Check the one answer to a recovery."""
    if Fields(value).text("status") != "queued":
        raise ValueError("status is not queued")


def parse_nothing(value: object) -> None:
    """Check that there is no content."""
    if value is not NO_CONTENT:
        raise ValueError("no content was expected")


def _parse_recovery_link(value: object) -> RecoveryLink:
    fields = Fields(value)
    return RecoveryLink(
        purpose=fields.word("purpose", LinkPurpose),
        state=fields.word("state", LinkState),
        issued_at=fields.moment("issued_at"),
        expires_at=fields.moment("expires_at"),
    )


def _parse_event(value: object) -> DeliveryEvent:
    fields = Fields(value)
    return DeliveryEvent(
        state=fields.word("state", DeliveryState),
        at=fields.moment("at"),
        reason=fields.text_or_none("reason"),
    )
