"""The command that reads the audit record: what was done to somebody's account."""

import json

from helpdesk.commands.arguments import Address
from helpdesk.commands.call import Answer, Call, Result
from helpdesk.commands.registry import command
from helpdesk.desk.audit_reading import READ, Sought, find_entries
from helpdesk.desk.sentences import fill
from helpdesk.desk.staff import Staff, read_staff
from helpdesk.store.models import AuditEntry

MOST = 20
AGENT = "agent:"


@command("audit")
def audit(call: Call, address: Address, *, as_json: bool = False) -> Result:
    """Show what was done to somebody's account, by whom and with what result.

    The newest twenty entries; the whole record is on its own page. Looking is an entry
    itself.
    """
    words, target = call.room.words, call.room.pseudonyms.target(address)
    page = find_entries(call.session, Sought(target=target), limit=MOST)
    call.note(READ, target, {"conversation": call.step.conversation.id})
    if as_json:
        listed = [_as_json(entry) for entry in page.entries]
        written = json.dumps(
            {"command": "audit", "result": "done", "entries": listed}, indent=2
        )
        return Answer(f"```json\n{written}\n```")
    if not page.entries:
        return Answer(fill(words.no_entries, address=address))
    staff = read_staff(call.session, call.step.now)
    lines = [_line(entry, staff) for entry in page.entries]
    title = fill(words.entries, address=address)
    more = f"\n\n{words.more_entries}" if page.next is not None else ""
    return Answer(f"{title}\n\n" + "\n".join(lines) + more)


def _line(entry: AuditEntry, staff: Staff) -> str:
    who = _name_of(entry.actor, staff)
    facts = (entry.details.get(name) for name in ("kind", "command", "result"))
    what = " · ".join(str(fact) for fact in facts if fact)
    said = f"* {entry.at:%Y-%m-%d %H:%M} UTC, {who}: `{entry.action}`"
    return f"{said} ({what})" if what else said


def _name_of(actor: str, staff: Staff) -> str:
    if not actor.startswith(AGENT):
        return actor
    known = {str(agent_id): agent.name for agent_id, agent in staff.agents.items()}
    return known.get(actor.removeprefix(AGENT), actor)


def _as_json(entry: AuditEntry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "details": entry.details,
    }
