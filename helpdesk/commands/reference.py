"""docs/commands.md: what agents can type, written from the registry."""

from collections.abc import Iterable
from pathlib import Path

from helpdesk.commands.catalogue import COMMANDS
from helpdesk.commands.registry import OPTIONS, Command
from helpdesk.desk.risks import Risk
from helpdesk.store.words import Role

BEGIN = Path(__file__).parents[1] / "templates" / "commands.md"
RISKS = {
    Risk.NONE: "no mail",
    Risk.MAIL: "sends one mail",
    Risk.BULK: "sends many mails",
}
ROLES = {
    Role.AGENT: "everybody who answers",
    Role.LEAD: "leads and admins",
    Role.ADMIN: "admins",
}


def write_reference() -> str:
    """Return the whole page."""
    options = "\n".join(f"* `{each.flag}`: {each.help}" for each in OPTIONS.values())
    begin = BEGIN.read_text(encoding="utf-8")
    parts = [begin, _table(COMMANDS), f"## Options\n\n{options}\n"]
    return "\n".join([*parts, *(_section(each) for each in COMMANDS)])


def _table(commands: Iterable[Command]) -> str:
    rows = "\n".join(
        f"| `{_escaped(each.line)}` | {each.title} | {ROLES[each.role]} | {RISKS[each.risk]} |"
        for each in commands
    )
    return f"| command | | for | risk |\n|---|---|---|---|\n{rows}\n"


def _section(it: Command) -> str:
    facts = [f"For {ROLES[it.role]}."]
    if it.options:
        facts.append(f"Options: {', '.join(f'`{each.flag}`' for each in it.options)}.")
    return f"## /{it.name}\n\n`{it.line}`\n\n{it.help}\n\n{' '.join(facts)}\n"


def _escaped(line: str) -> str:
    return line.replace("|", "\\|")
