"""Texts of domain.yml for answers that are put together from several pieces.

A response of the assistant is said by Rasa; what is only a piece of one is filled in here.
Where a number decides, the first wording is for one and the second for any other.
"""

import re
from dataclasses import dataclass

from actions.safe_action import Domain

PLACE = re.compile(r"\{(\w+)\}")
UNSAFE = re.compile(r"[`\x00-\x1f\x7f\u2028\u2029]+")
LONGEST_QUOTE = 120


@dataclass(frozen=True)
class Words:
    """The texts of the model that is talking."""

    domain: Domain

    def say(self, response: str, **values: object) -> str:
        """Return a text with its values in place."""
        return _fill(self._wordings(response)[0], values)

    def count(
        self, response: str, count: int, *, is_at_least: bool = False, **values: object
    ) -> str:
        """Return a text about a number of things, or about more than that."""
        wordings = self._wordings(response)
        number = f"{count:,}"
        if is_at_least:
            number = self.say("utter_more_than", count=number)
        chosen = wordings[0] if count == 1 else wordings[-1]
        return _fill(chosen, {"count": number, **values})

    def _wordings(self, response: str) -> list[str]:
        return [each["text"] for each in self.domain["responses"][response]]


def quoted(text: str) -> str:
    """Return what others wrote, so that it stays text whatever is in it."""
    plain = " ".join(UNSAFE.sub(" ", text).split())
    shown = plain if len(plain) <= LONGEST_QUOTE else plain[: LONGEST_QUOTE - 1] + "…"
    return f"`{shown}`" if shown else "–"


def _fill(text: str, values: dict[str, object]) -> str:
    return PLACE.sub(lambda m: str(values.get(m[1], m[0])), text)
