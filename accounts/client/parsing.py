"""From the contract's JSON to results; anything unexpected is a `ValueError`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from accounts.client.results import (
    Account,
    AccountState,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Invitation,
    InvitationState,
    LinkInspection,
    LinkPurpose,
    LinkState,
    Role,
)

Word = TypeVar("Word", bound=StrEnum)
Result = TypeVar("Result")


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

    def inner_or_none(
        self, name: str, parse: Callable[[object], Result]
    ) -> Result | None:
        """Return a parsed object or null."""
        return self._or_none(name, lambda key: parse(self._value[key]))

    def _or_none(self, name: str, read: Callable[[str], Result]) -> Result | None:
        if name not in self._value:
            raise ValueError(f"{name} is missing")
        return None if self._value[name] is None else read(name)


def parse_invitation(value: object) -> Invitation:
    """Read an invitation."""
    fields = Fields(value)
    return Invitation(
        email=fields.text("email"),
        state=fields.word("state", InvitationState),
        first_name=fields.text("first_name"),
        last_name=fields.text("last_name"),
        site=fields.text_or_none("site"),
        issued_at=fields.moment("issued_at"),
        expires_at=fields.moment("expires_at"),
        accepted_at=fields.moment_or_none("accepted_at"),
    )


def parse_account(value: object) -> Account:
    """Read an account."""
    fields = Fields(value)
    return Account(
        email=fields.text("email"),
        state=fields.word("state", AccountState),
        role=fields.word("role", Role),
        first_name=fields.text("first_name"),
        last_name=fields.text("last_name"),
        site=fields.text_or_none("site"),
        created_at=fields.moment("created_at"),
        confirmed_at=fields.moment_or_none("confirmed_at"),
        last_login_at=fields.moment_or_none("last_login_at"),
        invitation=fields.inner_or_none("invitation", parse_invitation),
    )


def parse_delivery(value: object) -> Delivery:
    """Read a line of the delivery ledger."""
    fields = Fields(value)
    return Delivery(
        id=fields.text("id"),
        email=fields.text("email"),
        letter=fields.text("letter"),
        state=fields.word("state", DeliveryState),
        reason=fields.text_or_none("reason"),
        attempts=fields.count("attempts"),
        queued_at=fields.moment("queued_at"),
        updated_at=fields.moment("updated_at"),
        events=tuple(fields.each("events", _parse_event)),
    )


def parse_inspection(value: object) -> LinkInspection:
    """Read what became of a link."""
    fields = Fields(value)
    return LinkInspection(
        state=fields.word("state", LinkState),
        purpose=fields.word_or_none("purpose", LinkPurpose),
        issued_at=fields.moment_or_none("issued_at"),
        expires_at=fields.moment_or_none("expires_at"),
        used_at=fields.moment_or_none("used_at"),
        replaced_at=fields.moment_or_none("replaced_at"),
    )


def parse_queued(value: object) -> None:
    """Check the one answer to a recovery."""
    if Fields(value).text("status") != "queued":
        raise ValueError("status is not queued")


def _parse_event(value: object) -> DeliveryEvent:
    fields = Fields(value)
    return DeliveryEvent(
        state=fields.word("state", DeliveryState),
        at=fields.moment("at"),
        reason=fields.text_or_none("reason"),
    )
