"""How rows are written as JSON for the contract."""

from datetime import datetime
from typing import Any

from accounts.models import Account, Mail, Token
from accounts.words import InvitationState


def moment(at: datetime | None) -> str | None:
    """Return a moment in ISO 8601 with its zone."""
    return at.isoformat() if at else None


def invitation_json(token: Token, now: datetime) -> dict[str, Any]:
    """Write an invitation, which is its newest link."""
    account = token.account
    return {
        "email": account.email,
        "state": _invitation_state(token, now),
        "first_name": account.first_name,
        "last_name": account.last_name,
        "site": account.site.name if account.site else None,
        "issued_at": moment(token.issued_at),
        "expires_at": moment(token.expires_at),
        "accepted_at": moment(token.used_at),
    }


def account_json(
    account: Account, invitation: Token | None, now: datetime
) -> dict[str, Any]:
    """Write an account with its invitation, if it ever had one."""
    return {
        "email": account.email,
        "state": account.state,
        "role": account.role,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "site": account.site.name if account.site else None,
        "created_at": moment(account.created_at),
        "confirmed_at": moment(account.confirmed_at),
        "last_login_at": moment(account.last_login_at),
        "invitation": invitation_json(invitation, now) if invitation else None,
    }


def delivery_json(mail: Mail) -> dict[str, Any]:
    """Write one mail's line of the delivery ledger."""
    return {
        "id": str(mail.id),
        "email": mail.email,
        "letter": mail.letter,
        "state": mail.state,
        "reason": mail.reason,
        "attempts": mail.attempts,
        "queued_at": moment(mail.queued_at),
        "updated_at": moment(mail.events[-1].at),
        "events": [
            {"state": event.state, "at": moment(event.at), "reason": event.reason}
            for event in mail.events
        ],
    }


def _invitation_state(token: Token, now: datetime) -> InvitationState:
    if token.used_at:
        return InvitationState.ACCEPTED
    is_over = token.expires_at <= now
    return InvitationState.EXPIRED if is_over else InvitationState.PENDING
