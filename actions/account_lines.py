"""Accounts and invitations in words for admins. Names are other people's words: quoted."""

from datetime import datetime

from accounts.client import (
    Account,
    AccountState,
    Delivery,
    Invitation,
    InvitationState,
    Role,
    Suppression,
)
from actions.account_facts import full_name
from actions.delivery_words import delivery_line, reason_words
from actions.moments import stamp
from actions.words import Words, quoted

STATES = {
    AccountState.INVITED: "utter_state_invited",
    AccountState.UNCONFIRMED: "utter_state_unconfirmed",
    AccountState.ACTIVE: "utter_state_active",
    AccountState.LOCKED: "utter_state_locked",
}
ROLES = {Role.MEMBER: "utter_role_member", Role.SITE_ADMIN: "utter_role_site_admin"}
INVITATIONS = {
    InvitationState.PENDING: "utter_invitation_pending",
    InvitationState.EXPIRED: "utter_invitation_expired",
    InvitationState.ACCEPTED: "utter_invitation_accepted",
}


def status_lines(
    words: Words,
    account: Account,
    mails: list[Delivery],
    held_back: Suppression | None,
    now: datetime,
) -> list[str]:
    """Return what there is to say of an account, line by line."""
    lines = [
        words.say("utter_status_state", state=words.say(STATES[account.state])),
        words.say("utter_status_role", role=words.say(ROLES[account.role])),
    ]
    if account.site:
        lines.append(words.say("utter_status_site", site=quoted(account.site)))
    if account.invitation:
        told = invitation_words(words, account.invitation, now)
        lines.append(words.say("utter_status_invitation", invitation=told))
    lines.append(_login_line(words, account, now))
    if mails:
        line = delivery_line(words, mails[0], now)
        lines.append(words.say("utter_status_mail", mail=line))
    else:
        lines.append(words.say("utter_status_no_mail"))
    if held_back:
        lines.append(held_back_words(words, held_back, now))
    return lines


def status_title(words: Words, account: Account) -> str:
    """Return whose account it is."""
    name = full_name(account)
    shown = quoted(name) if name else words.say("utter_no_name")
    return words.say("utter_status_title", name=shown, address=quoted(account.email))


def account_line(words: Words, account: Account) -> str:
    """Return an account in one line."""
    return words.say(
        "utter_account_line",
        address=quoted(account.email),
        name=quoted(full_name(account)),
        state=words.say(STATES[account.state]),
        site=quoted(account.site or ""),
    )


def invitation_line(words: Words, invitation: Invitation, now: datetime) -> str:
    """Return an invitation in one line."""
    return words.say(
        "utter_invitation_line",
        address=quoted(invitation.email),
        site=quoted(invitation.site or ""),
        became=invitation_words(words, invitation, now),
    )


def invitation_words(words: Words, invitation: Invitation, now: datetime) -> str:
    """Return what became of an invitation."""
    ended = invitation.accepted_at or invitation.expires_at
    return words.say(
        INVITATIONS[invitation.state],
        sent=stamp(words, invitation.issued_at, now),
        ended=stamp(words, ended, now),
    )


def held_back_words(words: Words, held_back: Suppression, now: datetime) -> str:
    """Return since when, and why, mails to somebody are held back."""
    return words.say(
        "utter_held_back",
        since=stamp(words, held_back.since, now),
        reason=reason_words(words, held_back.reason),
    )


def _login_line(words: Words, account: Account, now: datetime) -> str:
    if account.last_login_at is None:
        return words.say("utter_status_no_login")
    at = stamp(words, account.last_login_at, now)
    return words.say("utter_status_login", at=at)
