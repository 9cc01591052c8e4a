"""Reads what parts tell of themselves: measures over HTTP, and logs as JSON."""

import json
import re
from pathlib import Path
from typing import Any

import requests
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

LOG_FIELDS = {"time", "level", "logger", "message", "process"}
MAY_HAVE = LOG_FIELDS | {"trace_id", "span_id", "exception", "stack"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")


def measures_at(base_url: str) -> dict[str, Metric]:
    """Return the measures of a part, by their names."""
    answer = requests.get(f"{base_url}/metrics", timeout=10)
    assert answer.status_code == 200, answer.text
    families = list(text_string_to_metric_families(answer.text))
    return {family.name: family for family in families}


def measure(base_url: str, name: str, **labels: str) -> float:
    """Return the sum of what a sample says, over the labels that are not named."""
    families = measures_at(base_url).values()
    samples = [each for family in families for each in family.samples]
    return sum(
        each.value
        for each in samples
        if each.name == name and labels.items() <= each.labels.items()
    )


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, each of which must be an object as documented."""
    lines = []
    for line in path.read_text("utf-8").splitlines():
        said = json.loads(line)
        assert LOG_FIELDS <= set(said) <= MAY_HAVE, line
        assert MOMENT.fullmatch(said["time"]), line
        assert next(iter(said)) == "time", "logs are shortened by it"
        lines.append(said)
    return lines
