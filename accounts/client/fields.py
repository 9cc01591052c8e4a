"""Typed access to JSON; anything unexpected is a `ValueError`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)
Result = TypeVar("Result")

# What an answer without a body is read as.
NO_CONTENT = object()


class Fields:
    """Typed access to a JSON object; fields that nobody asks for are ignored."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise ValueError("an object was expected")  # noqa: TRY004 - one error type
        self._value = value

    def text(self, name: str) -> str:
        """Return a text."""
        value = self._value.get(name)
        if not isinstance(value, str):
            raise ValueError(f"{name} is not text")  # noqa: TRY004 - one error type
        return value

    def text_or_none(self, name: str) -> str | None:
        """Return a text or null."""
        return self._or_none(name, self.text)

    def count(self, name: str) -> int:
        """Return a whole number."""
        value = self._value.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} is no number")  # noqa: TRY004 - one error type
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._value.get(name)
        if not isinstance(value, bool):
            raise ValueError(f"{name} is no flag")  # noqa: TRY004 - one error type
        return value

    def moment(self, name: str) -> datetime:
        """Return an aware moment."""
        at = datetime.fromisoformat(self.text(name))
        if at.tzinfo is None:
            raise ValueError(f"{name} has no time zone")
        return at

    def moment_or_none(self, name: str) -> datetime | None:
        """Return an aware moment or null."""
        return self._or_none(name, self.moment)

    def word(self, name: str, words: type[Word]) -> Word:
        """Return one word of a closed set."""
        return words(self.text(name))

    def word_or_none(self, name: str, words: type[Word]) -> Word | None:
        """Return one word of a closed set or null."""
        return self._or_none(name, lambda key: self.word(key, words))

    def each(self, name: str, parse: Callable[[object], Result]) -> list[Result]:
        """Return a parsed list."""
        value = self._value.get(name)
        if not isinstance(value, list):
            raise ValueError(f"{name} is not a list")  # noqa: TRY004 - one error type
        return [parse(item) for item in value]

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""
        values: list[object] = self.each(name, lambda value: value)
        if not all(isinstance(value, str) for value in values):
            raise ValueError(f"{name} holds more than text")
        return [str(value) for value in values]

    def inner_or_none(
        self, name: str, parse: Callable[[object], Result]
    ) -> Result | None:
        """Return a parsed object or null."""
        return self._or_none(name, lambda key: parse(self._value[key]))

    def _or_none(self, name: str, read: Callable[[str], Result]) -> Result | None:
        if name not in self._value:
            raise ValueError(f"{name} is missing")
        return None if self._value[name] is None else read(name)
