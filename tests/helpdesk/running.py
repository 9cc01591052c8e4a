"""Runs the real help desk for tests: its own process, a free port, a new record."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from cli.shared_addresses import DATABASE_URL, REDIS_URL
from tests.accounts.service import ROOT, Part, free_port, wait_for
from tests.new_record import empty_file
from tests.several import IS_SEVERAL, new_shared

TEST_KEY = "only for tests, long enough, not a secret"


@dataclass
class HelpdeskRun:
    """A running help desk."""

    base_url: str
    folder: Path
    process: Part

    @property
    def log_files(self) -> list[Path]:
        """What a failed test's report shows."""
        return [self.process.log_file]

    @property
    def database_url(self) -> str:
        """Where it keeps its record."""
        return self.process.variables[DATABASE_URL]

    def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run a statement on the record; return the rows, if there are any."""
        engine = create_engine(self.database_url)
        try:
            with engine.begin() as connection:
                result = connection.execute(text(statement), values)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()


@dataclass
class Pair(Part):
    """Two processes on one port, which a test starts, stops and kills like one."""

    other: Part | None = None

    @classmethod
    def of(cls, part: Part) -> "Pair":
        """Return a part twice; both write into one log."""
        twins = []
        for name in ("helpdesk", "helpdesk-2"):
            port = free_port()
            more = {
                "LATCHKEY_PROCESS_NAME": name,
                "LATCHKEY_HELPDESK_SHARES_PORT": "1",
                "LATCHKEY_HELPDESK_PRIVATE_PORT": str(port),
            }
            health = f"http://127.0.0.1:{port}/healthz"
            variables = part.variables | more
            twins.append(replace(part, variables=variables, health=health))
        one, other = twins
        return cls(one.module, one.variables, one.log_file, one.health, other=other)

    def start(self, *, wait: bool = True) -> None:
        """Start both, and wait until both answer."""
        assert self.other
        for name, value in self.variables.items():
            if "PRIVATE_PORT" not in name and "PROCESS_NAME" not in name:
                self.other.variables[name] = value  # a test may have changed it
        super().start(wait=False)
        self.other.start(wait=False)
        if wait:
            wait_for(self._is_up, "the start of two help desks", 60)
            wait_for(self.other._is_up, "the start of the second", 60)

    def stop(self) -> float:
        """Ask both to end and return how many seconds that took."""
        assert self.other
        return super().stop() + self.other.stop()

    def kill(self) -> None:
        """End both as a power cut would."""
        assert self.other
        super().kill()
        self.other.kill()


def prepare_helpdesk(
    folder: Path, module: str = "helpdesk", **variables: str
) -> HelpdeskRun:
    """Return a run whose process is not started yet.

    Args:
        folder: Where the record and the log go.
        module: What is started.
        variables: More environment variables.
    """
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    everything = {
        "LATCHKEY_HOME": str(folder),
        "LATCHKEY_SETTINGS": str(ROOT / "settings.yml"),
        "LATCHKEY_ARTICLES": str(ROOT / "kb"),
        "LATCHKEY_DOMAIN": str(ROOT / "domain.yml"),
        "LATCHKEY_HELPDESK_PORT": str(port),
        "LATCHKEY_PUBLIC_URL": base_url,
        **on_sqlite(folder),
        "LATCHKEY_RASA_URL": "http://127.0.0.1:9",  # nobody answers there
        "LATCHKEY_TURN_KEY": TEST_KEY,
        "LATCHKEY_ACTOR_KEY": TEST_KEY,
        "LATCHKEY_HELPDESK_SECRET": TEST_KEY,
        "LATCHKEY_PSEUDONYM_KEY": TEST_KEY,
        **variables,
    }
    is_pair = IS_SEVERAL and not variables.keys() & {DATABASE_URL, REDIS_URL}
    if is_pair:
        # They hear each other by what is made from a key of theirs.
        key = {"LATCHKEY_PSEUDONYM_KEY": f"{TEST_KEY}, of {folder}"}
        everything = everything | key | new_shared() | variables
    record = folder / "helpdesk.db"
    if not is_pair and not record.exists():
        record.write_bytes(empty_file())
    log = folder / "helpdesk.log"
    part = Part(module, everything, log, f"{base_url}/healthz")
    return HelpdeskRun(base_url, folder, Pair.of(part) if is_pair else part)


def on_sqlite(folder: Path) -> dict[str, str]:
    """Return the settings of a help desk that a test needs to be on SQLite."""
    return {DATABASE_URL: f"sqlite:///{folder / 'helpdesk.db'}"}


@contextmanager
def run_helpdesk(
    folder: Path, module: str = "helpdesk", **variables: str
) -> Iterator[HelpdeskRun]:
    """Start the help desk; stop it at the end."""
    run = prepare_helpdesk(folder, module, **variables)
    try:
        run.process.start()
        yield run
    finally:
        run.process.stop()
