"""What the rules of handing over must be told: words, opening hours, patience."""

from dataclasses import dataclass

from helpdesk.desk.hours import Hours
from helpdesk.desk.sentences import Sentences


@dataclass(frozen=True)
class Office:
    """How this help desk is run.

    `turn_cap` is how often the assistant answers before a person takes over; `commands`
    are the first words of what only agents may type after a slash.
    """

    sentences: Sentences
    hours: Hours
    turn_cap: int = 30
    commands: frozenset[str] = frozenset()
