"""Machines with an installation each, and the command line on them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from cli import record
from cli.__main__ import app
from cli.backup import commands
from cli.backup.contents import ACCOUNTS, AUDIT, RECORD
from cli.backup.installation import Installation
from cli.backup.tables import read_parts, read_shapes
from cli.keys import NAMES, read_keys
from cli.stack import PORT_VARIABLES, Ports, Stack
from foundation.database import Database
from helpdesk.store.console_models import CannedResponse, Seeding
from helpdesk.store.erasure_models import Erasure
from helpdesk.store.models import AgentSession, Base, RecoveryCode, Team
from tests.accounts.office import Office
from tests.helpdesk.desk_steps import BEGIN
from tests.personal.full_life import Life, live
from tests.postgresql import new_database

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)
Rows = dict[str, list[bytes]]


@dataclass
class Machine:
    """A state folder, two databases, ports on which nobody listens."""

    home: Path
    urls: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def installation(self) -> Installation:
        """What the commands work on."""
        return Installation(self.home, self.urls)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of every process on it."""
        ports = vars(Ports.free())
        return {
            "LATCHKEY_HOME": str(self.home),
            "LATCHKEY_DATABASE_URL": self.urls[RECORD],
            "LATCHKEY_ACCOUNTS_DATABASE_URL": self.urls[ACCOUNTS],
            **{PORT_VARIABLES[part][0]: str(port) for part, port in ports.items()},
            "COLUMNS": "200",
            **self.variables,
        }

    def run(self, *words: object) -> Result:
        """Run a command."""
        here = SimpleNamespace(here=lambda: self.installation)
        stack = SimpleNamespace(on=partial(Stack.on, state=self.home))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(commands, "Installation", here)
            patch.setattr(record, "Stack", stack)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            return CliRunner().invoke(app, [str(word) for word in words])

    def good(self, *words: object) -> dict[str, Any]:
        """Run a command that has to go well; return what it says."""
        ended = self.run(*words, "--json")
        assert ended.exit_code == 0, ended.output
        return dict(json.loads(ended.stdout))

    def refused(self, *words: object) -> str:
        """Run a command that has to be refused; return the sentence."""
        ended = self.run(*words)
        assert ended.exit_code != 0, ended.output
        assert "Traceback" not in ended.output
        return " ".join(ended.stderr.split())

    @contextmanager
    def opened(self, name: str = RECORD) -> Iterator[Database]:
        """Yield one of the databases."""
        database = self.installation.open(name)
        try:
            yield database
        finally:
            database.close()

    def rows(self, name: str) -> Rows:
        """Return every row of a database, the same from each kind."""
        with self.opened(name) as database, database.snapshot() as state:
            return {
                shape.name: b"\n".join(p for _, p in read_parts(state, shape)).split(
                    b"\n"
                )
                for shape in read_shapes(state)
            }

    def everything(self) -> dict[str, Rows]:
        """Return every row there is."""
        return {name: self.rows(name) for name in self.urls}

    def settle_in(self) -> Life:
        """Make an installation in which every table has rows."""
        self.home.mkdir(exist_ok=True)
        read_keys(self.home)
        with self.opened(ACCOUNTS) as accounts:
            office = Office(accounts)
            office.ask()
            office.settle()
        with self.opened() as database:
            database.migrate()
            life = live(database)
            for row in rows_of_agents(life.agent):
                life.add(row)
            return life

    def search(self, word: str) -> int:
        """Return how many messages the index of words knows with a word."""
        statements = {
            SQLITE: "SELECT count(*) FROM transcript_words WHERE transcript_words MATCH :word",
            POSTGRESQL: "SELECT count(*) FROM transcript_entries "
            "WHERE words @@ plainto_tsquery('simple', :word)",
        }
        with self.opened() as database, database.reading() as session:
            statement = statements[database.engine.dialect.name]
            return int(session.execute(text(statement), {"word": word}).scalar_one())


def new_machine(folder: Path, kind: str, server: str | None) -> Machine:
    """Return a machine on which nothing was installed.

    Args:
        folder: Where its state folder goes.
        kind: Of its databases.
        server: The PostgreSQL, if it is needed.
    """
    home = folder / f"machine-{uuid4().hex[:8]}"
    if kind == SQLITE:
        files = {RECORD: home / "helpdesk.db", ACCOUNTS: home / "accounts.db"}
        return Machine(home, {name: f"sqlite:///{p}" for name, p in files.items()})
    assert server
    return Machine(home, {name: new_database(server) for name in (RECORD, ACCOUNTS)})


def rows_of_agents(agent: UUID) -> list[Base]:
    """Return a row of each table that is not about contacts."""
    return [
        Team(name='Zürich \u202e 🔑\t"quoted"\\'),
        AgentSession(
            agent_id=agent,
            token_digest="0" * 64,
            created_at=BEGIN,
            expires_at=BEGIN + timedelta(microseconds=1),
            seen_at=BEGIN,
        ),
        RecoveryCode(agent_id=agent, digest="1" * 64),
        CannedResponse(
            short_code="hi", title="Hi", text="Line\nline", changed_at=BEGIN
        ),
        Seeding(name="first", at=BEGIN),
        Erasure(
            target="person:0",
            requested_at=BEGIN,
            sealed="x",
            left={"assistant": None, "figure": 0.1, "words": " \u00e9"},
            next_attempt_at=BEGIN,
        ),
    ]


def without_last_entry(everything: dict[str, Rows]) -> dict[str, Rows]:
    """Return all rows but the entry that the restore has written."""
    rows = everything[RECORD]
    return everything | {RECORD: rows | {AUDIT: rows[AUDIT][:-1]}}


def keys_of(machine: Machine) -> dict[str, str]:
    """Return the secrets in a state folder."""
    folder = machine.home / "keys"
    return {name: (folder / name.lower()).read_text() for name in NAMES}
