"""What is measured of a classifier on labelled messages."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Set, Tuple

import numpy as np
from sklearn.metrics import matthews_corrcoef, roc_auc_score

OUT_OF_SCOPE = "out_of_scope"


class TableError(ValueError):
    """The CSV file cannot be used; the message says why."""


@dataclass(frozen=True)
class Labelled:
    """A message with its label and the labels that would be right as well."""

    text: str
    label: str
    also: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a classifier made of a message.

    `intent` is `out_of_scope` when rejected, `best` the likeliest class in any case;
    `score` grows with the belief that the message is in scope; `ms` is the time taken.
    """

    intent: str
    best: str
    score: float
    ms: float


def read_table(path: Path) -> List[Labelled]:
    """Read a CSV file with the columns `text`, `label` and perhaps `alt_labels`.

    Raises:
        TableError: the file cannot be read or lacks a column or any row.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path}: cannot be read: {error}") from error
    if not rows or not {"text", "label"} <= set(rows[0]):
        raise TableError(f"{path}: needs the columns text and label and a row.")
    return [
        Labelled(
            row["text"] or "",
            row["label"] or "",
            tuple(filter(None, (row.get("alt_labels") or "").split(";"))),
        )
        for row in rows
    ]


def known_labels(rows: Sequence[Labelled], labels: Set[str]) -> List[Labelled]:
    """Return the rows, those with a label outside `labels` as out of scope."""
    return [
        row if row.label in labels else Labelled(row.text, OUT_OF_SCOPE, row.also)
        for row in rows
    ]


def measure(rows: Sequence[Labelled], outcomes: Sequence[Outcome]) -> Dict[str, Any]:
    """Compare outcomes with labels.

    Returns:
        `accuracy` counts `also`; the others do not. In-scope accuracy counts a rejection
        as wrong, `in_scope_accuracy_raw` looks at the likeliest class alone. `mcc` is the
        Matthews correlation over all classes, out of scope being one of them; `auroc` is
        that of `score` for in scope against out of scope. None where the data lack a
        side.
    """
    inside = np.array([row.label != OUT_OF_SCOPE for row in rows])
    right = np.array([o.intent == r.label for r, o in zip(rows, outcomes)])
    best = np.array([o.best == r.label for r, o in zip(rows, outcomes)])
    accepted = [o.intent in (r.label, *r.also) for r, o in zip(rows, outcomes)]
    scores = [o.score for o in outcomes]
    times = [o.ms for o in outcomes]
    both = inside.any() and not inside.all()
    truth, found = [r.label for r in rows], [o.intent for o in outcomes]
    return {
        "accuracy": float(np.mean(accepted)),
        "in_scope_accuracy": _mean(right[inside]),
        "in_scope_accuracy_raw": _mean(best[inside]),
        "out_of_scope_recall": _mean(right[~inside]),
        "mcc": float(matthews_corrcoef(truth, found)),
        "auroc": float(roc_auc_score(inside, scores)) if both else None,
        "parse_p50_ms": float(np.percentile(times, 50)),
        "parse_p95_ms": float(np.percentile(times, 95)),
    }


def by_label(
    rows: Sequence[Labelled], outcomes: Sequence[Outcome]
) -> Dict[str, Dict[str, float]]:
    """Return rows and accuracy (counting `also`) of each label."""
    table: Dict[str, List[bool]] = {}
    for row, outcome in zip(rows, outcomes):
        right = outcome.intent in (row.label, *row.also)
        table.setdefault(row.label, []).append(right)
    return {
        label: {"rows": len(rights), "accuracy": float(np.mean(rights))}
        for label, rights in sorted(table.items())
    }


def _mean(values: np.ndarray) -> "float | None":
    return float(values.mean()) if values.size else None
