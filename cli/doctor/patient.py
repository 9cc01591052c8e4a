"""What is looked at: an installation's settings, and what runs of it."""

import contextlib
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from accounts.settings import AccountsSettings
from cli import keys
from cli.doctor.asking import WITHIN_S, in_parallel
from cli.doctor.finding import LeftOutError
from foundation.secret import Secret
from foundation.start_checks import Stage, is_loopback
from helpdesk.settings import HelpdeskSettings

LOOPBACK = "127.0.0.1"
ANYWHERE = {"0.0.0.0": LOOPBACK, "::": "[::1]"}  # noqa: S104 - a way in, not a door


class Kind(StrEnum):
    """Where the settings come from."""

    UP = "up"  # what `./latchkey up` composes
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Patient:
    """An installation.

    Attributes:
        kind: Where its settings come from.
        state: The state folder.
        variables: The help desk's environment.
        helpdesk: Its settings; None if they are not here, or cannot be read.
        accounts: The account backend's settings; likewise.
        secrets: Those that can be used, by their variables.
        has_helpdesk: Whether the help desk's settings belong here, readable or not.
        servers: The settings of what `up` runs itself beside the parts.
        processes: What a running `up` says of them.
        is_up: Whether there is an `up` that runs.
    """

    kind: Kind
    state: Path
    variables: Mapping[str, str]
    helpdesk: HelpdeskSettings | None
    accounts: AccountsSettings | None
    secrets: Mapping[str, Secret]
    has_helpdesk: bool
    servers: Mapping[str, str] = field(default_factory=dict)
    processes: tuple[Mapping[str, Any], ...] = ()
    is_up: bool = False

    @property
    def stage(self) -> Stage:
        """What it is for."""
        settings = self.helpdesk or self.accounts
        return settings.stage if settings else Stage.DEVELOPMENT

    @cached_property
    def is_running(self) -> bool:
        """Whether any part of it runs."""
        if self.kind is Kind.UP:
            return self.is_up
        return any(in_parallel(_listens, self._addresses()))

    def secret(self, name: str) -> Secret:
        """Return a secret.

        Raises:
            LeftOutError: It is missing, or cannot be used.
        """
        if name not in self.secrets:
            raise LeftOutError("no_secret")
        return self.secrets[name]

    @property
    def here(self) -> str:
        """The address at which the help desk itself listens."""
        assert self.helpdesk is not None
        host = ANYWHERE.get(self.helpdesk.host, self.helpdesk.host)
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        private = self.helpdesk.private_port
        return f"http://{LOOPBACK if private else host}:{private or self.helpdesk.port}"

    @property
    def rasa_urls(self) -> tuple[str, ...]:
        """Where Rasa's processes are.

        Raises:
            LeftOutError: Nothing here says so.
        """
        if self.helpdesk is not None:
            return self.helpdesk.rasa_urls
        self._be_alone_with(keys.TURN_KEY)
        return (self._own("RASA", "5005"),)

    @property
    def action_urls(self) -> tuple[str, ...]:
        """Where the action servers are.

        Raises:
            LeftOutError: Nothing here says so; it is the business of Rasa's host.
        """
        named = self.variables.get("LATCHKEY_ACTIONS_URL", "").split(",")
        urls = [each.strip().rstrip("/").removesuffix("/webhook") for each in named]
        if any(urls):
            return tuple(filter(None, urls))
        if self.kind is Kind.ENVIRONMENT and not self.has_rasa:
            self._be_alone_with(keys.ACTOR_KEY)
        return (self._own("ACTIONS", "5055"),)

    @property
    def accounts_url(self) -> str:
        """Where the account backend is.

        Raises:
            LeftOutError: Nothing here says so.
        """
        if self.helpdesk is not None:
            return self.helpdesk.accounts_url
        if self.accounts is not None:
            host = ANYWHERE.get(self.accounts.host, self.accounts.host)
            return f"http://{host}:{self.accounts.port}"
        named = self.variables.get("LATCHKEY_ACCOUNTS_URL", "").strip().rstrip("/")
        if not named:
            raise LeftOutError("no_helpdesk")
        return named

    @property
    def has_rasa(self) -> bool:
        """Whether Rasa is on this machine."""
        if self.helpdesk is None:
            return "LATCHKEY_MODEL" in self.variables
        hosts = (urlsplit(url).hostname or "" for url in self.helpdesk.rasa_urls)
        return all(map(is_loopback, hosts))

    def _be_alone_with(self, key: str) -> None:
        """Raise unless this is the host of a part that has a key, without a help desk."""
        if self.has_helpdesk:
            raise LeftOutError("elsewhere" if self.helpdesk else "no_helpdesk")
        self.secret(key)

    def _own(self, part: str, port: str) -> str:
        """Return where a part of this machine listens."""
        host = self.variables.get(f"LATCHKEY_{part}_HOST", "").strip() or LOOPBACK
        chosen = self.variables.get(f"LATCHKEY_{part}_PORT", "").strip() or port
        return f"http://{ANYWHERE.get(host, host)}:{chosen}"

    def _addresses(self) -> Iterable[str]:
        if self.helpdesk is not None:
            yield self.here
        with contextlib.suppress(LeftOutError):
            yield from self.rasa_urls
        with contextlib.suppress(LeftOutError):
            yield self.accounts_url
        with contextlib.suppress(LeftOutError):
            yield from self.action_urls


def _listens(url: str) -> bool:
    place = urlsplit(url)
    port = place.port or {"https": 443}.get(place.scheme, 80)
    try:
        socket.create_connection((place.hostname or "", port), WITHIN_S / 2).close()
    except OSError:
        return False
    return True


def is_named(name: str, variables: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a setting, or a file that holds it, is in the environment."""
    return any(variables.get(each, "").strip() for each in (name, f"{name}_FILE"))
