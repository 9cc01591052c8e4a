"""The kinds of words that commands take, and how each is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from foundation.addresses import AddressError, normalise_address
from helpdesk.desk.redaction import redact

LONGEST_PART = 100
NUMBER = re.compile(r"#?([0-9a-f]{8})", re.IGNORECASE)
_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)
_WRAPPING = "<>()[]{}\"'`,;:!?*_|."


class ArgumentError(ValueError):
    """A word that cannot be used; `why` names a sentence of templates/commands.yml."""

    def __init__(self, why: str, text: str = "", choices: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.text = text
        self.choices = choices


@dataclass(frozen=True)
class Kind:
    """What a command wants in one place.

    `takes_rest`: all words that are left are one. `choices`: nothing else is taken.
    """

    name: str
    read: Callable[[str], str]
    takes_rest: bool = False
    choices: tuple[str, ...] = ()


def read_address(word: str) -> str:
    """Return an address as phones and mail programs paste it, in its one form.

    Raises:
        ArgumentError: It is none.
    """
    bare = _MAILTO.sub("", word.strip(_WRAPPING)).split("?", 1)[0]
    try:
        return normalise_address(bare.strip(_WRAPPING))
    except AddressError as error:
        raise ArgumentError("bad_address", shorten(word)) from error


def read_number(word: str) -> str:
    """Return the number of a receipt, an approval or a bulk command.

    Raises:
        ArgumentError: It is none.
    """
    found = NUMBER.fullmatch(word.strip(_WRAPPING))
    if found is None:
        raise ArgumentError("bad_number", shorten(word))
    return found[1].lower()


def read_text(word: str) -> str:
    """Return words as they were typed, without what is secret.

    Raises:
        ArgumentError: There are too many.
    """
    if len(word) > LONGEST_PART:
        raise ArgumentError("bad_text")
    return redact(word).text


def choose(*choices: str) -> Callable[[str], str]:
    """Return how one of a few words is read."""

    def read(word: str) -> str:
        chosen = word.strip(_WRAPPING).lower()
        if chosen not in choices:
            raise ArgumentError("bad_choice", shorten(word), choices)
        return chosen

    return read


def shorten(word: str) -> str:
    """Return what is said of a word that cannot be used: it may be anything."""
    return redact(word).text[:LONGEST_PART]


def choice(name: str, *choices: str) -> Kind:
    """Return the kind that is one of a few words."""
    return Kind(name, choose(*choices), choices=choices)


Address = Annotated[str, Kind("address", read_address)]
Number = Annotated[str, Kind("number", read_number)]
Part = Annotated[str, Kind("part", read_text, takes_rest=True)]
Site = Annotated[str, Kind("site", read_text, takes_rest=True)]
Name = Annotated[str, Kind("command", read_text, takes_rest=True)]
Switch = Annotated[str, choice("on|off", "on", "off")]
InvitationState = Annotated[str, choice("expired|pending", "expired", "pending")]
