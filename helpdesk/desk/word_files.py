"""Files of words that people read: one text for each field of a dataclass."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

TEMPLATES = Path(__file__).parents[1] / "templates"


def read_word_file(name: str) -> Mapping[str, Any]:
    """Return the content of a file below `templates`."""
    content: dict[str, Any] = yaml.safe_load((TEMPLATES / name).read_text("utf-8"))
    return content


def texts_for(kind: type[Any], name: str) -> dict[str, str]:
    """Return the texts for those fields of a dataclass that hold one."""
    content = read_word_file(name)
    wanted = [each.name for each in fields(kind) if each.type is str]
    return {each: content[each].strip() for each in wanted}
