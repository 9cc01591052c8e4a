"""All commands, in the order in which they are listed."""

from helpdesk.commands import (  # noqa: F401 - each of them registers its commands
    accounts,
    approvals,
    audit,
    bulk,
    conversation,
    help,
    mails,
)
from helpdesk.commands.registry import REGISTERED, Command, allowed_for

COMMANDS: tuple[Command, ...] = tuple(REGISTERED[name] for name in sorted(REGISTERED))
# What a line has to begin with to be one of ours.
FIRST_WORDS = frozenset(each.name.split()[0] for each in COMMANDS)


def find_command(words: list[str]) -> tuple[Command, int] | None:
    """Return the command that a line begins with, and how many words its name has."""
    for length in (2, 1):
        found = REGISTERED.get(" ".join(words[:length]).lower())
        if found is not None and len(words) >= length:
            return found, length
    return None


__all__ = ["COMMANDS", "FIRST_WORDS", "allowed_for", "find_command"]
