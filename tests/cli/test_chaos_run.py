"""A small chaos run for real: nothing is lost, and guards that are taken out are noticed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.chaos.guards import GUARDS
from cli.chaos.report import COUNTED
from tests.accounts.service import ROOT
from tests.cli.command_line import environment, processes_of

MOST_S = 900.0  # a busy machine takes its time
# Likewise: nothing depends on time here.
SLOW = {"longest_silence_s", "back_to_normal_s"}


def run_chaos(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Return the exit status, the report, and what was said meanwhile."""
    state = folder / "run"
    command = ["chaos", "--json", "--messages", "150", "--keep", str(state), *arguments]
    ended = subprocess.run(
        [str(ROOT / "latchkey"), *command],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=MOST_S,
    )
    assert ended.stdout, ended.stderr
    assert not processes_of(state), "nothing is left running"
    assert str(folder) not in Path("/proc/mounts").read_text()
    return ended.returncode, json.loads(ended.stdout), ended.stderr


@pytest.mark.timeout(MOST_S)
def test_a_small_run_loses_nothing(tmp_path: Path) -> None:
    kinds = "kill:helpdesk,failover,backend_drops"
    status, report, said = run_chaos(
        tmp_path, "--faults", "3", "--seed", "3", "--kinds", kinds
    )
    assert set(report["broken"]) <= SLOW, report
    assert status == (1 if report["broken"] else 0)
    assert report["accepted"] == report["answered"] >= 150
    assert {report[name] for name in COUNTED} == {0}
    counts = {kind: each["count"] for kind, each in report["faults"].items()}
    assert counts == {"kill": 1, "failover": 1, "backend_drops": 1}
    assert len(report["events"]) == 3
    assert "3/3" in said
    stories = json.loads((tmp_path / "run" / "stories.json").read_text("utf-8"))
    assert sum(len(story["asked"]) for story in stories) == report["sent"]


@pytest.mark.timeout(MOST_S)
def test_each_guard_that_is_taken_out_is_noticed(tmp_path: Path) -> None:
    status, report, _ = run_chaos(
        tmp_path,
        *("--faults", "3", "--seed", "57"),
        *("--kinds", "clock_forward:machine,backend_drops,postgresql_restart"),
        *("--break-guard", ",".join(GUARDS)),
    )
    assert status == 1
    assert set(COUNTED) <= set(report["broken"])
    assert report["lost_because"]["accepted"] > 0
    assert report["broken_guards"].keys() == GUARDS.keys()
    for name, noticed in report["broken_guards"].items():
        assert noticed["figure"] == GUARDS[name].figure
        assert noticed["found"] > 0, name
