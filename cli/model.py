"""The trained model: is it up to date, and training it when it is not."""

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

from cli import rasa_room
from cli.console import err, fail
from cli.places import MODEL, PROJECT

# What a model is made of. A change in any of these makes it out of date.
SOURCES = ("kb", "data", "bot", "config.yml", "domain.yml", "settings.yml")
PROGRESS = "· "  # how bot/train.py begins its lines
STAMP = MODEL.with_suffix(".sources")


def sources_digest(project: Path = PROJECT, sources: Iterable[str] = SOURCES) -> str:
    """Return a digest of everything that a model is trained from."""
    digest = hashlib.sha256()
    for source in sources:
        path = project / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.is_file() and file.suffix != ".pyc":
                digest.update(str(file.relative_to(project)).encode() + b"\0")
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether there is a model and it was trained from today's sources."""
    return MODEL.exists() and STAMP.exists() and STAMP.read_text() == sources_digest()


def ensure_trained() -> None:
    """Train if there is no model or its sources have changed."""
    rasa_room.ensure_installed()
    if not is_current():
        train()


def train() -> None:
    """Train, showing each step; the old model stays if the new one fails its tests."""
    digest = sources_digest()
    errors = MODEL.parent / "training.log"
    errors.parent.mkdir(parents=True, exist_ok=True)
    with (
        errors.open("w") as log,
        err.status("Training: starting Rasa") as status,
        subprocess.Popen(
            rasa_room.command("bot.train", str(MODEL)),
            cwd=PROJECT,
            env=rasa_room.environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(PROGRESS):
                step = line.removeprefix(PROGRESS).strip()
                err.print(f"  {step}")
                status.update(f"Training: {step}")
    if process.returncode == 0:
        STAMP.write_text(digest)
        err.print("[green]✓[/] The assistant is trained.")
        return
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    reason = lines[-1] if lines else f"Rasa ended with code {process.returncode}."
    fail(f"Training stopped. {reason}\n  (all of it: {errors})", process.returncode)
