"""What the help desk itself says to commands."""

from dataclasses import dataclass

from helpdesk.desk.word_files import texts_for

FILE = "commands.yml"


@dataclass(frozen=True)
class CommandWords:
    """See templates/commands.yml, where each is explained."""

    not_allowed: str
    unknown: str
    did_you_mean: str
    see_help: str
    usage: str
    missing: str
    too_much: str
    unknown_option: str
    bad_address: str
    bad_number: str
    bad_choice: str
    bad_text: str
    help_title: str
    help_options: str
    help_risk_mail: str
    help_risk_bulk: str
    nothing_shown: str
    bot_off: str
    bot_on: str
    started: str
    stopping: str
    dropped: str
    not_yours: str
    nothing_to_undo: str
    no_receipt: str
    no_entries: str
    entries: str
    more_entries: str
    no_approval: str
    agreed: str
    not_agreed: str
    summary: str
    summary_of_site: str
    no_longer_theirs: str


def read_command_words() -> CommandWords:
    """Read them."""
    return CommandWords(**texts_for(CommandWords, FILE))
