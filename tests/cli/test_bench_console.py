"""`bench console`, really, but small."""

import json

from typer.testing import CliRunner

from cli.__main__ import app
from cli.bench_console import VIEWS

SMALL = (
    "--conversations",
    "100",
    "--requests",
    "10",
    "--active",
    "2",
    "--handoffs",
    "2",
)


def test_views_are_timed_and_handoffs_are_seen() -> None:
    ran = CliRunner().invoke(app, ["bench", "console", *SMALL, "--json"])
    assert ran.exit_code == 0, ran.output
    result = json.loads(ran.stdout)
    assert result["conversations"] >= 100
    assert result["messages"] >= 2_000
    assert {*VIEWS, "me", "conversation", "search"} == result["views"].keys()
    for figures in result["views"].values():
        assert 0 < figures["p50_ms"] <= figures["p95_ms"]
    handoff = result["handoff"]
    assert (handoff["active"], handoff["handoffs"]) == (2, 2)
    for kind in ("line", "notice"):
        assert handoff[kind]["missing"] == 0
        assert handoff[kind]["p95_ms"] > 0
