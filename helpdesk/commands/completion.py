"""Completion: what a line that somebody types may become."""

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.commands.catalogue import find_command
from helpdesk.commands.reading import is_line, read_line
from helpdesk.commands.refusals import meant_line
from helpdesk.commands.registry import Command
from helpdesk.desk.command_words import SLASH, tidy_command

MOST = 20


@dataclass(frozen=True)
class Completion:
    """A whole line, and what it is."""

    text: str
    title: str


@dataclass(frozen=True)
class Completed:
    """What a line may become; `did_you_mean` if it is none of ours as it stands."""

    completions: Sequence[Completion]
    did_you_mean: str | None = None


def complete(text: str, allowed: Sequence[Command]) -> Completed:
    """Return what a line may become, for somebody who may give these commands."""
    if not is_line(text):
        return Completed([])
    tidy = tidy_command(text).lstrip("\"'([{<").removeprefix(SLASH)
    is_open = not text or not text[-1].isspace()  # the last word may go on
    typed = tidy.lower().lstrip()
    found = _names(typed, allowed, is_open=is_open)
    words = typed.split()
    named = find_command(words)
    if named is not None and named[0] in allowed and (len(words) > 1 or not is_open):
        found += _behind(named[0], tidy, words, named[1], is_open=is_open)
    if found or not typed.strip():
        return Completed(found[:MOST])
    line = read_line(text)
    is_ours = line.command is not None and line.problem is None
    return Completed([], None if is_ours else meant_line(line, allowed))


def _names(
    typed: str, allowed: Sequence[Command], *, is_open: bool
) -> list[Completion]:
    begin = " ".join(typed.split()) + ("" if is_open or not typed.strip() else " ")
    return [
        Completion(f"/{each.name}" + (" " if each.parameters else ""), each.title)
        for each in allowed
        if each.name.startswith(begin)
    ]


def _behind(
    command: Command, tidy: str, words: Sequence[str], length: int, *, is_open: bool
) -> list[Completion]:
    """Return what may follow the name of a command: one of a few words, or an option."""
    given = list(words[length:])
    last = given.pop() if is_open and given else ""
    before = tidy[: len(tidy) - len(last)].rstrip() if last else tidy.rstrip()
    texts = [word for word in given if not word.startswith("--")]
    found = []
    if not last.startswith("--") and len(texts) < len(command.parameters):
        parameter = command.parameters[len(texts)]
        found += [
            Completion(f"/{before} {each}", command.title)
            for each in parameter.kind.choices
            if each.startswith(last)
        ]
    is_complete = all(not each.is_needed for each in command.parameters[len(texts) :])
    if is_complete and (not last or last.startswith("-")):
        found += [
            Completion(f"/{before} {each.flag}", each.help)
            for each in command.options
            if each.flag.startswith(last or "--") and each.flag not in given
        ]
    return found
