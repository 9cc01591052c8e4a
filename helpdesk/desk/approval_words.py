"""What agents are told about things that a second person has to agree to."""

from collections.abc import Mapping
from dataclasses import dataclass

from helpdesk.desk.word_files import read_word_file, texts_for

FILE = "console/second_person.yml"


@dataclass(frozen=True)
class ApprovalWords:
    """See templates/console/second_person.yml."""

    reasons: Mapping[str, str]
    needs: str
    nobody_else: str
    meanwhile: str
    asked: str
    approved: str
    refused: str
    expired: str
    alone: str
    alone_and_strict: str
    invitation: str
    reset: str


def read_approval_words() -> ApprovalWords:
    """Read them."""
    listed = read_word_file(FILE)["reasons"]
    reasons = {name: text.strip() for name, text in listed.items()}
    return ApprovalWords(reasons=reasons, **texts_for(ApprovalWords, FILE))
