"""The images: what their files say, and whether what they copy is enough to run."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from cli import keys, rasa_room
from tests.accounts.service import ROOT, free_port, wait_for
from tests.cli.command_line import current_model

DEPLOY = ROOT / "deploy"
IMAGES = ("Dockerfile", "rasa.Dockerfile")
SECRET = "only for tests, long enough, not a secret"
Instruction = tuple[str, str]


def instructions(name: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile, lines joined and comments left out."""
    text = (DEPLOY / name).read_text("utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    pairs = (line.split(None, 1) for line in lines if line.strip())
    return [(word.upper(), " ".join(rest.split())) for word, rest in pairs]


def last_stage(name: str) -> list[Instruction]:
    found = instructions(name)
    start = max(n for n, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def copied(stage: list[Instruction]) -> list[tuple[list[str], str]]:
    """Return what a stage copies from the project, and where to."""
    found = [rest.split() for word, rest in stage if word == "COPY"]
    return [(w[:-1], w[-1]) for w in found if not w[0].startswith("--from")]


@pytest.mark.parametrize("name", IMAGES)
def test_a_base_is_pinned_by_its_tag(name: str) -> None:
    found = instructions(name)
    stages = {rest.split()[-1] for word, rest in found if word == "FROM"}
    for word, rest in found:
        base = rest.split()[0]
        if word == "FROM" and base not in stages:
            tag = base.partition(":")[2]
            assert tag
            assert tag != "latest"


@pytest.mark.parametrize("name", IMAGES)
def test_what_is_copied_exists_and_is_not_left_out(name: str) -> None:
    let_in = (DEPLOY / f"{name}.dockerignore").read_text("utf-8").splitlines()
    assert let_in[1] == "*"
    allowed = {line.removeprefix("!") for line in let_in if line.startswith("!")}
    for sources, _ in copied(instructions(name)):
        for source in sources:
            assert (ROOT / source).exists(), source
            assert {source, *map(str, Path(source).parents)} & allowed, source
    assert not allowed & {".git", ".latchkey", "models"}


@pytest.mark.parametrize("name", IMAGES)
def test_it_runs_as_nobody_special_and_is_asked_how_it_is(name: str) -> None:
    stage = dict(last_stage(name))
    uid, _, gid = stage["USER"].partition(":")
    assert int(uid) >= 10_000
    assert int(gid) >= 10_000
    command = stage["HEALTHCHECK"].partition("CMD ")[2]
    assert "urlopen" in json.loads(command)[2]
    assert stage["EXPOSE"] in json.loads(command)[2]
    assert json.loads(stage["ENTRYPOINT"])
    words = [word for word, _ in last_stage(name)]
    assert words.index("USER") < words.index("ENTRYPOINT")


@pytest.mark.parametrize("name", IMAGES)
def test_packages_come_from_the_lock_with_hashes(name: str) -> None:
    lock = "bot/requirements.lock" if "rasa" in name else "requirements.lock"
    runs = [rest for word, rest in instructions(name) if word == "RUN"]
    installs = [run for run in runs if "uv pip install" in run]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert f"COPY {lock} " in (DEPLOY / name).read_text("utf-8")
    pinned = re.findall(r"uv==([\d.]+)", " ".join(runs))
    script = (ROOT / "latchkey").read_text("utf-8")
    assert pinned == re.findall(r"^uv_version=([\d.]+)$", script, re.MULTILINE)


@pytest.mark.parametrize("name", IMAGES)
def test_nothing_secret_is_set(name: str) -> None:
    for word, rest in instructions(name):
        if word in {"ENV", "ARG"}:
            assert not re.search(r"(KEY|TOKEN|SECRET|PASSWORD)=", rest), rest


def lay_out(name: str, folder: Path) -> Path:
    """Copy what an image has of the project; return its working directory."""
    for sources, target in copied(last_stage(name)):
        for source in sources:
            place = folder / Path(target).name if len(sources) == 1 else folder
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, place, ignore=ignored)
            else:
                shutil.copy(ROOT / source, folder / Path(source).name)
    return folder


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing of this machine, and secrets in files."""
    home = tmp_path / "home"
    home.mkdir()
    found = {"LATCHKEY_HOME": str(home), "PATH": os.environ["PATH"]}
    for name in keys.NAMES:
        path = home / name.lower()
        path.write_text(f"{SECRET} {name}")
        path.chmod(0o600)
        found[f"{name}_FILE"] = str(path)
    return found


@pytest.fixture
def start() -> Iterator[object]:
    """Starts a command, waits for an address to answer, and sees that it ends."""
    started: list[subprocess.Popen[bytes]] = []

    def run(
        command: list[str], folder: Path, variables: dict[str, str], url: str
    ) -> None:
        log = folder / "said.txt"
        with log.open("wb") as written:
            process = subprocess.Popen(
                command, cwd=folder, env=variables, stdout=written, stderr=written
            )
        started.append(process)

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return requests.get(url, timeout=5).ok
            except requests.RequestException:
                return False

        wait_for(answers, url, 200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("part", "health"),
    [("helpdesk", "/healthz"), ("actions", "/health"), ("accounts", "/healthz")],
)
def test_what_the_image_has_is_enough_to_serve(
    part: str, health: str, tmp_path: Path, variables: dict[str, str], start: object
) -> None:
    folder, port = tmp_path / "image", free_port()
    folder.mkdir()
    variables[f"LATCHKEY_{part.upper()}_PORT"] = str(port)
    entry = json.loads(dict(last_stage("Dockerfile"))["ENTRYPOINT"])
    command = [sys.executable, *entry[1:], part]
    assert callable(start)
    lay_out("Dockerfile", folder)
    start(command, folder, variables, f"http://127.0.0.1:{port}{health}")


def test_what_rasas_image_has_is_enough_to_serve(
    tmp_path: Path, variables: dict[str, str], start: object
) -> None:
    folder, port = tmp_path / "image", free_port()
    folder.mkdir()
    room = str(rasa_room.PYTHON.parent)
    variables |= {
        **rasa_room.QUIET,
        "PATH": f"{room}:{variables['PATH']}",
        "LATCHKEY_RASA_PORT": str(port),
        "LATCHKEY_RASA_HOST": "127.0.0.1",
        "LATCHKEY_MODEL": str(current_model(tmp_path)),
        "LATCHKEY_CACHE": os.environ.get(
            "LATCHKEY_CACHE", str(ROOT / ".latchkey" / "cache")
        ),
    }
    lay_out("rasa.Dockerfile", folder)
    assert callable(start)
    health = f"http://127.0.0.1:{port}/webhooks/latchkey/"
    start(["sh", "rasa-entry.sh"], folder, variables, health)


FAKE = (
    '#!/bin/sh\nprintf "%s\\n" "$LATCHKEY_TURN_KEY" "${LATCHKEY_TRACKER_URL:-}" "$@"\n'
)


def entry(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Rasa's entry script with a Python that only says what it was given."""
    python = tmp_path / "python"
    python.write_text(FAKE)
    python.chmod(0o755)
    model = tmp_path / "model.tar.gz"
    model.touch()
    given = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "LATCHKEY_MODEL": str(model),
        "LATCHKEY_TURN_KEY": SECRET,
        **variables,
    }
    command = ["sh", str(DEPLOY / "rasa-entry.sh")]
    return subprocess.run(command, env=given, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("named", "called"),
    [
        ("", "http://127.0.0.1:5055/webhook"),
        ("http://a:1", "http://a:1/webhook"),
        ("http://a:1/, http://b:2/webhook", "http://a:1/webhook,http://b:2/webhook"),
        ("http://a:1/webhook/,http://b:2", "http://a:1/webhook,http://b:2/webhook"),
    ],
)
def test_rasas_entry_calls_actions_as_serve_does(
    tmp_path: Path, named: str, called: str
) -> None:
    given = entry(tmp_path, LATCHKEY_ACTIONS_URL=named).stdout.splitlines()
    assert given[given.index("--actions") + 1] == called
    assert rasa_room.webhooks(named or "http://127.0.0.1:5055") == called


