"""`test` and `check`: everything that must hold before a change lands."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import typer

from cli import model, rasa_room
from cli.browser import ensure_browser
from cli.console import err, fail
from cli.places import PROJECT

RASA_TESTS = "tests/bot"  # run inside Rasa's environment, where Rasa can be imported
# Most tests wait for processes; those of one file share them. Files that take long come
# first (tests/conftest.py), so that no worker is left alone with one at the end.
WORKERS = (os.cpu_count() or 1) * 3 // 2
SEVERAL_FILES_AT_ONCE = [
    *("-n", str(WORKERS)),
    *("--dist", "loadfile", "--no-loadscope-reorder"),
]
# Hypothesis has the same examples each time; plain pytest looks for new ones.
REPEATABLE = ["--hypothesis-profile", "ci"]
CHECKED = ("accounts", "actions", "bot", "cli", "foundation", "helpdesk", "tests")


def test(arguments: list[str], *, is_several: bool) -> None:
    """Run the whole test suite; further arguments go to pytest.

    Without arguments both halves run: the tests of what runs inside Rasa in Rasa's
    environment, all others here. An argument that names a path in tests/bot runs that.

    Args:
        arguments: For pytest.
        is_several: The product that the tests start is one of several processes.
    """
    model.ensure_trained()
    browser = ensure_browser()
    in_rasa_room = any(argument.startswith(RASA_TESTS) for argument in arguments)
    environment = {**os.environ, "LATCHKEY_BROWSER": browser}
    if is_several:
        environment["LATCHKEY_TEST_SEVERAL"] = "1"  # tests/several.py
    ours = [sys.executable, "-m", "pytest", *REPEATABLE]
    if in_rasa_room:
        codes = [_run(*_in_rasa_room(arguments))]
    elif arguments:
        codes = [_run([*ours, *arguments], environment)]
    else:
        with TemporaryFile() as said:
            command, room = _in_rasa_room([RASA_TESTS])
            beside = _start(command, room, said)
            codes = [_run([*ours, *SEVERAL_FILES_AT_ONCE], environment)]
            codes.append(beside.wait())
            said.seek(0)
            print(said.read().decode(errors="replace"), flush=True)
    if any(codes):
        raise typer.Exit(max(codes))


def _in_rasa_room(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    command = rasa_room.command("pytest", "--disable-warnings", *arguments)
    return command, rasa_room.environment()


def check() -> None:
    """Run style, types, data validation and all tests: what CI runs."""
    rasa_room.ensure_installed()
    tools = Path(sys.executable).parent
    _must("Style", [str(tools / "ruff"), "check", *CHECKED])
    _must("Format", [str(tools / "ruff"), "format", "--check", *CHECKED])
    _must("Types", [str(tools / "mypy")])
    validation = ["data", "validate", "--fail-on-warnings"]
    _must(
        "Training data", rasa_room.command("rasa", *validation), rasa_room.environment()
    )
    test([], is_several=False)


def _must(
    title: str, command: list[str], environment: dict[str, str] | None = None
) -> None:
    started = time.monotonic()
    process = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True
    )
    if process.returncode != 0:
        print(process.stdout[-6000:], process.stderr[-6000:], sep="\n")
        fail(f"{title}: see above")
    err.print(f"[green]✓[/] {title} ({time.monotonic() - started:.0f} s)")


def _run(command: list[str], environment: dict[str, str]) -> int:
    return _start(command, environment).wait()


def _start(
    command: list[str], environment: dict[str, str], said: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    # Hundreds of processes are started: none should compile what another has compiled.
    quick = environment | {"PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env=quick,
        stdout=said,
        stderr=subprocess.STDOUT if said else None,
    )
