"""Trains the assistant and lets the conversation tests decide: `python -m bot.train`.

Prints one line of progress per step to stdout. The trained archive replaces the target
only when every conversation test passes. Exit codes: 0 trained, 1 the tests failed,
2 the training data are wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Text

from bot.runtime import prepare

PROGRESS = "· "  # begins the lines of progress; Rasa prints others
TESTS = Path("tests/conversations")


class _Progress(logging.Handler):
    """Turns Rasa's training log into one line a step."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Starting to train component"):
            say(f"training {message.split(chr(39))[1]}")


def say(text: Text) -> None:
    """Print a line of progress."""
    print(PROGRESS + text, flush=True)


def train(folder: Path) -> Path:
    """Train from the working directory's project into `folder`."""
    from rasa.model_training import train as rasa_train

    logging.getLogger("rasa.engine.training.hooks").setLevel(logging.INFO)
    logging.getLogger("rasa.engine.training.hooks").addHandler(_Progress())
    result = rasa_train(
        domain="domain.yml",
        config="config.yml",
        training_files=["data"],
        output=str(folder),
        fixed_model_name="candidate",
    )
    if result.code != 0 or not result.model:
        raise SystemExit(2)
    return Path(result.model)


def failed_conversations(model: Path) -> List[Text]:
    """Run the conversation tests and return the names of those that failed."""
    from rasa.core.agent import Agent
    from rasa.core.test import test

    with tempfile.TemporaryDirectory() as folder:
        agent = Agent.load(str(model))
        outcome: Dict[Text, Any] = asyncio.run(
            test(str(TESTS), agent, out_directory=folder, e2e=True, errors=True)
        )
        counts = outcome["report"]["conversation_accuracy"]
        say(f"{counts['correct']} of {counts['total']} conversation tests pass")
        if counts["correct"] == counts["total"]:
            return []
        report = (Path(folder) / "failed_test_stories.yml").read_text(encoding="utf-8")
        print(report, file=sys.stderr)
        names = [n for n in report.splitlines() if n.lstrip("- ").startswith("story:")]
        return [name.split("story:")[1].strip() for name in names]


def main() -> None:
    """Train, test, and put the model in its place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    target = parser.parse_args().target
    prepare()
    from bot.article import ArticleError
    from bot.settings import SettingsError

    say("reading the knowledge base")
    with tempfile.TemporaryDirectory() as folder:
        try:
            candidate = train(Path(folder))
        except (ArticleError, SettingsError) as error:
            print(error, file=sys.stderr)
            raise SystemExit(2) from None
        say("running the conversation tests")
        failed = failed_conversations(candidate)
        if failed:
            print(f"Kept the old model. Failed: {', '.join(failed)}", file=sys.stderr)
            raise SystemExit(1)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        shutil.copy(candidate, partial)
        partial.replace(target)
    say("trained")


if __name__ == "__main__":
    main()
