"""Reading a typed line: like a shell, but forgiving.

What is kept of a line depends on the line alone, so that the same line sent again is known
for the same. A line that was understood is kept in its one form; of any other, secrets are
cut out as of any message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from helpdesk.commands.arguments import ArgumentError, read_address, shorten
from helpdesk.commands.catalogue import find_command
from helpdesk.commands.registry import Command, Parameter
from helpdesk.desk.command_words import SLASH, tidy_command
from helpdesk.desk.redaction import redact

_WORD = re.compile(r'"([^"]*)"?|\'([^\']*)\'(?=\s|$)|(\S+)')
_AROUND = "\"'([{<"
_BEHIND = ".,;:!?)]}>\"'"


@dataclass(frozen=True)
class Problem:
    """Why a line cannot be carried out; `why` names a sentence of commands.yml."""

    why: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A line that was read. Without a `command` there is none of that name."""

    name: str
    kept: str
    command: Command | None = None
    values: dict[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    rest: str = ""  # what was typed behind the name, without what is secret

    @property
    def address(self) -> str | None:
        """Whom it is about, if about one person."""
        found = self.values.get("address")
        return found if isinstance(found, str) else None


def is_line(text: str) -> bool:
    """Tell whether a text is a command, right or wrong, rather than plain language."""
    return tidy_command(text).lstrip(_AROUND).startswith(SLASH)


def read_line(text: str) -> Line:
    """Return what a line says."""
    tidy = tidy_command(text).lstrip(_AROUND)
    words = _split(tidy.removeprefix(SLASH))
    names = [each.rstrip(_BEHIND).lower() for each in words[:2]]
    found = find_command(names)
    if found is None:
        name, rest = (names[0] if names else ""), words[1:]
        kept = redact(tidy).text
        return Line(shorten(name), kept, rest=redact(" ".join(rest)).text)
    command, length = found
    rest = words[length:]
    try:
        values = _bind(command, rest)
    except ArgumentError as error:
        facts = {"text": error.text, "choices": ", ".join(error.choices)}
        problem = Problem(error.why, {"command": command.name, **facts})
        return _unfinished(command, rest, problem)
    except _LineError as error:
        return _unfinished(command, rest, error.problem)
    return Line(command.name, write_line(command, values), command, values)


def write_line(command: Command, values: dict[str, Any]) -> str:
    """Return the one form of a line."""
    words = [str(values[each.name]) for each in command.parameters if values[each.name]]
    flags = [each.flag for each in command.options if values[each.name]]
    return " ".join([f"/{command.name}", *words, *flags])


def bind_values(command: Command, given: dict[str, Any]) -> dict[str, Any] | None:
    """Return the values of a command that a button carries; None if they do not fit.

    They come from a part of ours, and are read like any others.
    """
    values: dict[str, Any] = {}
    try:
        for parameter in command.parameters:
            word = str(given.get(parameter.name) or "")
            if parameter.is_needed and not word:
                return None
            values[parameter.name] = parameter.kind.read(word) if word else ""
    except ArgumentError:
        return None
    return values | {
        each.name: given.get(each.name) is True for each in command.options
    }


class _LineError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.why)
        self.problem = problem


def _unfinished(command: Command, rest: Sequence[str], problem: Problem) -> Line:
    behind = redact(" ".join(rest)).text
    kept = f"/{command.name} {behind}".strip()
    return Line(command.name, kept, command, problem=problem, rest=behind)


def _split(line: str) -> list[str]:
    found = (double or single or bare for double, single, bare in _WORD.findall(line))
    return [word.strip() for word in found if word.strip(_BEHIND + _AROUND + " ")]


def _bind(command: Command, words: Sequence[str]) -> dict[str, Any]:
    flags = [word for word in words if word.startswith("--")]
    rest = [word for word in words if not word.startswith("--")]
    values: dict[str, Any] = {each.name: False for each in command.options}
    for flag in flags:
        values[_option(command, flag)] = True
    for parameter in command.parameters:
        rest = _take(command, parameter, rest, values)
    if rest:
        facts = {"command": command.name, "rest": shorten(" ".join(rest))}
        raise _LineError(Problem("too_much", facts))
    return values


def _option(command: Command, flag: str) -> str:
    typed = flag.lower().rstrip(_BEHIND).replace("_", "-")
    for each in command.options:
        if each.flag == typed:
            return each.name
    facts = {"command": command.name, "option": shorten(typed)}
    raise _LineError(Problem("unknown_option", facts))


def _take(
    command: Command, parameter: Parameter, rest: list[str], values: dict[str, Any]
) -> list[str]:
    """Read what a parameter takes of the words that are left; return the others."""
    kind = parameter.kind
    if not rest:
        if parameter.is_needed:
            facts = {"command": command.name, "what": f"<{kind.name}>"}
            raise _LineError(Problem("missing", facts))
        values[parameter.name] = ""
        return []
    if kind.takes_rest:
        values[parameter.name] = kind.read(" ".join(rest))
        return []
    if kind.read is read_address:
        rest = _without_name(rest)
    values[parameter.name] = kind.read(rest[0])
    return rest[1:]


def _without_name(words: list[str]) -> list[str]:
    """Return the address of what a mail program copies: `Ana Costa <ana@example.com>`."""
    wrapped = [word for word in words if word.startswith("<") and "@" in word]
    others = [word for word in words if "@" in word and word not in wrapped]
    return wrapped if len(wrapped) == 1 and not others else words
