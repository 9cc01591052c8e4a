"""Runs the real help desk for tests: its own process, a free port, a new record."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.accounts.service import ROOT, Part, free_port
from tests.new_record import empty_file

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
        "LATCHKEY_DATABASE_URL": f"sqlite:///{folder / 'helpdesk.db'}",
        "LATCHKEY_RASA_URL": "http://127.0.0.1:9",  # nobody answers there
        "LATCHKEY_TURN_KEY": TEST_KEY,
        "LATCHKEY_ACTOR_KEY": TEST_KEY,
        "LATCHKEY_HELPDESK_SECRET": TEST_KEY,
        "LATCHKEY_PSEUDONYM_KEY": TEST_KEY,
        **variables,
    }
    record = folder / "helpdesk.db"
    if not record.exists():
        record.write_bytes(empty_file())
    log = folder / "helpdesk.log"
    return HelpdeskRun(
        base_url, folder, Part(module, everything, log, f"{base_url}/healthz")
    )


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
