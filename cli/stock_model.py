"""The peer of the benchmarks: stock Rasa trained on the same data, once per change.

Training it takes many minutes, so a model trained from today's sources is kept in the
cache folder with the seconds it took, and used again by every benchmark.
"""

import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cli import rasa_room
from cli.console import err, fail
from cli.model import sources_digest
from cli.places import CACHE, PROJECT

SOURCES = ("kb", "data", "domain.yml", "settings.yml")  # stock Rasa has none of bot/


@dataclass(frozen=True)
class StockModel:
    """Where stock Rasa's trained model lies and how long the training took."""

    folder: Path
    train_s: float

    @property
    def archive(self) -> Path:
        """Return the model archive's path."""
        return self.folder / "stock.tar.gz"


def ensure_stock_model() -> StockModel:
    """Return stock Rasa's model of today's `kb/` and `data/`, training it if needed."""
    folder = CACHE / f"stock-{sources_digest(sources=SOURCES)[:16]}"
    facts = folder / "training.json"
    if not facts.exists():
        for old in CACHE.glob("stock-*"):
            shutil.rmtree(old)
        folder.mkdir(parents=True)
        with err.status("Training stock Rasa on the same data (ten minutes or more)"):
            facts.write_text(json.dumps({"train_s": _train(folder)}))
    return StockModel(folder, float(json.loads(facts.read_text())["train_s"]))


def _train(folder: Path) -> float:
    started = time.monotonic()
    process = subprocess.run(
        rasa_room.command("bot.stock", "train", str(folder)),
        cwd=PROJECT,
        env=rasa_room.environment(),
        capture_output=True,
        text=True,
    )
    if process.returncode != 0:
        fail(f"Stock Rasa could not be trained:\n{process.stderr[-2000:]}")
    return time.monotonic() - started
