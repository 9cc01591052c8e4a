"""The parts of a running Latchkey: which programs, on which addresses, with which keys.

The only place that knows how every process is started. `up`, `chat`, the benchmarks and
the end-to-end tests all run what is composed here.
"""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from cli import rasa_room
from cli.console import fail
from cli.half_restored import refuse_half_restored
from cli.keys import ACTOR_KEY, TURN_KEY, read_keys
from cli.places import MODEL, PROJECT, STATE
from cli.processes import Child
from cli.pulse import Pulse
from cli.scale import Scale, name_of
from cli.shared_addresses import DATABASE_URL, TRACKER_URL, remembered, url_in
from helpdesk.assistant import TURN_PATH, AssistantClient

HOST = "127.0.0.1"
PROCESS_NAME = "LATCHKEY_PROCESS_NAME"
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
        return cls(*free_ports(len(PORT_VARIABLES)))

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


def free_ports(count: int) -> tuple[int, ...]:
    """Return so many ports that nothing listens on."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    numbers = tuple(int(opened.getsockname()[1]) for opened in sockets)
    for opened in sockets:
        opened.close()
    return numbers


@dataclass(frozen=True)
class Stack:
    """A composition of all parts.

    Attributes:
        ports: Where the first process of each part listens.
        state: The state folder.
        keys: The secrets of the installation.
        model: What Rasa has learnt.
        scale: How many processes there are of each part.
        further: The ports of the processes after the first. Those of help desks, which
            share one, are their private ones, from the first on.
        shared: The settings that lead to what several processes share, where the
            environment does not name it.
    """

    ports: Ports
    state: Path
    keys: Mapping[str, str]
    model: Path = MODEL
    scale: Scale = field(default_factory=Scale)
    further: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def on(
        cls, ports: Ports, state: Path = STATE, scale: Scale | None = None
    ) -> "Stack":
        """Compose a stack with the keys that belong to its state."""
        refuse_half_restored(state)
        scale = scale or Scale()
        further = {
            "helpdesk": free_ports(scale.helpdesk if scale.helpdesk > 1 else 0),
            "rasa": free_ports(scale.rasa - 1),
            "actions": free_ports(scale.actions - 1),
        }
        shared = remembered(state)
        return cls(
            ports, state, read_keys(state), MODEL, scale, further=further, shared=shared
        )

    def url(self, part: str, number: int = 1) -> str:
        """Return the address of a part's process."""
        first = getattr(self.ports, part)
        port = first if number == 1 else self.further[part][number - 2]
        return f"http://{HOST}:{port}"

    def urls(self, part: str) -> str:
        """Return the addresses of all of a part's processes, as settings list them."""
        numbers = range(1, getattr(self.scale, part) + 1)
        return ",".join(self.url(part, number) for number in numbers)

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
        children = [
            *(self.helpdesk(number) for number in range(1, self.scale.helpdesk + 1)),
            self.accounts(),
            *(self.actions(number) for number in range(1, self.scale.actions + 1)),
            *(self.rasa(number) for number in range(1, self.scale.rasa + 1)),
        ]
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

    def helpdesk(self, number: int = 1, **more: str) -> Child:
        """Return a process of the help desk.

        Args:
            number: Which of them.
            more: Further settings, over those of the environment.
        """
        own = {
            "LATCHKEY_HELPDESK_HOST": HOST,
            "LATCHKEY_HELPDESK_PORT": str(self.ports.helpdesk),
            "LATCHKEY_HOME": str(self.state),
        }
        private = self.further.get("helpdesk")
        health = self.url("helpdesk") + "/healthz"
        if private:
            own["LATCHKEY_HELPDESK_SHARES_PORT"] = "1"
            own["LATCHKEY_HELPDESK_PRIVATE_PORT"] = str(private[number - 1])
            health = f"http://{HOST}:{private[number - 1]}/healthz"
        defaults = {
            **self._mail_server(),
            "LATCHKEY_RASA_URL": self.urls("rasa"),
            "LATCHKEY_PUBLIC_URL": self.url("helpdesk"),
            "LATCHKEY_ACCOUNTS_URL": self.url("accounts"),
            "LATCHKEY_ARTICLES": str(PROJECT / "kb"),
            "LATCHKEY_DOMAIN": str(PROJECT / "domain.yml"),
            "LATCHKEY_SETTINGS": str(PROJECT / "settings.yml"),
        }
        chosen = {name: os.environ.get(name, value) for name, value in defaults.items()}
        name = name_of("helpdesk", number)
        settings = {**own, **chosen, **self.shared, **more}
        return self._modern(name, "helpdesk", settings, health)

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

    def actions(self, number: int = 1, accounts_url: str | None = None) -> Child:
        """Return a process of the action server.

        Args:
            number: Which of them.
            accounts_url: another account backend than the one in this stack.
        """
        chosen = accounts_url or os.environ.get(
            "LATCHKEY_ACCOUNTS_URL", self.url("accounts")
        )
        url = self.url("actions", number)
        settings = {
            "LATCHKEY_ACTIONS_PORT": url.rpartition(":")[2],
            "LATCHKEY_ACCOUNTS_URL": chosen,
        }
        name = name_of("actions", number)
        return self._modern(name, "actions", settings, f"{url}/health")

    def rasa(self, number: int = 1) -> Child:
        """Return a Rasa process.

        Args:
            number: Which of them.
        """
        url, name = self.url("rasa", number), name_of("rasa", number)
        actions = os.environ.get("LATCHKEY_ACTIONS_URL") or self.urls("actions")
        arguments = [
            *("--model", str(self.model), "--port", url.rpartition(":")[2]),
            *("--actions", rasa_room.webhooks(actions)),
        ]
        tracker = self._tracker()
        environment = rasa_room.environment({**self.keys, PROCESS_NAME: name})
        if "://" in tracker:
            # Not an argument: it holds a password, and all can see command lines.
            environment[TRACKER_URL] = tracker
        else:
            arguments += ["--tracker", tracker]
        health = url + TURN_PATH.removesuffix("turn")
        return Child(
            name,
            rasa_room.command("bot.serve", *arguments),
            environment,
            self.state / "logs" / f"{name}.log",
            Answers(health),
            Pulse.of(health),
        )

    def _tracker(self) -> str:
        """Return where Rasa's processes keep what they remember: a path or a URL."""
        named = url_in(os.environ, TRACKER_URL)
        if named:
            return named
        database = url_in(os.environ, DATABASE_URL)
        shared = database or self.shared.get(DATABASE_URL, "")
        if self.scale.rasa == 1 or not shared:
            return str(self.state / "tracker.db")
        return f"postgresql://{shared.partition('://')[2]}"

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
            {
                **inherited,
                **self.keys,
                **settings,
                PROCESS_NAME: name,
                "PYTHONPATH": str(PROJECT),
            },
            self.state / "logs" / f"{name}.log",
            Answers(health),
            Pulse.of(health),
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
