"""Which mail a command leads to, and when none would help: decided from what is known."""

import json
from dataclasses import dataclass

from accounts.client import (
    Account,
    AccountState,
    InvitationState,
    Recovery,
    RecoveryKind,
    Suppression,
)
from actions.articles import Button
from actions.command import Command, NoAddressError
from actions.delivery_words import is_stale
from actions.moments import stamp
from actions.receipts import Receipt, receipt_for

KINDS = {"resend": RecoveryKind.INVITE, "reset": RecoveryKind.PASSWORD_RESET}
INSTEAD = {"resend": "reset", "reset": "resend"}
# What is mailed, by what is asked for and how far the person has come.
WOULD_SEND: dict[tuple[str, AccountState | None], str] = {
    ("resend", AccountState.INVITED): "utter_would_send_invitation",
    ("resend", AccountState.UNCONFIRMED): "utter_would_send_confirmation",
    ("reset", AccountState.ACTIVE): "utter_would_send_reset",
    ("reset", AccountState.UNCONFIRMED): "utter_would_send_reset_to_confirm",
}
REFUSALS = {
    ("resend", None): "utter_command_no_account",
    ("reset", None): "utter_command_no_account",
    ("resend", AccountState.LOCKED): "utter_command_locked",
    ("reset", AccountState.LOCKED): "utter_command_locked",
    ("resend", AccountState.ACTIVE): "utter_command_active",
    ("reset", AccountState.INVITED): "utter_command_invited",
}
BUTTONS = {"resend": "utter_button_resend", "reset": "utter_button_reset"}
OPEN = frozenset({InvitationState.PENDING, InvitationState.EXPIRED})


@dataclass(frozen=True)
class Look:
    """What the backend has; `earlier` if this very request reached it before."""

    account: Account | None
    held_back: Suppression | None
    earlier: Recovery | None

    @property
    def state(self) -> AccountState | None:
        """How far the person has come; None if there is no account."""
        return self.account.state if self.account else None


def kind_of(command: Command) -> RecoveryKind | None:
    """Return what a command asks for; None if it asks for no mail."""
    return None if command.is_dry_run else KINDS.get(command.name)


def receipt_of(command: Command, result: str) -> Receipt | None:
    """Return the receipt of a mail that was not sent for certain; None if none was due."""
    kind = kind_of(command)
    try:
        address = command.address
    except NoAddressError:
        return None
    if kind is None:
        return None
    return receipt_for(kind.value, address, command.key_for(kind.value), result)


def find_refusal(command: Command, look: Look) -> str | None:
    """Return why a mail would be of no use; None if it would be."""
    if look.earlier is not None:
        return None
    if command.is_one_of_many:
        return _find_reason_to_skip(command, look)
    return REFUSALS.get((command.name, look.state))


def _find_reason_to_skip(command: Command, look: Look) -> str | None:
    """Return why somebody is left out who was concerned when the run was planned."""
    invitation = look.account.invitation if look.account else None
    is_open = invitation is not None and invitation.state in OPEN
    if look.state is not AccountState.INVITED or not is_open:
        return "utter_skipped"
    held_back = look.held_back
    if held_back is not None and not is_stale(held_back, command.now):
        return "utter_skipped_bounced"
    return None


def instead(command: Command, look: Look) -> tuple[Button, ...]:
    """Return a button for the other command, where that one would help."""
    other = INSTEAD[command.name]
    if (other, look.state) not in WOULD_SEND:
        return ()
    arguments = json.dumps({"address": command.address})
    payload = json.dumps({"command": other, "arguments": arguments})
    title = command.words.say(BUTTONS[other], address=command.address)
    return ({"title": title, "payload": f"/run_command{payload}"},)


def would_do(command: Command, look: Look) -> str:
    """Return what would happen, for a dry run."""
    words, address = command.words, command.address
    told = [words.say(WOULD_SEND[command.name, look.state], address=address)]
    invitation = look.account.invitation if look.account else None
    if look.state is AccountState.INVITED and invitation:
        sent = stamp(words, invitation.issued_at, command.now)
        told.append(words.say("utter_would_replace", sent=sent))
    if look.held_back:
        since = stamp(words, look.held_back.since, command.now)
        told.append(words.say("utter_would_lift", since=since))
    return " ".join(told)
