"""Commands about mails: sending invitations, what became of them, taking one back."""

from sqlalchemy import bindparam, select

from helpdesk.commands.arguments import Address, Number, Site
from helpdesk.commands.call import Answer, Ask, Call, Result
from helpdesk.commands.registry import command
from helpdesk.desk.numbers import ids_of, is_numbered
from helpdesk.desk.risks import Risk
from helpdesk.desk.sentences import fill
from helpdesk.store.action_models import Receipt
from helpdesk.store.rows import table_of
from helpdesk.store.words import ReceiptState

_RECEIPTS = table_of(Receipt).c
_CAN_BE_UNDONE = (
    _RECEIPTS.action == "recovery.requested",
    _RECEIPTS.recovery_key.is_not(None),
    _RECEIPTS.undone_at.is_(None),
    _RECEIPTS.state != ReceiptState.REFUSED,
)
_NEWEST = (
    select(_RECEIPTS.recovery_key)
    .where(_RECEIPTS.agent_id == bindparam("agent"), *_CAN_BE_UNDONE)
    .order_by(_RECEIPTS.at.desc(), _RECEIPTS.id)
    .limit(1)
)
_BY_NUMBER = select(_RECEIPTS.recovery_key).where(is_numbered(_RECEIPTS.id))


@command("resend", risk=Risk.MAIL)
def resend(
    _call: Call, address: Address, *, dry_run: bool = False, as_json: bool = False
) -> Result:
    """Send somebody a new invitation.

    The old link stops working. The mail goes to the address on file, and nowhere else.
    """
    return Ask("resend", {"address": address, "dry_run": dry_run, "as_json": as_json})


@command("resend expired", risk=Risk.BULK)
def resend_expired(
    _call: Call, site: Site = "", *, dry_run: bool = False, as_json: bool = False
) -> Result:
    """Send a new invitation to everybody whose invitation has expired, or to one site's.

    First you see what would be done and to how many people; nothing is sent before you
    say so. Then one mail after the other leaves, and you can stop it at any time.
    """
    return Ask("resend_expired", {"site": site, "dry_run": dry_run, "as_json": as_json})


@command("deliveries")
def deliveries(_call: Call, address: Address, *, as_json: bool = False) -> Result:
    """Show what became of the mails to an address.

    Whether they left, bounced or were held back, and why.
    """
    return Ask("deliveries", {"address": address, "as_json": as_json})


@command("undo")
def undo(call: Call, receipt: Number = "", *, as_json: bool = False) -> Result:
    """Take back a link that was sent: it no longer works.

    Without a number, the last one that you have sent.
    """
    words = call.room.words
    if receipt:
        key = call.session.scalar(_BY_NUMBER, ids_of(receipt))
        problem = fill(words.no_receipt, number=receipt)
    else:
        key = call.session.scalar(_NEWEST, {"agent": call.agent.id})
        problem = words.nothing_to_undo
    if key is None:
        return Answer(problem)
    return Ask("undo", {"key": key, "as_json": as_json})
