"""Commands that only look: an account, who there is, invitations, mails."""

import asyncio
from typing import Any

from accounts.client import Invitation, InvitationState
from actions.account_facts import (
    account_facts,
    delivery_facts,
    invitation_facts,
    suppression_facts,
)
from actions.account_lines import (
    account_line,
    held_back_words,
    invitation_line,
    status_lines,
    status_title,
)
from actions.backend import call_as_staff, staff_client
from actions.command import MOST_LINES, REFUSED, Answer, Command, listed
from actions.delivery_words import delivery_line
from actions.words import quoted

MOST_COUNTED = 1_000  # invitations; that there are more is said, not how many
HEADS = {
    InvitationState.EXPIRED: "utter_invites_expired",
    InvitationState.PENDING: "utter_invites_pending",
}
NONE = {
    InvitationState.EXPIRED: "utter_no_invites_expired",
    InvitationState.PENDING: "utter_no_invites_pending",
}


async def status(command: Command) -> Answer:
    """Say how far somebody has come, and what became of the last mail."""
    client, address, words = staff_client(), command.address, command.words
    account, mails, held_back = await asyncio.gather(
        call_as_staff(client.get_account, address),
        call_as_staff(client.deliveries, address),
        call_as_staff(client.suppression, address),
    )
    facts = {
        "address": address,
        "account": account and account_facts(account),
        "last_mail": delivery_facts(mails[0]) if mails else None,
        "held_back": held_back and suppression_facts(held_back),
    }
    if account is None:
        text = words.say("utter_command_no_account", address=address)
        return Answer(text, REFUSED, facts)
    lines = status_lines(words, account, mails, held_back, command.now)
    return Answer(f"{status_title(words, account)}\n\n{listed(lines)}", facts=facts)


async def find(command: Command) -> Answer:
    """List the accounts whose address, name or site contains a text."""
    part, words = command.text("part"), command.words
    if not part:
        return Answer(words.say("utter_command_find_what"), REFUSED)
    # One more than is shown tells whether there are more.
    limit = MOST_LINES + 1
    found = await call_as_staff(staff_client().find_accounts, part, limit)
    shown, has_more = found[:MOST_LINES], len(found) > MOST_LINES
    facts = {"accounts": [account_facts(each) for each in shown], "more": has_more}
    if not found:
        text = words.say("utter_command_none_found", part=quoted(part))
        return Answer(text, facts=facts)
    lines = [account_line(words, account) for account in shown]
    rest = words.say("utter_and_others") if has_more else ""
    head = words.count("utter_command_found", len(shown), part=quoted(part))
    return Answer(f"{head}\n\n{listed(lines, rest)}", facts=facts)


async def invites(command: Command) -> Answer:
    """List the invitations that have expired, those that are open, or both."""
    wanted = command.text("state")
    states = [state for state in HEADS if wanted in ("", state.value)]
    if not states:
        return Answer(command.words.say("utter_command_unreadable"), REFUSED)
    client, most = staff_client(), MOST_COUNTED + 1
    calls = [call_as_staff(client.invitations, each, most=most) for each in states]
    found = dict(zip(states, await asyncio.gather(*calls), strict=True))
    blocks = [_invites_block(command, *each) for each in found.items()]
    facts: dict[str, Any] = {
        state.value: {
            "invitations": [invitation_facts(each) for each in of_it[:MOST_LINES]],
            "total": min(len(of_it), MOST_COUNTED),
            "more": len(of_it) > MOST_COUNTED,
        }
        for state, of_it in found.items()
    }
    return Answer("\n\n".join(blocks), facts=facts)


def _invites_block(
    command: Command, state: InvitationState, found: list[Invitation]
) -> str:
    words, count = command.words, min(len(found), MOST_COUNTED)
    if not found:
        return words.say(NONE[state])
    head = words.count(HEADS[state], count, is_at_least=len(found) > count)
    lines = [invitation_line(words, each, command.now) for each in found[:MOST_LINES]]
    left = count - len(lines)
    rest = words.count("utter_and_more", left) if left else ""
    return f"{head}\n\n{listed(lines, rest)}"


async def deliveries(command: Command) -> Answer:
    """List what became of the newest mails to somebody."""
    client, address, words = staff_client(), command.address, command.words
    mails, held_back = await asyncio.gather(
        call_as_staff(client.deliveries, address),
        call_as_staff(client.suppression, address),
    )
    facts = {
        "address": address,
        "deliveries": [delivery_facts(each) for each in mails[:MOST_LINES]],
        "total": len(mails),
        "held_back": held_back and suppression_facts(held_back),
    }
    blocks = [words.say("utter_command_no_mails", address=address)]
    if mails:
        lines = [delivery_line(words, each, command.now) for each in mails[:MOST_LINES]]
        left = len(mails) - len(lines)
        rest = words.count("utter_and_more", left) if left else ""
        head = words.count("utter_command_mails", len(mails), address=address)
        blocks = [head, listed(lines, rest)]
    if held_back:
        blocks.append(held_back_words(words, held_back, command.now))
    return Answer("\n\n".join(blocks), facts=facts)
