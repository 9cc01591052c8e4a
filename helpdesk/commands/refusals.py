"""What is said when a line cannot be carried out, and what may have been meant."""

from collections.abc import Sequence

from helpdesk.commands.call import Answer, Button
from helpdesk.commands.meant import closest
from helpdesk.commands.reading import Line
from helpdesk.commands.registry import Command
from helpdesk.commands.words import CommandWords
from helpdesk.desk.sentences import fill


def say_not_allowed(words: CommandWords, command: Command) -> Answer:
    """Return the polite no to somebody whose role may not."""
    text = fill(words.not_allowed, role=command.role.value, command=command.name)
    return Answer(text)


def say_unknown(words: CommandWords, line: Line, allowed: Sequence[Command]) -> Answer:
    """Return what is said to a name that there is not."""
    said = fill(words.unknown, command=line.name)
    meant = meant_line(line, allowed)
    if meant is None:
        return Answer(f"{said} {words.see_help}")
    text = f"{said} {fill(words.did_you_mean, meant=meant)}"
    return Answer(text, [Button(meant, meant)])


def say_problem(words: CommandWords, line: Line, command: Command) -> Answer:
    """Return what is wrong with the words behind a name, and how it goes."""
    problem = line.problem
    if problem is None:
        return Answer(fill(words.usage, usage=command.line))
    said = fill(getattr(words, problem.why), **problem.facts)
    meant = meant_line(line, [command])
    if meant is not None:
        text = f"{said} {fill(words.did_you_mean, meant=meant)}"
        return Answer(text, [Button(meant, meant)])
    return Answer(f"{said} {fill(words.usage, usage=command.line)}")


def meant_line(line: Line, allowed: Sequence[Command]) -> str | None:
    """Return the line that may have been meant instead; None without a guess."""
    if line.command is None:
        name = closest(line.name, [each.name for each in allowed])
        return f"/{name} {line.rest}".strip() if name else None
    problem = line.problem
    if problem is None or problem.why != "unknown_option":
        return None
    typed = problem.facts["option"]
    flag = closest(typed, [each.flag for each in line.command.options])
    if flag is None:
        return None
    words = [flag if each.startswith("--") else each for each in line.rest.split()]
    return " ".join([f"/{line.command.name}", *dict.fromkeys(words)])
