"""`bench redaction`: what is cut out of labelled messages, what is missed."""

import re
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rich.table import Table

from cli.console import out, print_json
from cli.nlu import Json
from cli.places import PROJECT
from helpdesk.desk.redaction import PLACEHOLDERS, Kind, Secret, find_secrets, redact

CASES = PROJECT / "tests" / "helpdesk" / "redaction_cases.yml"
PARTS = ("development", "held_out", "blind")
REPEATS = 5
_MARKED = re.compile(r"⟦(\w+)\|([^⟧]*)⟧")


@dataclass(frozen=True)
class Case:
    """A message as typed, where its secrets are, and what may be kept of it."""

    text: str
    secrets: tuple[Secret, ...]
    redacted: str


@dataclass
class Count:
    """How many secrets there are, how many are caught, how many finds are right."""

    expected: int = 0
    caught: int = 0
    found: int = 0
    right: int = 0

    def figures(self) -> dict[str, float | int | None]:
        """Return the count with recall and precision; None where there is nothing."""
        return {
            "secrets": self.expected,
            "recall": self.caught / self.expected if self.expected else None,
            "precision": self.right / self.found if self.found else None,
        }


@dataclass
class Score:
    """The figures of one part."""

    messages: int = 0
    exact: int = 0
    harmless: int = 0
    harmless_touched: int = 0
    total: Count = field(default_factory=Count)
    kinds: dict[Kind, Count] = field(default_factory=lambda: {k: Count() for k in Kind})

    def figures(self) -> dict[str, Any]:
        """Return what is printed."""
        return {
            "messages": self.messages,
            "exact": self.exact / self.messages,
            "harmless_messages": self.harmless,
            "harmless_touched": self.harmless_touched,
            "all": self.total.figures(),
            "kinds": {
                kind.value: count.figures() for kind, count in self.kinds.items()
            },
        }


def bench_redaction(as_json: Json = False) -> None:
    """Measure the redaction of secrets on the labelled messages.

    A secret is caught when every character of it goes, under its own kind; a find is
    right when it overlaps a secret of its kind. `exact` messages come out to the
    character as they should. Times are milliseconds for one message.
    """
    cases = {part: read_cases(part) for part in PARTS}
    result: dict[str, Any] = {
        part: score(cases[part]).figures() for part in PARTS
    } | _times(case.text for part in PARTS for case in cases[part])
    if as_json:
        print_json(result)
    else:
        _print(result)


def read_cases(part: str, path: Path = CASES) -> list[Case]:
    """Read one part of the labelled messages."""
    groups = yaml.safe_load(path.read_text("utf-8"))[part]
    return [_case(line) for lines in groups.values() for line in lines.splitlines()]


def _case(line: str) -> Case:
    line = line.replace("↵", "\n")
    text = ""
    secrets = []
    position = 0
    for mark in _MARKED.finditer(line):
        text += line[position : mark.start()]
        secrets.append(Secret(Kind(mark[1]), len(text), len(text) + len(mark[2])))
        text += mark[2]
        position = mark.end()
    redacted = _MARKED.sub(lambda mark: PLACEHOLDERS[Kind(mark[1])], line)
    return Case(text + line[position:], tuple(secrets), redacted)


def score(cases: Iterable[Case]) -> Score:
    """Count what is caught, missed and wrongly cut out."""
    score = Score()
    for case in cases:
        found = find_secrets(case.text)
        score.messages += 1
        score.exact += redact(case.text).text == case.redacted
        if not case.secrets:
            score.harmless += 1
            score.harmless_touched += bool(found)
        _count(score, case.secrets, found)
    return score


def _count(score: Score, expected: Iterable[Secret], found: list[Secret]) -> None:
    for secret in expected:
        is_caught = any(
            f.kind is secret.kind and f.start <= secret.start and f.end >= secret.end
            for f in found
        )
        for count in (score.total, score.kinds[secret.kind]):
            count.expected += 1
            count.caught += is_caught
    for find in found:
        is_right = any(
            s.kind is find.kind and s.start < find.end and s.end > find.start
            for s in expected
        )
        for count in (score.total, score.kinds[find.kind]):
            count.found += 1
            count.right += is_right


def _times(texts: Iterable[str]) -> dict[str, float]:
    times = []
    for text in list(texts) * REPEATS:
        started = time.perf_counter()
        redact(text)
        times.append((time.perf_counter() - started) * 1e3)
    return {
        "p50_ms": statistics.median(times),
        "p95_ms": statistics.quantiles(times, n=20)[-1],
    }


def _print(result: dict[str, Any]) -> None:
    table = Table(
        "", *(f"{part} {x}" for part in PARTS for x in ("recall", "precision"))
    )
    for kind in ("all", *(kind.value for kind in Kind)):
        row = []
        for part in PARTS:
            count = (
                result[part]["all"] if kind == "all" else result[part]["kinds"][kind]
            )
            row += [count["recall"], count["precision"]]
        table.add_row(kind, *("–" if x is None else f"{x:.3f}" for x in row))
    out.print(table)
    for part in PARTS:
        figures = result[part]
        out.print(
            f"{part}: {figures['messages']} messages, {figures['exact']:.1%} exact, "
            f"{figures['harmless_touched']} of {figures['harmless_messages']} without "
            "a secret touched."
        )
    out.print(
        f"{result['p50_ms']:.2f} ms at the median, {result['p95_ms']:.2f} ms p95."
    )
