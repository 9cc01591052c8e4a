"""The command that explains the others."""

from collections.abc import Iterable

from helpdesk.commands.arguments import Name
from helpdesk.commands.call import Answer, Call, Result
from helpdesk.commands.meant import closest
from helpdesk.commands.registry import Command, allowed_for, command
from helpdesk.commands.words import CommandWords
from helpdesk.desk.risks import Risk
from helpdesk.desk.sentences import fill
from helpdesk.store.words import Role


@command("help", role=Role.AGENT)
def explain(call: Call, command: Name = "") -> Result:
    """List what you can type here, or explain one command."""
    wanted = command.lstrip("/").lower()
    allowed = allowed_for(call.agent.role)
    if not wanted:
        return Answer(_list(call.room.words, allowed))
    found = [
        each
        for each in allowed
        if each.name == wanted or each.name.startswith(f"{wanted} ")
    ]
    if found:
        return Answer("\n\n".join(describe(call.room.words, each) for each in found))
    words = call.room.words
    meant = closest(wanted, [each.name for each in allowed])
    hint = fill(words.did_you_mean, meant=f"/help {meant}") if meant else words.see_help
    return Answer(f"{fill(words.unknown, command=wanted)} {hint}")


def describe(words: CommandWords, it: Command) -> str:
    """Return the whole help of a command, in Markdown."""
    risks = {Risk.MAIL: words.help_risk_mail, Risk.BULK: words.help_risk_bulk}
    paragraphs = [f"`{it.line}`", it.help]
    if it.risk in risks and it.parameters:
        paragraphs.append(risks[it.risk])
    if it.options:
        listed = "\n".join(f"* `{each.flag}`: {each.help}" for each in it.options)
        paragraphs.append(f"{words.help_options}\n\n{listed}")
    return "\n\n".join(paragraphs)


def _list(words: CommandWords, commands: Iterable[Command]) -> str:
    listed = "\n".join(f"* `{each.line}`: {each.title}" for each in commands)
    return f"{words.help_title}\n\n{listed}"
