"""Files of words that people read: one text for each field of a dataclass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from foundation.yaml_text import read_yaml

TEMPLATES = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True)
class Counted:
    """A text about a number of things, and how it is said of one of them."""

    one: str
    other: str

    def of(self, count: int) -> str:
        """Return how it is said of so many."""
        return self.one if count == 1 else self.other


def read_word_file(name: str) -> Mapping[str, Any]:
    """Return the content of a file below `templates`."""
    content: dict[str, Any] = read_yaml((TEMPLATES / name).read_text("utf-8"))
    return content


def texts_for(
    kind: type[Any], name: str, finish: Callable[[str], str] = str.strip
) -> dict[str, Any]:
    """Return the texts for those fields of a dataclass that hold one.

    Args:
        kind: The dataclass.
        name: The file; a `Counted` text has its two forms there.
        finish: What is done to each text.
    """
    content = read_word_file(name)
    found: dict[str, Any] = {}
    for each in fields(kind):
        if each.type is str:
            found[each.name] = finish(content[each.name].strip())
        elif each.type is Counted:
            forms = {form: finish(text) for form, text in content[each.name].items()}
            found[each.name] = Counted(**forms)
    return found
