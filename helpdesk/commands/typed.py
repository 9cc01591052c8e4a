"""What an agent sends in their own chat: typed, or by a button below an answer."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.commands.catalogue import find_command
from helpdesk.commands.reading import (
    Line,
    bind_values,
    is_line,
    read_line,
    write_line,
)
from helpdesk.desk.buttons import OF_MESSAGE, Pressed, find_below_message
from helpdesk.desk.command_payloads import is_command_payload, read_payload
from helpdesk.desk.errors import ButtonExpiredError, DeskError, EmptyMessageError
from helpdesk.desk.typed_text import check_length, clean_text, read_typed
from helpdesk.store.models import Message


@dataclass(frozen=True)
class Typed:
    """Exactly one of `text` and `button`; `shown` is the conversation on the screen."""

    client_id: UUID
    text: str | None = None
    button: str | None = None
    shown: UUID | None = None

    def is_what(self, known: Message) -> bool:
        """Tell whether a message in the record came of the same."""
        try:
            if self.button is not None:
                return known.details.get("button") == self.button
            return known.text == read_text(self.text or "").text
        except DeskError:
            return False


@dataclass(frozen=True)
class Wanted:
    """What was meant: a `line`, or something for the assistant to understand."""

    text: str  # as the transcript keeps it
    line: Line | None = None
    payload: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def read_wanted(session: Session, own_id: UUID, typed: Typed) -> Wanted:
    """Return what an agent wants.

    Raises:
        DeskError: It is empty, too long, or no button that can be pressed.
    """
    if (typed.text is None) == (typed.button is None):
        raise EmptyMessageError("Send either `text` or `button`.")
    if typed.button is None:
        return read_text(typed.text or "")
    pressed = _pressed(session, own_id, typed.button)
    details = {"button": typed.button}
    if pressed.command is not None:
        line = read_line(pressed.command)
        return Wanted(pressed.title, line, details=details)
    if is_command_payload(pressed.payload):
        return Wanted(pressed.title, line_of(pressed.payload), details=details)
    return Wanted(pressed.title, payload=pressed.payload, details=details)


def read_text(text: str) -> Wanted:
    """Return what a typed text says.

    Raises:
        DeskError: It is empty or too long.
    """
    check_length(text)
    clean = clean_text(text).strip()
    if clean and is_line(clean):
        line = read_line(clean)
        return Wanted(line.kept, line)
    content = read_typed(text)
    return Wanted(content.text, details=content.details)


def line_of(payload: str) -> Line:
    """Return the line that a button of the assistant's stands for.

    Raises:
        ButtonExpiredError: It is no command of ours.
    """
    carried = read_payload(payload)
    line = make_line(*carried) if carried else None
    if line is None:
        raise ButtonExpiredError("This button can no longer be pressed.")
    return line


def make_line(name: str, arguments: dict[str, Any]) -> Line | None:
    """Return the line that says a command with its arguments; None if there is none."""
    found = find_command([name])
    values = bind_values(found[0], arguments) if found else None
    if found is None or values is None:
        return None
    return Line(name, write_line(found[0], values), found[0], values)


def _pressed(session: Session, own_id: UUID, button: str) -> Pressed:
    below = OF_MESSAGE.fullmatch(button)
    found = (
        find_below_message(session, own_id, int(below[1]), int(below[2]))
        if below
        else None
    )
    if found is None:
        raise ButtonExpiredError("This button can no longer be pressed.")
    return found
