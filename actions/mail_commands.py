"""Commands that send: a new invitation, a link for a new password.

Admins are told the truth, so the account is looked at before anything is asked for. A
mail that would help nobody is not sent, and it is said what to do instead.
"""

import asyncio
import contextlib
from typing import Any

from accounts.client import (
    AccountsError,
    AccountState,
    DeliveryState,
    Recovery,
    RecoveryState,
)
from actions.backend import call_as_staff, staff_client
from actions.command import (
    DRY_RUN,
    REFUSED,
    SKIPPED,
    UNKNOWN,
    Answer,
    Command,
    trouble_words,
)
from actions.delivery_words import reason_words
from actions.mail_choice import (
    KINDS,
    Look,
    find_refusal,
    instead,
    receipt_of,
    would_do,
)
from actions.moments import stamp
from actions.receipts import ACCEPTED, end_of, receipt_for, result_of
from actions.receipts import REFUSED as NOTHING_DONE

GLANCE_S = 0.7  # most mails leave within; what becomes of the others is seen later
GLANCE_EVERY_S = 0.1
SENT: dict[tuple[str, AccountState | None], str] = {
    ("resend", AccountState.UNCONFIRMED): "utter_sent_confirmation",
    ("reset", AccountState.UNCONFIRMED): "utter_sent_reset_to_confirm",
    ("reset", AccountState.ACTIVE): "utter_sent_reset",
}
STUCK = {  # what may have become of the mail at once
    DeliveryState.SUPPRESSED: "utter_sent_but_held_back",
    DeliveryState.BOUNCED: "utter_sent_but_bounced",
    DeliveryState.DEFERRED: "utter_sent_but_deferred",
}


async def resend(command: Command) -> Answer:
    """Send a new invitation, or to who registered a new mail to confirm."""
    return await _mail(command)


async def reset(command: Command) -> Answer:
    """Send a link for a new password."""
    return await _mail(command)


async def _mail(command: Command) -> Answer:
    words, address = command.words, command.address
    if not command.actor.may_act and not command.is_dry_run:
        text = words.say("utter_command_too_many", address=address)
        return Answer(text, REFUSED, receipt=receipt_of(command, NOTHING_DONE))
    look = await _look(command)
    facts = {"address": address, "state": look.state}
    refusal = find_refusal(command, look)
    if refusal is not None:
        return _refuse(command, look, words.say(refusal, address=address), facts)
    if command.is_dry_run:
        text = words.say("utter_dry_run", what=would_do(command, look))
        return Answer(text, DRY_RUN, facts)
    return await _send(command, look, facts)


async def _look(command: Command) -> Look:
    client, address = staff_client(), command.address
    key = command.key_for(KINDS[command.name].value)
    account, held_back, earlier = await asyncio.gather(
        call_as_staff(client.get_account, address),
        call_as_staff(client.suppression, address),
        call_as_staff(client.get_recovery, key),
    )
    return Look(account, held_back, earlier)


def _refuse(command: Command, look: Look, text: str, facts: dict[str, Any]) -> Answer:
    if command.is_one_of_many:
        return Answer(text, SKIPPED, facts)
    buttons = instead(command, look)
    if command.is_dry_run:
        text = command.words.say("utter_dry_run", what=text)
        return Answer(text, DRY_RUN, facts, buttons=buttons)
    receipt = receipt_of(command, NOTHING_DONE)
    return Answer(text, REFUSED, facts, receipt=receipt, buttons=buttons)


async def _send(command: Command, look: Look, facts: dict[str, Any]) -> Answer:
    words, address, kind = command.words, command.address, KINDS[command.name]
    key = command.key_for(kind.value)
    try:
        await call_as_staff(
            staff_client().request_recovery,
            address,
            kind,
            idempotency_key=key,
            # In a bulk run it is left to the backend, which lifts what is stale.
            lift_suppression=bool(look.held_back) and not command.is_one_of_many,
        )
    except AccountsError as error:
        return _lost(command, error, facts)
    seen = None if command.is_one_of_many else await _glance(key)
    link = seen.link if seen else None
    ends = link.expires_at if link else end_of(kind, command.now)
    receipt = receipt_for(kind.value, address, key, ACCEPTED, expires_at=ends)
    facts |= {"key": key, "expires_at": receipt["expires_at"]}
    if command.is_one_of_many:
        text = words.say("utter_sent_one_of_many", address=address)
    else:
        until = stamp(words, ends, command.now) if ends else ""
        text = _sent_words(command, look, seen, until)
    return Answer(text, facts=facts, receipt=receipt, has_acted=True)


def _lost(command: Command, error: AccountsError, facts: dict[str, Any]) -> Answer:
    """Say that the backend refused, or that nobody knows whether it took it."""
    if command.is_one_of_many and not error.permanent:
        raise error
    words, address = command.words, command.address
    receipt = receipt_of(command, result_of(error))
    facts |= {"code": error.code}
    if error.permanent:
        text = trouble_words(words, error)
        return Answer(text, REFUSED, facts, receipt=receipt)
    text = words.say("utter_sent_or_not", address=address)
    return Answer(text, UNKNOWN, facts, receipt=receipt, has_acted=True)


async def _glance(key: str) -> Recovery | None:
    """Return what became of a request if it is known at once."""
    with contextlib.suppress(AccountsError, TimeoutError):
        async with asyncio.timeout(GLANCE_S):
            while True:
                seen = await call_as_staff(staff_client().get_recovery, key)
                mail = seen.delivery if seen else None
                is_under_way = mail is None or mail.state is DeliveryState.QUEUED
                if seen and seen.state is RecoveryState.DONE and not is_under_way:
                    return seen
                await asyncio.sleep(GLANCE_EVERY_S)
    return None


def _sent_words(command: Command, look: Look, seen: Recovery | None, until: str) -> str:
    words, address = command.words, command.address
    told = []
    if look.held_back:
        since = stamp(words, look.held_back.since, command.now)
        reason = reason_words(words, look.held_back.reason)
        lifted = words.say("utter_lifted", address=address, since=since, reason=reason)
        told.append(lifted)
    mail = seen.delivery if seen else None
    if mail is not None and mail.state in STUCK:
        reason = reason_words(words, mail.reason)
        told.append(words.say(STUCK[mail.state], address=address, reason=reason))
    else:
        response = SENT.get((command.name, look.state), "utter_sent_invitation")
        told.append(words.say(response, address=address, until=until))
    return " ".join(told)
