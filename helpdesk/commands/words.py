"""What the help desk itself says to commands."""

from collections.abc import Mapping
from dataclasses import dataclass

from helpdesk.desk.word_files import Counted, read_word_file, texts_for

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
    started: Counted
    stopping: str
    dropped: str
    not_yours: str
    nothing_to_undo: str
    undo_offer: str
    undo_line: str
    undo_nobody: str
    undo_button: str
    undo_kinds: Mapping[str, str]
    no_receipt: str
    no_entries: str
    entries: str
    more_entries: str
    no_approval: str
    agreed: str
    not_agreed: str
    summary: Counted
    summary_of_site: Counted
    no_longer_theirs: str


def read_command_words() -> CommandWords:
    """Read them."""
    kinds = read_word_file(FILE)["undo_kinds"]
    return CommandWords(undo_kinds=kinds, **texts_for(CommandWords, FILE))
