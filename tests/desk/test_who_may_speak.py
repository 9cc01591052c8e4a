"""Whatever happens, in whatever order: one owner speaks, and nothing is lost or doubled.

The rules are driven beside a model of who may speak. That this can fail is shown by
switching the guards off, one at a time: each time it does.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import get_state_machine_test, run_state_machine_as_test

from helpdesk.desk import (
    agent_changes,
    agent_messages,
    answers,
    assignment,
    handoff,
    satisfaction,
    stretches,
)
from tests.desk.ownership_machine import OwnershipMachine

QUIET = settings(
    deadline=None,
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    stateful_step_count=16,
    suppress_health_check=list(HealthCheck),
)
EXAMPLES = 2_000


def nothing(*_: Any, **__: Any) -> None:
    """Check, tell or drop nothing."""


def yes(*_: Any, **__: Any) -> bool:
    return True


def no(*_: Any, **__: Any) -> bool:
    return False


def too_soon(now: Any) -> Any:
    return now + timedelta(minutes=10)


Guard = tuple[list[Any], str, Callable[..., Any]]
GUARDS: dict[str, Guard] = {
    "the assistant speaks only while it owns": ([answers], "may_speak", yes),
    "an agent speaks only while they own": (
        [agent_messages],
        "check_may_reply",
        nothing,
    ),
    "an old epoch changes nothing": (
        [agent_changes],
        "check_epoch",
        nothing,
    ),
    "of two who claim one gets it": ([assignment], "check_free", nothing),
    "a lease holds as long as it lasts": ([assignment], "lapsed_by", too_soon),
    "how it went is asked once": ([satisfaction], "was_asked", no),
    "the notice is in the same transaction": ([handoff], "tell_handed_off", nothing),
    "open turns are dropped at a handoff": ([stretches], "drop_turns", nothing),
    "the assistant comes back with a blank mind": (
        [stretches],
        "begin_afresh",
        nothing,
    ),
}
# Where to begin, so that it fails after a few examples; elsewhere it takes hundreds.
SOON = {
    "the assistant speaks only while it owns": 4,
    "a lease holds as long as it lasts": 2,
    "the notice is in the same transaction": 3,
}


def test_one_owner_speaks_and_nothing_is_lost() -> None:
    thorough = settings(QUIET, max_examples=EXAMPLES)
    run_state_machine_as_test(OwnershipMachine, settings=thorough)


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_it_fails(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modules, name, switched_off = GUARDS[guard]
    for module in modules:
        monkeypatch.setattr(module, name, switched_off)
    until_it_fails = settings(QUIET, max_examples=EXAMPLES, phases=[Phase.generate])
    test = get_state_machine_test(OwnershipMachine, settings=until_it_fails)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is that breaks
        seed(SOON.get(guard, 1))(test)()
