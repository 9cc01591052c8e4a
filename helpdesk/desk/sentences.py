"""The few things that the help desk itself says in a conversation."""

from dataclasses import dataclass

from foundation.names import Names
from helpdesk.desk.word_files import Counted, texts_for

FILE = "sentences.yml"


@dataclass(frozen=True)
class Sentences:
    """See templates/sentences.yml, where each is explained."""

    assistant_slow: str
    assistant_slow_with_results: str
    turn_failed: str
    talk_to_person: str
    transcript_title: str
    you: str
    assistant: str
    agent: str
    note: str
    file: str
    next_in_line: str
    in_line: str
    lately_waited: Counted
    seen_by_them: str
    nobody_until: str
    nobody_now: str
    meanwhile: str
    meanwhile_without_mail: str
    somebody_came: str
    claimed: str
    transferred: str
    transferred_to_team: str
    released: str
    lost: str
    not_here: str
    handed_back: str
    resolved: str
    ask_rating: str
    invitation_requested: str
    reset_requested: str
    contact_command: str
    command_not_allowed: str
    command_failed: str
    start_run: Counted
    leave_run: str
    run_done: str
    run_stopped: str
    run_refused: str
    run_without: Counted
    run_without_more: str
    run_left_out: str


def read_sentences(names: Names) -> Sentences:
    """Read them, with the names of the product and its people filled in."""
    return Sentences(**texts_for(Sentences, FILE, names.fill))


def fill(sentence: str, **facts: object) -> str:
    """Put facts into a sentence, each in the place of its name in braces."""
    for name, fact in facts.items():
        sentence = sentence.replace("{" + name + "}", str(fact))
    return sentence
