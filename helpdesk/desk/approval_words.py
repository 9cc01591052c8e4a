"""What agents are told about things that a second person has to agree to."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import yaml

FILE = Path(__file__).parents[1] / "templates" / "console" / "second_person.yml"


@dataclass(frozen=True)
class ApprovalWords:
    """See templates/console/second_person.yml."""

    reasons: Mapping[str, str]
    needs: str
    nobody_else: str
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
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    reasons = {name: text.strip() for name, text in content["reasons"].items()}
    plain = [field.name for field in fields(ApprovalWords) if field.name != "reasons"]
    return ApprovalWords(
        reasons=reasons, **{name: content[name].strip() for name in plain}
    )
