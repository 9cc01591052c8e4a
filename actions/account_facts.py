"""Accounts, invitations and mails as facts for programs, in the contract's own words."""

from datetime import datetime
from typing import Any

from accounts.client import Account, Delivery, Invitation, Suppression

Facts = dict[str, Any]


def account_facts(account: Account) -> Facts:
    """Return an account."""
    return {
        "email": account.email,
        "name": full_name(account),
        "state": account.state.value,
        "role": account.role.value,
        "site": account.site,
        "confirmed_at": _text(account.confirmed_at),
        "last_login_at": _text(account.last_login_at),
        "invitation": account.invitation and invitation_facts(account.invitation),
    }


def invitation_facts(invitation: Invitation) -> Facts:
    """Return an invitation."""
    return {
        "email": invitation.email,
        "state": invitation.state.value,
        "site": invitation.site,
        "issued_at": _text(invitation.issued_at),
        "expires_at": _text(invitation.expires_at),
        "accepted_at": _text(invitation.accepted_at),
    }


def delivery_facts(delivery: Delivery) -> Facts:
    """Return what became of a mail."""
    return {
        "letter": delivery.letter,
        "state": delivery.state.value,
        "reason": delivery.reason,
        "queued_at": _text(delivery.queued_at),
        "updated_at": _text(delivery.updated_at),
    }


def suppression_facts(suppression: Suppression) -> Facts:
    """Return since when mails to an address are held back, and why."""
    return {"since": _text(suppression.since), "reason": suppression.reason}


def full_name(person: Account | Invitation) -> str:
    """Return a person's name; empty if none is known."""
    return f"{person.first_name} {person.last_name}".strip()


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