def test_rasas_entry_reads_secrets_from_files(tmp_path: Path) -> None:
    for name in ("key", "url"):
        (tmp_path / name).write_text(f"the {name}\n")
    result = entry(
        tmp_path,
        LATCHKEY_TURN_KEY="",
        LATCHKEY_TURN_KEY_FILE=str(tmp_path / "key"),
        LATCHKEY_TRACKER_URL_FILE=str(tmp_path / "url"),
    )
    given = result.stdout.splitlines()
    assert given[:2] == ["the key", "the url"]
    assert "--tracker" not in given
    alone = entry(tmp_path, LATCHKEY_HOME="/state").stdout.splitlines()
    assert alone[alone.index("--tracker") + 1] == "/state/tracker.db"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LATCHKEY_TURN_KEY": ""}, "must be set"),
        ({"LATCHKEY_TURN_KEY_FILE": "/nowhere"}, "not both"),
        (
            {"LATCHKEY_TURN_KEY": "", "LATCHKEY_TURN_KEY_FILE": "/nowhere"},
            "cannot read /nowhere",
        ),
        ({"LATCHKEY_MODEL": "/nowhere"}, "no trained model at /nowhere"),
    ],
)
def test_rasas_entry_says_what_is_wrong(
    tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    result = entry(tmp_path, **variables)
    assert result.returncode == 2
    assert said in result.stderr
    assert "--model" not in result.stdout
