"""Commands about mails: sending invitations, what became of them, taking one back."""

from sqlalchemy import bindparam, or_, select

from foundation.tables import UtcDateTime
from helpdesk.commands.arguments import Address, Number, Site
from helpdesk.commands.call import Answer, Ask, Button, Call, Result
from helpdesk.commands.registry import command
from helpdesk.desk.numbers import ids_of, is_numbered, number_of
from helpdesk.desk.receipts import UNDOABLE
from helpdesk.desk.risks import Risk
from helpdesk.desk.sentences import fill
from helpdesk.store.action_models import Receipt
from helpdesk.store.rows import table_of

FEW = 5  # links that are offered to be undone
_RECEIPTS = table_of(Receipt).c
_CAN_BE_UNDONE = (
    _RECEIPTS.action == "recovery.requested",
    _RECEIPTS.recovery_key.is_not(None),
    _RECEIPTS.undone_at.is_(None),
    _RECEIPTS.state.in_(UNDOABLE),
)
_NEWEST = (
    select(_RECEIPTS.id, _RECEIPTS.kind, _RECEIPTS.email, _RECEIPTS.at)
    .where(
        _RECEIPTS.agent_id == bindparam("agent"),
        or_(
            _RECEIPTS.expires_at.is_(None),
            _RECEIPTS.expires_at > bindparam("now", type_=UtcDateTime()),
        ),
        *_CAN_BE_UNDONE,
    )
    .order_by(_RECEIPTS.at.desc(), _RECEIPTS.id)
    .limit(FEW)
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

    Without a number, you are shown the last ones that you have sent, to choose from.
    """
    if not receipt:
        return _offer(call)
    key = call.session.scalar(_BY_NUMBER, ids_of(receipt))
    if key is None:
        return Answer(fill(call.room.words.no_receipt, number=receipt))
    return Ask("undo", {"key": key, "as_json": as_json})


def _offer(call: Call) -> Answer:
    """Return what can be undone, each with its button."""
    words, whose = call.room.words, {"agent": call.agent.id, "now": call.step.now}
    rows = call.session.execute(_NEWEST, whose).all()
    if not rows:
        return Answer(words.nothing_to_undo)
    lines, buttons = [], []
    for row in rows:
        number = number_of(row.id)
        what = words.undo_kinds.get(row.kind, words.undo_kinds["auto"])
        whom = f"`{row.email}`" if row.email else words.undo_nobody
        at = f"{row.at:%Y-%m-%d %H:%M}"
        facts = {"number": number, "what": what, "address": whom, "at": at}
        lines.append(f"* {fill(words.undo_line, **facts)}")
        title = fill(words.undo_button, number=number)
        buttons.append(Button(title, f"/undo {number}"))
    return Answer(f"{words.undo_offer}\n\n" + "\n".join(lines), buttons)
