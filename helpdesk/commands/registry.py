"""The registry: a command is a typed function, its docstring is its help.

`@command("resend", risk=Risk.MAIL)` makes one of a function. Its positional parameters are
the words behind its name, its keyword-only flags are options. Who may give it is an
argument of the decorator, and is checked in one place before anything else.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, get_args, get_origin, get_type_hints

from helpdesk.commands.arguments import Kind
from helpdesk.commands.call import Result
from helpdesk.desk.risks import Risk
from helpdesk.store.words import Role

# An auditor changes nothing, and so gives no commands.
RANKS = {Role.AGENT: 1, Role.LEAD: 2, Role.ADMIN: 3}


@dataclass(frozen=True)
class Parameter:
    """A word, or the rest of them, behind the name of a command."""

    name: str
    kind: Kind
    is_needed: bool

    @property
    def usage(self) -> str:
        """How it is written in the help."""
        return f"<{self.kind.name}>" if self.is_needed else f"[{self.kind.name}]"


@dataclass(frozen=True)
class Option:
    """A flag, as it is typed and as the function calls it."""

    flag: str
    name: str
    help: str


OPTIONS = {
    "dry_run": Option(
        "--dry-run", "dry_run", "Say what would be done, and do nothing."
    ),
    "as_json": Option("--json", "as_json", "Answer with one JSON object."),
}


@dataclass(frozen=True)
class Command:
    """One command; `name` may have two words."""

    name: str
    role: Role
    risk: Risk
    help: str
    parameters: tuple[Parameter, ...]
    options: tuple[Option, ...]
    run: Callable[..., Result]

    @property
    def usage(self) -> str:
        """What is typed behind the name."""
        return " ".join(parameter.usage for parameter in self.parameters)

    @property
    def line(self) -> str:
        """What is typed in all."""
        return f"/{self.name} {self.usage}".strip()

    @property
    def title(self) -> str:
        """The first sentence of the help."""
        return self.help.split("\n", 1)[0]

    def is_for(self, role: Role) -> bool:
        """Tell whether a role may give it."""
        return RANKS.get(role, 0) >= RANKS[self.role]


REGISTERED: dict[str, Command] = {}


def command(
    name: str, *, role: Role = Role.ADMIN, risk: Risk = Risk.NONE
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Make a function a command.

    Args:
        name: What is typed behind the slash.
        role: Who may give it, and whoever stands above.
        risk: What can go wrong.
    """

    def register(function: Callable[..., Result]) -> Callable[..., Result]:
        if name in REGISTERED:
            raise ValueError(f"There are two commands called {name}.")
        parameters, options = _read_signature(function)
        text = inspect.getdoc(function) or ""
        REGISTERED[name] = Command(
            name, role, risk, text, parameters, options, function
        )
        return function

    return register


def allowed_for(role: Role) -> tuple[Command, ...]:
    """Return what a role may give, in the order in which it is listed."""
    return tuple(
        REGISTERED[name] for name in sorted(REGISTERED) if REGISTERED[name].is_for(role)
    )


def _read_signature(
    function: Callable[..., Result],
) -> tuple[tuple[Parameter, ...], tuple[Option, ...]]:
    hints = get_type_hints(function, include_extras=True)
    parameters, options = [], []
    for name, each in list(inspect.signature(function).parameters.items())[1:]:
        if each.kind is inspect.Parameter.KEYWORD_ONLY:
            options.append(OPTIONS[name])
            continue
        is_needed = each.default is inspect.Parameter.empty
        parameters.append(Parameter(name, _kind_of(hints[name]), is_needed))
    return tuple(parameters), tuple(options)


def _kind_of(hint: object) -> Kind:
    if get_origin(hint) is Annotated:
        for each in get_args(hint)[1:]:
            if isinstance(each, Kind):
                return each
    raise TypeError(f"A command cannot take {hint}.")
