"""Commands about accounts: who somebody is, and how they get in again."""

from helpdesk.commands.arguments import Address, InvitationState, Part
from helpdesk.commands.call import Ask, Call, Result
from helpdesk.commands.registry import command
from helpdesk.desk.risks import Risk


@command("status")
def status(_call: Call, address: Address, *, as_json: bool = False) -> Result:
    """Show how an account stands.

    Its state, role and site, the invitation, the last log-in and the last mail.
    """
    return Ask("status", {"address": address, "as_json": as_json})


@command("find")
def find(_call: Call, part: Part, *, as_json: bool = False) -> Result:
    """Find accounts by a part of their address, name or site."""
    return Ask("find", {"part": part, "as_json": as_json})


@command("invites")
def invites(
    _call: Call, state: InvitationState = "", *, as_json: bool = False
) -> Result:
    """List invitations: those that have expired, those that wait, or both."""
    return Ask("invites", {"state": state, "as_json": as_json})


@command("reset", risk=Risk.MAIL)
def reset(
    _call: Call, address: Address, *, dry_run: bool = False, as_json: bool = False
) -> Result:
    """Mail somebody a link to set a new password.

    The mail goes to the address on file, and nowhere else.
    """
    return Ask("reset", {"address": address, "dry_run": dry_run, "as_json": as_json})
