"""The parts of a running Latchkey: which programs, on which addresses, with which keys.

The only place that knows how every process is started. `up`, `chat`, the benchmarks and
the end-to-end tests all run what is composed here.
"""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from cli import rasa_room
from cli.console import fail
from cli.keys import ACTOR_KEY, TURN_KEY, read_keys
from cli.places import MODEL, PROJECT, STATE
from cli.processes import Child
from helpdesk.assistant import TURN_PATH, AssistantClient

HOST = "127.0.0.1"
PORT_VARIABLES = {
    "helpdesk": ("LATCHKEY_HELPDESK_PORT", 8080),
    "accounts": ("LATCHKEY_ACCOUNTS_PORT", 8081),
    "actions": ("LATCHKEY_ACTIONS_PORT", 5055),
    "rasa": ("LATCHKEY_RASA_PORT", 5005),
    "outbox": ("LATCHKEY_OUTBOX_HTTP_PORT", 8025),
    "smtp": ("LATCHKEY_OUTBOX_SMTP_PORT", 1025),
}


class PortTakenError(Exception):
    """Another program listens where one of ours should."""


@dataclass(frozen=True)
class Ports:
    """The port of each part, all on the loopback address."""

    helpdesk: int
    accounts: int
    actions: int
    rasa: int
    outbox: int
    smtp: int

    @classmethod
    def from_environment(cls) -> "Ports":
        """Return the fixed ports of an installation."""
        chosen = {}
        for part, (variable, default) in PORT_VARIABLES.items():
            value = os.environ.get(variable, str(default))
            if not value.isdecimal() or not 0 < int(value) < 65536:
                fail(f"{variable} is “{value}”; a port is a number from 1 to 65535.", 2)
            chosen[part] = int(value)
        return cls(**chosen)

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that nothing listens on, for a stack beside another one."""
        sockets = [socket.create_server((HOST, 0)) for _ in PORT_VARIABLES]
        numbers = [s.getsockname()[1] for s in sockets]
        for opened in sockets:
            opened.close()
        return cls(*numbers)

    def check_free(self) -> None:
        """Raise if anything listens on one of the ports.

        Raises:
            PortTakenError: names the port and the variable that changes it.
        """
        for part, (variable, _) in PORT_VARIABLES.items():
            port = getattr(self, part)
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    raise PortTakenError(
                        f"Port {port} is taken by another program (or Latchkey is "
                        f"already up). Stop it, or set {variable} to another port."
                    )


@dataclass(frozen=True)
class Stack:
    """A composition of all parts."""

    ports: Ports
    state: Path
    keys: Mapping[str, str]
    model: Path = MODEL

    @classmethod
    def on(cls, ports: Ports, state: Path = STATE) -> "Stack":
        """Compose a stack with the keys that belong to its state."""
        return cls(ports, state, read_keys(state))

    def url(self, part: str) -> str:
        """Return a part's address."""
        return f"http://{HOST}:{getattr(self.ports, part)}"

    def assistant(self) -> AssistantClient:
        """Return a client of the assistant."""
        return AssistantClient(
            self.url("rasa"),
            turn_key=self.keys[TURN_KEY],
            actor_key=self.keys[ACTOR_KEY],
        )

    @property
    def is_assistant_up(self) -> "Answers":
        """Return a check whether the turn channel answers."""
        return Answers(self.url("rasa") + TURN_PATH.removesuffix("turn"))

    def children(self) -> list[Child]:
        """Return every process, the outbox only when no mail server is configured."""
        children = [self.helpdesk(), self.accounts(), self.actions(), self.rasa()]
        if "LATCHKEY_SMTP_HOST" not in os.environ:
            children.insert(0, self.outbox())
        return children

    def outbox(self) -> Child:
        """Return the development mailbox: a mail server that keeps what it gets."""
        settings = {
            "LATCHKEY_OUTBOX_DIR": str(self.state / "outbox"),
            "LATCHKEY_OUTBOX_SMTP_PORT": str(self.ports.smtp),
            "LATCHKEY_OUTBOX_HTTP_PORT": str(self.ports.outbox),
        }
        return self._modern("outbox", "accounts.outbox", settings, self.url("outbox"))

    def accounts(self) -> Child:
        """Return the reference account backend."""
        own = {
            "LATCHKEY_ACCOUNTS_HOST": HOST,
            "LATCHKEY_ACCOUNTS_PORT": str(self.ports.accounts),
            "LATCHKEY_HOME": str(self.state),
        }
        has_mail_server = "LATCHKEY_SMTP_HOST" in os.environ
        defaults = {
            "LATCHKEY_ACCOUNTS_PUBLIC_URL": self.url("accounts"),
            # People with published passwords are for trying things out only.
            "LATCHKEY_ACCOUNTS_SEED": "0" if has_mail_server else "1",
            "LATCHKEY_SMTP_HOST": HOST,
            "LATCHKEY_SMTP_PORT": "587" if has_mail_server else str(self.ports.smtp),
        }
        chosen = {name: os.environ.get(name, value) for name, value in defaults.items()}
        health = self.url("accounts") + "/healthz"
        return self._modern("accounts", "accounts", own | chosen, health)

    def helpdesk(self, **more: str) -> Child:
        """Return the help desk.

        Args:
            more: Further settings, over those of the environment.
        """
        own = {
            "LATCHKEY_HELPDESK_HOST": HOST,
            "LATCHKEY_HELPDESK_PORT": str(self.ports.helpdesk),
            "LATCHKEY_HOME": str(self.state),
        }
        defaults = {
            **self._mail_server(),
            "LATCHKEY_RASA_URL": self.url("rasa"),
            "LATCHKEY_PUBLIC_URL": self.url("helpdesk"),
            "LATCHKEY_ACCOUNTS_URL": self.url("accounts"),
            "LATCHKEY_ARTICLES": str(PROJECT / "kb"),
            "LATCHKEY_DOMAIN": str(PROJECT / "domain.yml"),
            "LATCHKEY_SETTINGS": str(PROJECT / "settings.yml"),
        }
        chosen = {name: os.environ.get(name, value) for name, value in defaults.items()}
        health = self.url("helpdesk") + "/healthz"
        return self._modern("helpdesk", "helpdesk", own | chosen | more, health)

    def _mail_server(self) -> dict[str, str]:
        """Return where the help desk's mails go, unless it is told: where all others do."""
        if "LATCHKEY_SMTP_HOST" not in os.environ:
            return {
                "LATCHKEY_HELPDESK_SMTP_HOST": HOST,
                "LATCHKEY_HELPDESK_SMTP_PORT": str(self.ports.smtp),
            }
        if "LATCHKEY_HELPDESK_SMTP_HOST" in os.environ:
            return {}
        shared = {"LATCHKEY_SMTP_PORT": "587"} | {
            name: value
            for name, value in os.environ.items()
            if name.startswith("LATCHKEY_SMTP_") or name == "LATCHKEY_MAIL_FROM"
        }
        return {
            name.replace("LATCHKEY_", "LATCHKEY_HELPDESK_", 1): value
            for name, value in shared.items()
        }

    def actions(self, accounts_url: str | None = None) -> Child:
        """Return the action server.

        Args:
            accounts_url: another account backend than the one in this stack.
        """
        chosen = accounts_url or os.environ.get(
            "LATCHKEY_ACCOUNTS_URL", self.url("accounts")
        )
        settings = {
            "LATCHKEY_ACTIONS_PORT": str(self.ports.actions),
            "LATCHKEY_ACCOUNTS_URL": chosen,
        }
        health = self.url("actions") + "/health"
        return self._modern("actions", "actions", settings, health)

    def rasa(self) -> Child:
        """Return the Rasa process."""
        arguments = [
            *("--model", str(self.model), "--port", str(self.ports.rasa)),
            *("--actions", self.url("actions") + "/webhook"),
            *("--tracker", str(self.state / "tracker.db")),
        ]
        return Child(
            "rasa",
            rasa_room.command("bot.serve", *arguments),
            rasa_room.environment(self.keys),
            self.state / "logs" / "rasa.log",
            self.is_assistant_up,
        )

    def _modern(
        self, name: str, module: str, settings: Mapping[str, str], health: str
    ) -> Child:
        # The keys have been read: where from would contradict their values.
        inherited = {
            variable: value
            for variable, value in os.environ.items()
            if variable.removesuffix("_FILE") not in self.keys
        }
        return Child(
            name,
            [sys.executable, "-m", module],
            {**inherited, **self.keys, **settings, "PYTHONPATH": str(PROJECT)},
            self.state / "logs" / f"{name}.log",
            Answers(health),
        )


@dataclass(frozen=True)
class Answers:
    """A check whether an address answers at all."""

    url: str

    def __call__(self) -> bool:
        """Tell whether it does, now."""
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy between neighbours
                return session.get(self.url, timeout=1).ok
        except requests.RequestException:
            return False
