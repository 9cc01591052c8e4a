"""`./latchkey serve PART`: one part alone, as on a host of its own."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from cli import keys
from cli.stack import Ports
from tests.accounts.service import ROOT, wait_for
from tests.cli.command_line import environment, latchkey

SECRET = "only for tests, long enough, not a secret"
HEALTH = {
    "helpdesk": "/healthz",
    "accounts": "/healthz",
    "actions": "/health",
    "rasa": "/webhooks/latchkey/",
}


@dataclass
class Served:
    """A part that runs alone."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str

    @property
    def log_files(self) -> list[Path]:
        """What a failed test's report shows."""
        return [self.log]

    def is_up(self) -> bool:
        """Tell whether it answers."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return requests.get(self.url, timeout=5).ok
        except requests.RequestException:
            return False


@pytest.fixture
def ports() -> Ports:
    return Ports.free()


@pytest.fixture
def variables(tmp_path: Path, ports: Ports) -> dict[str, str]:
    """An environment that has all the secrets, in both ways."""
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET} and a file\n")
    secret.chmod(0o600)
    named = {f"{name}_FILE": str(secret) for name in (keys.TURN_KEY, keys.ACTOR_KEY)}
    others = {
        name: f"{SECRET} {name}" for name in keys.NAMES if f"{name}_FILE" not in named
    }
    return environment(tmp_path / "home", ports, **named, **others)


@pytest.fixture(params=list(HEALTH))
def served(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    ports: Ports,
    variables: dict[str, str],
) -> Iterator[Served]:
    """Each part alone; nothing that it works with is there."""
    part, log = request.param, tmp_path / "served.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [str(ROOT / "latchkey"), "serve", part],
            env=variables,
            stdout=written,
            stderr=written,
        )
    port = getattr(ports, part)
    yield Served(process, log, f"http://127.0.0.1:{port}{HEALTH[part]}")
    process.kill()
    process.wait()


def test_a_part_runs_alone_and_ends_when_it_is_told(served: Served) -> None:
    wait_for(served.is_up, "its health", 200)
    # It is the part itself that was started, and has only the secrets that it needs.
    given = Path(f"/proc/{served.process.pid}/environ").read_bytes()
    line = Path(f"/proc/{served.process.pid}/cmdline").read_bytes()
    assert b"cli\0serve\0" not in line
    assert SECRET.encode() not in line
    has_file = b"_KEY_FILE=" in given
    assert not has_file
    if b"-m\0helpdesk" not in line and b"-m\0accounts" not in line:
        assert b"LATCHKEY_HELPDESK_SECRET" not in given
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(20) in (0, -signal.SIGTERM)
    assert "Traceback" not in served.log.read_text()


@pytest.mark.parametrize("part", list(HEALTH))
def test_missing_secrets_are_named_and_none_is_made(
    part: str, tmp_path: Path, ports: Ports
) -> None:
    home = tmp_path / "home"
    result = latchkey("serve", part, variables=environment(home, ports))
    assert result.returncode == 2
    assert "Missing: LATCHKEY_" in result.stderr
    assert ("LATCHKEY_TURN_KEY" in result.stderr) is (part in ("helpdesk", "rasa"))
    assert not (home / "keys").exists()


def test_the_secrets_of_the_state_folder_will_do(
    tmp_path: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in keys.NAMES:
        monkeypatch.delenv(name, raising=False)
    made = keys.read_keys(tmp_path)
    keys.rotate_keys(tmp_path)
    found = keys.find_keys([keys.TURN_KEY], tmp_path)
    assert set(found) == {keys.TURN_KEY, f"{keys.TURN_KEY}_FORMER"}
    assert found[f"{keys.TURN_KEY}_FORMER"] == made[keys.TURN_KEY]


def test_rasa_without_a_model_says_how_to_get_one(variables: dict[str, str]) -> None:
    variables["LATCHKEY_MODEL"] = os.devnull + "/none.tar.gz"
    result = latchkey("serve", "rasa", variables=variables)
    assert result.returncode == 2
    assert "There is no trained model" in result.stderr
    assert "./latchkey train" in result.stderr


def test_an_unknown_part_is_refused(variables: dict[str, str]) -> None:
    result = latchkey("serve", "kitchen", variables=variables)
    assert result.returncode == 2
    assert "kitchen" in result.stderr


def test_a_port_that_is_taken_is_named(variables: dict[str, str], ports: Ports) -> None:
    variables["LATCHKEY_ACCOUNTS_HOST"] = "192.0.2.1"  # nobody has this address
    result = latchkey("serve", "accounts", variables=variables)
    assert result.returncode == 1
    assert "cannot listen on 192.0.2.1" in result.stderr
