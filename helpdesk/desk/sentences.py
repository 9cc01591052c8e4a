"""The few things that the help desk itself says in a conversation."""

from dataclasses import dataclass, fields
from pathlib import Path

import yaml

from foundation.names import Names

FILE = Path(__file__).parents[1] / "templates" / "sentences.yml"


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


def read_sentences(names: Names) -> Sentences:
    """Read them, with the names of the product and its people filled in."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    wanted = [field.name for field in fields(Sentences)]
    return Sentences(**{key: content[key].format_map(vars(names)) for key in wanted})
