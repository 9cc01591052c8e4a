"""Bulk commands: they only say whom it would concern; the help desk does the rest."""

from typing import Any

from accounts.client import Invitation, InvitationState
from actions.account_lines import invitation_line
from actions.backend import call_as_staff, staff_client
from actions.command import DRY_RUN, MOST_LINES, REFUSED, Answer, Command, listed
from actions.words import quoted

MOST_IN_ONE_RUN = 2_000  # addresses; whoever is left is in the next run


async def resend_expired(command: Command) -> Answer:
    """Plan a new invitation for everybody whose invitation has expired."""
    client, site = staff_client(), None
    if command.text("site"):
        names = await call_as_staff(client.sites)
        site = _find_site(names, command.text("site"))
        if site is None:
            return _no_such_site(command, names)
    most = MOST_IN_ONE_RUN + 1
    found = await call_as_staff(
        client.invitations, InvitationState.EXPIRED, site, most=most
    )
    concerned = found[:MOST_IN_ONE_RUN]
    if not concerned:
        return Answer(command.words.say("utter_plan_nobody"), facts={"total": 0})
    text = _plan_words(command, concerned, site, has_more=len(found) > len(concerned))
    facts: dict[str, Any] = {"site": site, "total": len(concerned)}
    addresses = sorted({each.email for each in concerned})
    plan = {
        "command": "resend",
        "arguments": {"site": site or ""},
        "addresses": addresses,
        "total": len(addresses),
    }
    if command.is_dry_run:  # the help desk says whom of them it would leave out
        text = command.words.say("utter_dry_run", what=text)
        return Answer(text, DRY_RUN, facts, plan=plan)
    return Answer(text, facts=facts, plan=plan)


def _find_site(names: list[str], wanted: str) -> str | None:
    return next((name for name in names if name.casefold() == wanted.casefold()), None)


def _no_such_site(command: Command, names: list[str]) -> Answer:
    words = command.words
    head = words.say("utter_no_such_site", site=quoted(command.text("site")))
    left = len(names) - MOST_LINES
    rest = words.count("utter_and_more", left) if left > 0 else ""
    sites = listed([quoted(name) for name in names[:MOST_LINES]], rest)
    return Answer(f"{head}\n\n{sites}", REFUSED, {"sites": names[:MOST_LINES]})


def _plan_words(
    command: Command, concerned: list[Invitation], site: str | None, *, has_more: bool
) -> str:
    words, count = command.words, len(concerned)
    place = words.say("utter_plan_at_site", site=quoted(site)) if site else ""
    head = words.count("utter_plan", count, place=place)
    if has_more:
        head += " " + words.count("utter_plan_more", count)
    lines = [
        invitation_line(words, each, command.now) for each in concerned[:MOST_LINES]
    ]
    left = count - len(lines)
    rest = words.count("utter_and_more", left) if left else ""
    return f"{head}\n\n{listed(lines, rest)}"
