"""How rows are written as JSON for the contract."""

from datetime import datetime
from typing import Any

from accounts.links import state_of
from accounts.models import Account, Job, Mail, Suppression, Token
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


def recovery_json(job: Job, now: datetime) -> dict[str, Any]:
    """Write what became of a recovery."""
    mail = job.mail
    token = mail.token if mail else None
    return {
        "key": job.idempotency_key,
        "email": job.email,
        "kind": job.kind,
        "requested_at": moment(job.created_at),
        "state": "queued" if job.next_attempt_at else "done",
        "letter": mail.letter if mail else None,
        "delivery": delivery_json(mail) if mail else None,
        "link": link_json(token, now) if token else None,
        "withdrawn_at": moment(job.withdrawn_at),
    }


def job_json(job: Job) -> dict[str, Any]:
    """Write a request that was made for an address, by whomever."""
    return {
        "kind": job.kind,
        "key": job.idempotency_key,
        "requested_at": moment(job.created_at),
        "done_at": moment(job.done_at),
        "withdrawn_at": moment(job.withdrawn_at),
        "details": job.details,
    }


def link_json(token: Token, now: datetime) -> dict[str, Any]:
    """Write a link without its secret, which nobody has any more."""
    return {
        "purpose": token.purpose,
        "state": state_of(token, now),
        "issued_at": moment(token.issued_at),
        "expires_at": moment(token.expires_at),
    }


def suppression_json(suppression: Suppression) -> dict[str, Any]:
    """Write why mail to an address is held back."""
    return {
        "email": suppression.email,
        "reason": suppression.reason,
        "since": moment(suppression.since),
    }


def _invitation_state(token: Token, now: datetime) -> InvitationState:
    if token.used_at:
        return InvitationState.ACCEPTED
    is_over = token.expires_at <= now
    return InvitationState.EXPIRED if is_over else InvitationState.PENDING
