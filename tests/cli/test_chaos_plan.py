"""The plan of a chaos run: the same for the same seed, and everything is in it."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from cli.chaos.faults import INJECT
from cli.chaos.guards import GUARDS
from cli.chaos.plan import CLOCK_SKEW_S, KINDS, ONE, choose, make_plan
from cli.chaos.report import COUNTED
from cli.chaos.script import QUESTIONS, Step, write_scripts
from tests.accounts.service import ROOT
from tests.cli.command_line import environment, latchkey


def test_the_same_seed_gives_the_same_plan() -> None:
    assert make_plan(7, 40) == make_plan(7, 40)
    assert make_plan(7, 40) != make_plan(8, 40)
    assert make_plan(7, 40)[:10] == make_plan(7, 10)


def test_a_hundred_faults_are_of_every_kind_and_hit_every_process() -> None:
    plan = make_plan(6, 100)
    assert {fault.kind for fault in plan} == set(KINDS)
    for kind in ("kill", "freeze"):
        hit = Counter(fault.target for fault in plan if fault.kind == kind)
        assert max(hit.values()) - min(hit.values()) <= 1
    killed = {fault.target for fault in plan if fault.kind == "kill"}
    assert killed == set(KINDS["kill"].targets)


def test_every_kind_can_be_done() -> None:
    assert INJECT.keys() == KINDS.keys()


def test_operations_names_every_kind_every_guard_and_every_figure() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    section = page.partition("## Chaos\n")[2].partition("\n## ")[0]
    first_cells = [row.split("|")[1] for row in section.splitlines() if "|" in row]
    named = set(re.findall(r"`(\w+)`", " ".join(first_cells)))
    assert named == KINDS.keys() | GUARDS.keys()
    for name in COUNTED:
        assert f"`{name}`" in section


def test_only_the_chosen_kinds_are_planned() -> None:
    plan = make_plan(1, 30, choose(["kill", "redis_flush"]))
    assert Counter(fault.kind for fault in plan).keys() == {"kill", "redis_flush"}
    assert make_plan(1, 30, choose([])) == make_plan(1, 30)


def test_only_the_chosen_targets_are_hit() -> None:
    words = ["kill:rasa", "kill:valkey", "clock_back:machine", "smtp_busy"]
    plan = make_plan(1, 30, choose(words))
    hit = {f"{fault.kind}:{fault.target}" for fault in plan}
    assert hit == {*words[:3], "smtp_busy:smtp"}


def test_a_fault_lasts_as_long_as_its_kind_may() -> None:
    for fault in make_plan(3, 200):
        kind = KINDS[fault.kind]
        assert kind.shortest_s <= fault.seconds <= kind.longest_s
        assert fault.target in kind.targets


def test_clocks_jump_both_ways_and_one_process_only_a_little() -> None:
    jumps = [fault for fault in make_plan(4, 300) if fault.kind.startswith("clock")]
    assert all(fault.shift_s > 0 for fault in jumps if fault.kind == "clock_forward")
    assert all(fault.shift_s < 0 for fault in jumps if fault.kind == "clock_back")
    alone = {abs(fault.shift_s) for fault in jumps if fault.target == ONE}
    assert alone == {CLOCK_SKEW_S}
    others = [f for f in make_plan(4, 300) if not f.kind.startswith("clock")]
    assert not any(fault.shift_s for fault in others)


def test_each_script_asks_everything_once_and_for_one_mail() -> None:
    scripts = write_scripts(5)
    assert scripts == write_scripts(5)
    assert len(set(scripts)) == len(scripts)
    for script in scripts:
        steps = Counter(script.steps)
        assert sorted(script.questions) == sorted(QUESTIONS)
        assert steps[Step.ASK] + 2 * steps[Step.ASK_TWO] == len(QUESTIONS)
        assert steps[Step.RECOVER] == 1
        for before, step in pairwise(script.steps):
            assert (step is Step.AGREE) == (before is Step.ASK)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--kinds", "kill,earthquake"], "earthquake"),
        (["--kinds", "kill:moon"], "helpdesk-2"),
        (["--break-guard", "no_fence,the_door"], "forget_results"),
        (["--keep", str(ROOT)], "is not empty"),
    ],
)
def test_what_is_unknown_is_said_before_anything_starts(
    arguments: list[str], complaint: str, tmp_path: Path
) -> None:
    result = latchkey("chaos", *arguments, variables=environment(tmp_path))
    assert result.returncode == 2
    assert complaint in result.stderr
    assert not result.stdout
