"""From the figures that were measured to the model: what a message goes through, how long."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Any

from cli.capacity.simulator import Draw, Fleet, Message, Outcome, Simulation, Stage
from cli.load_figures import Figures, percentiles, ratio

CALIBRATED_AT = "16"  # the level whose processor times the model takes
MESSAGES = 2_500  # of a simulation
LEVELS = (1, 16, 64)
WITHIN = 0.15  # what a model may be wrong by and still be of use


@dataclass(frozen=True)
class Costs:
    """What the model is made of.

    Attributes:
        message: What a message goes through, on one machine with the load beside it.
        turns: How many messages a conversation has.
        fleet: What ran where it was measured.
        cpu_ms: Of a message by part, its share of a visit and of what is heard left out.
        visit_ms: Of a visit, by part.
        event: What is told between help desks; empty where there is one.
    """

    message: Message
    turns: float
    fleet: Fleet
    cpu_ms: Mapping[str, float]
    visit_ms: Mapping[str, float]
    event: Mapping[str, float]


def costs_of(figures: Figures, name: str, processes: dict[str, int]) -> Costs:
    """Read the costs of one of the two installations that were measured.

    Args:
        figures: Of `bench capacity`.
        name: Which of them.
        processes: How many there were of each part.
    """
    measured, cores = figures[name], int(figures["cores"])
    visit_ms, turns = measured["visit"]["cpu_ms"], measured["turns_of_a_conversation"]
    event: dict[str, Any] = measured["event"] or {}
    heard = event.get("for_a_message", 0.0) * event.get("heard_ms", 0.0)
    cpu_ms = {}
    for part, ms in measured["levels"][CALIBRATED_AT]["cpu_ms"].items():
        others = (processes["helpdesk"] - 1) * heard if part == "helpdesk" else 0.0
        cpu_ms[part] = max(0.0, ms - visit_ms.get(part, 0.0) / turns - others)
    fleet = Fleet({**processes, "postgresql": cores, "load": 1}, cores)
    message = _message(
        cpu_ms,
        visit_ms,
        _drawn_from(measured["turn_at_rasa"]["quantiles_ms"]),
        Stage(
            "",
            measured["commit"]["mean_ms"],
            _drawn_from(measured["commit"]["quantiles_ms"]),
        ),
    )
    message = replace(
        message,
        events=event.get("for_a_message", 0.0),
        heard_ms=event.get("heard_ms", 0.0),
    )
    costs = Costs(message, turns, fleet, cpu_ms, visit_ms, event)
    return _with_rest(costs, measured["levels"]["1"])


def _message(
    cpu_ms: Mapping[str, float],
    visit_ms: Mapping[str, float],
    draw: Draw,
    commit: Stage,
) -> Message:
    def some(part: str, share: float, of: Mapping[str, float] = cpu_ms) -> Stage:
        return Stage(part, of.get(part, 0.0) * share, draw)

    return Message(
        visit=_needed(
            some("load", 1, visit_ms),
            some("helpdesk", 1, visit_ms),
            some("postgresql", 1, visit_ms),
            commit,
        ),
        accept=_needed(
            some("load", 0.5),
            some("helpdesk", 0.5),
            some("postgresql", 0.4),
            some("valkey", 0.5),
            commit,
        ),
        turn=_needed(
            some("rasa", 0.7),
            some("actions", 1),
            some("accounts", 1),
            some("rasa", 0.3),
            some("postgresql", 0.2),
            commit,
        ),
        reply=_needed(
            some("helpdesk", 0.5),
            some("postgresql", 0.4),
            some("valkey", 0.5),
            commit,
            some("load", 0.5),
        ),
    )


def _needed(*stages: Stage) -> tuple[Stage, ...]:
    return tuple(stage for stage in stages if stage.ms > 0)


def _drawn_from(quantiles: list[float]) -> Draw:
    """Return how a time is drawn: between measured ones, as a multiple of their mean."""
    steps = [each / fmean(quantiles) for each in quantiles]
    last = len(steps) - 1

    def draw(chance: random.Random) -> float:
        place = chance.random() * last
        below = int(place)
        return steps[below] + (place - below) * (steps[below + 1] - steps[below])

    return draw


def _with_rest(costs: Costs, level: Figures) -> Costs:
    """Add what one contact alone waits for and no processor time accounts for.

    Threads that hand over, timers, buffers: a constant, found at one contact at a time.
    """
    alone = play_closed(costs, 1, 600, level["cores_of_others"]).times_ms
    rest_ms = max(0.0, level["p50_ms"] - median(alone))
    rest = Stage("", rest_ms, lambda chance: 1.0)
    reply = (*costs.message.reply, *_needed(rest))
    return replace(costs, message=replace(costs.message, reply=reply))


def play_closed(
    costs: Costs, contacts: int, messages: int = MESSAGES, others: float = 0.0
) -> Outcome:
    """Simulate what was measured: contacts who write as soon as they have an answer.

    Args:
        costs: What the model is made of.
        contacts: How many.
        messages: How many messages are simulated.
        others: How many processors were busy with something else.
    """
    fleet = replace(costs.fleet, others=others)
    simulation = Simulation(costs.message, fleet, costs.turns)
    return simulation.closed(contacts, messages)


def compare(costs: Costs, measured: Figures, messages: int = MESSAGES) -> list[Figures]:
    """Return the simulated figures beside the measured ones, level by level."""
    rows = []
    for contacts in LEVELS:
        level = measured["levels"][str(contacts)]
        others = level["cores_of_others"]
        outcome = play_closed(costs, contacts, messages, others)
        simulated = {
            "messages_per_s": outcome.messages_per_s,
            **percentiles(outcome.times_ms),
        }
        row: Figures = {"contacts": contacts, "others": others, "busy": outcome.busy}
        for figure in ("messages_per_s", "p50_ms", "p95_ms"):
            off = ratio(simulated[figure], level[figure])
            row[figure] = {
                "measured": level[figure],
                "simulated": simulated[figure],
                "off": off and off - 1,
            }
        judged = (row["messages_per_s"]["off"], row["p95_ms"]["off"])
        row["fits"] = all(off is not None and abs(off) <= WITHIN for off in judged)
        rows.append(row)
    return rows
