"""Checks at the start: what is unsafe in an installation, with an id and what to do.

In production an unsafe setting keeps a service from starting, and everything that is wrong
is said at once. In development the same is a warning, and only where it matters there.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from foundation.environment import Environment, SettingsError
from foundation.postman import SmtpSettings
from foundation.secret import Secret

log = logging.getLogger(__name__)

FEWEST_CHARACTERS = 10  # different ones, in a secret that was not made up by hand
WORDS_OF_EXAMPLES = (
    "changeme",
    "change-me",
    "secret",
    "password",
    "example",
    "default",
)
FOR_OTHERS = 0o077
DEVELOPMENT_MAIL_PORT = 1025


class Stage(StrEnum):
    """What an installation is for: `LATCHKEY_ENVIRONMENT`."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"  # does not start in production
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something unsafe.

    Attributes:
        id: Stays the same, for operators who look it up or silence it.
        level: How bad it is.
        message: What is wrong.
        hint: What to do.
        matters_always: Also on a machine where Latchkey is only tried out.
    """

    id: str
    level: Level
    message: str
    hint: str
    matters_always: bool = False


class UnsafeError(SettingsError):
    """The service does not start; the message has one line for each finding."""


def read_stage(read: Environment) -> Stage:
    """Return what the installation is for.

    Raises:
        SettingsError: It is neither.
    """
    name = "LATCHKEY_ENVIRONMENT"
    try:
        return Stage(read.text(name, Stage.DEVELOPMENT))
    except ValueError as error:
        raise SettingsError(f"{name} must be development or production.") from error


def admit(findings: Sequence[Finding], stage: Stage) -> None:
    """Log what was found; refuse the start where that is called for.

    Raises:
        UnsafeError: It is production, and something is unsafe.
    """
    errors = [each for each in findings if each.level is Level.ERROR]
    if stage is Stage.PRODUCTION and errors:
        lines = (f"{each.id}: {each.message} {each.hint}" for each in errors)
        raise UnsafeError("Not safe to start:\n" + "\n".join(f"  {x}" for x in lines))
    for each in findings:
        if stage is Stage.PRODUCTION or each.matters_always:
            log.warning("%s: %s %s", each.id, each.message, each.hint)


def is_private(url: str) -> bool:
    """Tell whether the host of a URL is this machine or in a private network.

    A name without a dot is one of a private network, such as a container's.
    """
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local", ".localhost"))
    return address.is_private or address.is_loopback


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_development_mailbox(smtp: SmtpSettings) -> bool:
    """Tell whether mails go where only the developer of this machine reads them."""
    return smtp.port == DEVELOPMENT_MAIL_PORT and is_loopback(smtp.host)


def weak_secrets(secrets: Iterable[tuple[str, Secret]]) -> list[str]:
    """Return the names of the settings whose value somebody could guess."""
    return [name for name, secret in secrets if any(map(_is_weak, secret.all))]


def shared_secrets(secrets: Iterable[tuple[str, Secret]]) -> list[str]:
    """Return the names of the settings that have a value in common."""
    by_value: dict[str, list[str]] = {}
    for name, secret in secrets:
        for value in set(secret.all):
            by_value.setdefault(value, []).append(name)
    shared = {name for names in by_value.values() if len(names) > 1 for name in names}
    return sorted(shared)


def open_to_others(paths: Iterable[Path]) -> list[Path]:
    """Return those that other users of this machine may read or change."""
    return [path for path in paths if path.exists() and _is_open(path)]


def _is_weak(value: str) -> bool:
    lowered = value.lower()
    is_example = any(lowered.startswith(word) for word in WORDS_OF_EXAMPLES)
    return is_example or len(set(value)) < FEWEST_CHARACTERS


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & FOR_OTHERS)
