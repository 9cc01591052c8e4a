"""Runs `./latchkey` as a person does, in a state folder and on ports of its own."""

import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from cli.model import sources_digest
from cli.places import MODEL
from cli.stack import PORT_VARIABLES, Ports, Stack
from tests.accounts.service import ROOT, wait_for
from tests.conftest import tail

START_S = 90.0
STOP_S = 15.0
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(home: Path, ports: Ports | None = None, **more: str) -> dict[str, str]:
    """Return the variables for a Latchkey that minds its own business."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LATCHKEY_") or name in KEPT
    }
    for part, (variable, _) in PORT_VARIABLES.items() if ports else ():
        variables[variable] = str(getattr(ports, part))
    model = current_model(home)
    return {
        **variables,
        "LATCHKEY_HOME": str(home),
        "LATCHKEY_MODEL": str(model),
        "COLUMNS": "200",
        **more,
    }


KEPT = {"LATCHKEY_ENVIRONMENTS", "LATCHKEY_CACHE"}


def current_model(folder: Path) -> Path:
    """Return the trained model under a name of its own, up to date by definition."""
    model = folder / "models" / "latchkey.tar.gz"
    if not model.exists():
        model.parent.mkdir(parents=True, exist_ok=True)
        model.symlink_to(MODEL)
    model.with_suffix(".sources").write_text(sources_digest())
    return model


def latchkey(
    *arguments: str,
    variables: dict[str, str],
    typed: str = "",
    within_s: float = START_S,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [str(ROOT / "latchkey"), *arguments],
        env=variables,
        input=typed,
        capture_output=True,
        text=True,
        timeout=within_s,
    )


def processes_of(home: Path) -> dict[int, str]:
    """Return the command lines of all living processes with this state folder."""
    marker = f"LATCHKEY_HOME={home}\0".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (folder / "environ").read_bytes():
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if line:  # a zombie has none
                    found[int(folder.name)] = line
        except OSError:
            continue
    return found


@dataclass
class RunningUp:
    """A `./latchkey up` and what it said."""

    home: Path
    ports: Ports
    more: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def screen(self) -> Path:
        """The file that holds what a person would see."""
        return self.home / "screen.txt"

    @property
    def said(self) -> str:
        """What it said so far, without colours."""
        return ESCAPE.sub("", self.screen.read_text(encoding="utf-8"))

    @property
    def log_files(self) -> list[Path]:
        """What helps to understand a failure."""
        return [self.screen, *sorted((self.home / "logs").glob("*.log"))]

    @property
    def variables(self) -> dict[str, str]:
        """The environment that it and commands beside it run in."""
        return environment(self.home, self.ports, **self.more)

    @property
    def stack(self) -> Stack:
        """What it runs."""
        return Stack.on(self.ports, self.home)

    def start(self) -> None:
        """Start it; do not wait for anything."""
        with self.screen.open("wb") as screen:
            self.process = subprocess.Popen(
                [str(ROOT / "latchkey"), "up", *self.arguments],
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            )

    def wait_until(self, said: str, within_s: float = START_S) -> None:
        """Wait until it has said something."""

        def is_said() -> bool:
            assert self.process
            alive = self.process.poll() is None
            assert alive or said in self.said, f"up ended:\n{self.said}"
            return said in self.said

        wait_for(is_said, f"“{said}”", within_s)

    def wait_for_part(self, command: str) -> int:
        """Wait until a part runs and return its process id."""

        def find() -> int | None:
            found = processes_of(self.home).items()
            return next((pid for pid, line in found if command in line), None)

        return wait_for(find, f"a process with {command}", START_S)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, as a terminal would: to its group."""
        assert self.process
        os.killpg(self.process.pid, number)

    def wait_for_end(self) -> int:
        """Return its exit code."""
        assert self.process
        return self.process.wait(STOP_S)

    def clean_up(self) -> None:
        """Leave nothing running, however the test ended."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def is_gone(self) -> bool:
        """Tell whether nothing of it runs any more."""
        return not processes_of(self.home)

    def describe(self) -> str:
        """Return its screen and logs, for a failed assertion."""
        return "\n".join(f"--- {log}\n{tail(log)}" for log in self.log_files)
