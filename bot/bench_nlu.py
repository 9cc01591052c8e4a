"""Trains and measures NLU pipelines, ours and stock Rasa's, through Rasa itself.

`python -m bot.bench_nlu evaluate MODEL TEST` measures a trained model;
`python -m bot.bench_nlu train PIPELINE TEST [--table TRAIN]` trains a pipeline on a CSV
file, or on this project's `kb/` and `data/`, and measures that. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Text

import yaml

from bot.runtime import prepare
from bot.stock import default_config, importers

SHIPPED = "shipped"
STOCK = "stock"
STOCK_THRESHOLD = 0.3  # of FallbackClassifier in Rasa's default configuration
NLU_FALLBACK = "nlu_fallback"


def pipeline(name: Text) -> List[Dict[Text, Any]]:
    """Return the components of a pipeline by name."""
    if name == STOCK:
        return default_config()["pipeline"]
    config = yaml.safe_load(Path("config.yml").read_text(encoding="utf-8"))
    return config["pipeline"]


def train(name: Text, table: Optional[Path], folder: Path) -> Path:
    """Train a pipeline and return the model's path.

    Args:
        name: `shipped` or `stock`.
        table: a CSV file, or None for this project's own data.
        folder: where the model goes.
    """
    from rasa.model_training import train_nlu

    config = folder / "config.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "recipe": "default.v1",
                "assistant_id": name,
                "language": "en",
                "importers": importers(table),
                "pipeline": pipeline(name),
            }
        ),
        encoding="utf-8",
    )
    model = train_nlu(str(config), "data", str(folder), domain="domain.yml")
    assert model is not None, "training on data always gives a model"
    return Path(model)


async def classify(agent: Any, texts: Sequence[Text]) -> "List[Any]":
    """Parse each text by itself and return what came of it, with the time it took."""
    from bot.intent_classifier import AMBIGUOUS
    from bot.measures import OUT_OF_SCOPE, Outcome

    await agent.parse_message("a first message warms things up")
    outcomes = []
    for text in texts:
        started = time.perf_counter()
        parsed = await agent.parse_message(text or " ")
        ms = (time.perf_counter() - started) * 1e3
        ranking = [
            e for e in parsed.get("intent_ranking", []) if e["name"] != NLU_FALLBACK
        ]
        best = ranking[0] if ranking else {"name": OUT_OF_SCOPE, "confidence": 0.0}
        intent = parsed["intent"]["name"] or OUT_OF_SCOPE
        if intent == AMBIGUOUS:
            intent = best["name"]
        if intent == NLU_FALLBACK:
            intent = OUT_OF_SCOPE
        score = parsed.get("acceptance", best["confidence"])
        outcomes.append(Outcome(intent, best["name"], float(score), ms))
    return outcomes


def load(model: Path) -> Any:
    """Load a trained model, the slow part of measuring it."""
    from rasa.core.agent import Agent

    return Agent.load(str(model))


def report(
    agent: Any, table: Path, labels: Optional[Sequence[Text]]
) -> Dict[Text, Any]:
    """Measure a model on a CSV file.

    Args:
        agent: what `load` returned.
        table: what to measure on.
        labels: the labels known in training; rows with others count as out of scope.
    """
    from bot.measures import by_label, known_labels, measure, read_table

    rows = read_table(table)
    if labels is not None:
        rows = known_labels(rows, set(labels))
    outcomes = asyncio.run(classify(agent, [row.text for row in rows]))
    return {
        **measure(rows, outcomes),
        "labels": by_label(rows, outcomes),
        "errors": [
            {"text": r.text, "label": r.label, "intent": o.intent, "score": o.score}
            for r, o in zip(rows, outcomes)
            if o.intent not in (r.label, *r.also)
        ],
    }


def threshold(agent: Any, name: Text) -> float:
    """Return the score below which a model rejects."""
    if name == STOCK:
        return STOCK_THRESHOLD
    return float(asyncio.run(agent.parse_message("hello"))["threshold"])


def _train_and_report(name: Text, table: Optional[Path], test: Path) -> Dict[Text, Any]:
    from bot.measures import read_table

    labels = {row.label for row in read_table(table)} if table else None
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        model = train(name, table, Path(folder))
        seconds = time.perf_counter() - started
        agent = load(model)
        measured = report(agent, test, labels and sorted(labels))
        limit = threshold(agent, name)
    return {"pipeline": name, "train_s": seconds, "threshold": limit, **measured}


def main() -> None:
    """Measure what the arguments ask for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    evaluate = modes.add_parser("evaluate")
    evaluate.add_argument("model", type=Path)
    evaluate.add_argument("test", type=Path)
    evaluate.add_argument("--with-tensorflow", action="store_true")
    train_mode = modes.add_parser("train")
    train_mode.add_argument("pipeline", choices=(SHIPPED, STOCK))
    train_mode.add_argument("test", type=Path)
    train_mode.add_argument("--table", type=Path)
    chosen = parser.parse_args()
    stock = chosen.mode == "train" and chosen.pipeline == STOCK
    prepare(with_tensorflow=stock or getattr(chosen, "with_tensorflow", False))
    from bot.measures import TableError

    try:
        if chosen.mode == "evaluate":
            result = report(load(chosen.model), chosen.test, None)
        else:
            result = _train_and_report(chosen.pipeline, chosen.table, chosen.test)
    except TableError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    print("RESULT " + json.dumps(result))


if __name__ == "__main__":
    main()
