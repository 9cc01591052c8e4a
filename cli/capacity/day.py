"""A day of so many conversations: how many processes it takes, and what gives way first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cli.capacity.model import Costs
from cli.capacity.simulator import Fleet, Outcome, Simulation
from cli.load_figures import Figures, percentiles

# Per cent of a day's conversations that begin in each hour: an office's day.
HOURS = (
    *(0.6, 0.4, 0.3, 0.3, 0.4, 0.8, 2.0, 4.0, 7.0, 9.5, 10.0, 9.0),
    *(7.0, 7.5, 8.5, 8.0, 7.0, 5.5, 4.0, 3.0, 2.2, 1.5, 1.0, 0.5),
)
TARGET = 0.6  # how busy a process may be in the peak hour, so that one may be missing
MESSAGES_OF_AN_HOUR = 1_000  # that are simulated
OPEN_S = 300.0  # how long a contact keeps the chat open; an assumption
CONNECTIONS = 15  # of a help desk to PostgreSQL, at most
LINE_MB_S = 125.0  # of a line of 1 Gbit/s
SCALED = ("helpdesk", "rasa", "actions", "accounts", "postgresql")


@dataclass(frozen=True)
class Day:
    """So many conversations a day."""

    conversations: int
    costs: Costs

    @property
    def peak_per_s(self) -> float:
        """Messages in a second of the peak hour."""
        return self.per_s(max(HOURS))

    def per_s(self, per_cent: float) -> float:
        """Messages in a second of an hour with this share of the day."""
        return self.conversations * per_cent / 100 * self.costs.turns / 3_600

    def work(self, part: str) -> float:
        """How many processes of a part the peak hour would keep busy all the time."""
        costs = self.costs
        ms = costs.cpu_ms.get(part, 0.0) + costs.visit_ms.get(part, 0.0) / costs.turns
        return self.peak_per_s * ms / 1e3

    @property
    def heard(self) -> float:
        """The share of its time that each help desk listens to the others in the peak hour."""
        message = self.costs.message
        return self.peak_per_s * message.events * message.heard_ms / 1e3

    def needed(self, part: str) -> int | None:
        """How many processes of a part it takes; None if no number is enough."""
        left = TARGET - (self.heard if part == "helpdesk" else 0.0)
        if left <= 0:
            return None
        return max(1, math.ceil(self.work(part) / left))

    def fleet(self) -> Fleet | None:
        """Return what it takes, with room; None if no number of help desks is enough.

        The account backend is the reference one, of which there is one process: what
        it needs is told, and another backend is taken to have it.
        """
        found = {part: self.needed(part) for part in SCALED}
        if None in found.values():
            return None
        numbers = {part: count for part, count in found.items() if count}
        # The load has its own machines, and what passes events on is told apart.
        return Fleet({**numbers, "valkey": 1, "load": 10_000})


def with_own_channels(costs: Costs) -> Costs:
    """Return what it would cost if events went only to where somebody watches.

    One other process hears each event then, however many there are.
    """
    heard_ms = costs.message.events * costs.message.heard_ms
    cpu_ms = {**costs.cpu_ms, "helpdesk": costs.cpu_ms["helpdesk"] + heard_ms}
    message = replace(costs.message, events=0.0)
    accept = tuple(
        replace(stage, ms=stage.ms + heard_ms) if stage.part == "helpdesk" else stage
        for stage in message.accept
    )
    return replace(costs, message=replace(message, accept=accept), cpu_ms=cpu_ms)


def play_day(day: Day, messages: int = MESSAGES_OF_AN_HOUR) -> Figures:
    """Simulate every hour of a day, so many messages of each, on what its peak needs."""
    fleet = day.fleet()
    numbers = {part: day.needed(part) for part in SCALED}
    result: Figures = {
        "conversations": day.conversations,
        "peak_messages_per_s": day.peak_per_s,
        "processes": numbers,
        "heard": day.heard,
        "hours": [],
    }
    if fleet is None:
        return result
    for hour, per_cent in enumerate(HOURS):
        outcome = _play(day, fleet, hour, messages)
        result["hours"].append(
            {
                "hour": hour,
                "messages_per_s": day.per_s(per_cent),
                **percentiles(outcome.times_ms),
                "busy": {part: outcome.busy[part] for part in SCALED},
            }
        )
    return result


def _play(day: Day, fleet: Fleet, hour: int, messages: int) -> Outcome:
    simulation = Simulation(day.costs.message, fleet, day.costs.turns, seed=hour)
    return simulation.open(day.per_s(HOURS[hour]), messages)


def strains(day: Day, figures: Figures) -> Figures:
    """Return what the peak hour asks of what is not processor time, and the day of disks.

    Args:
        day: The day.
        figures: Of `bench capacity`.
    """
    event, peak = day.costs.event, day.peak_per_s
    desks = day.needed("helpdesk")
    published = peak * event.get("for_a_message", 0.0)
    hearers = desks if day.costs.message.events else 1
    conversations_per_s = peak / day.costs.turns
    sockets = conversations_per_s * OPEN_S
    shared = figures["shared"]
    stored = shared["kb_for_a_conversation"]
    socket_kb = figures["sockets"]["kb_per_socket"]
    return {
        "sockets": sockets,
        "sockets_gb": sockets * socket_kb / 1e6,
        "commits_per_s": peak * shared["commits_for_a_message"],
        "connections": desks and desks * CONNECTIONS,
        "events_per_s": published,
        "deliveries_per_s": hearers and published * hearers,
        "valkey_mb_per_s": hearers
        and published * hearers * event.get("bytes", 0.0) / 1e6,
        "record_gb_a_day": day.conversations * stored["record"] / 1e6,
        "tracker_gb_a_day": day.conversations * stored["tracker"] / 1e6,
    }


def limits(costs: Costs) -> Mapping[str, float]:
    """Return how many conversations a day keep one of each entirely busy in the peak hour.

    What can be added to is one process of it; what cannot is the end.
    """
    one = Day(1, costs)
    found = {part: 1 / one.work(part) for part in SCALED if one.work(part)}
    if one.heard:
        found["hearing the other help desks"] = 1 / one.heard
    bytes_per_s = one.peak_per_s * costs.event.get("for_a_message", 0.0)
    bytes_per_s *= costs.event.get("bytes", 0.0)
    if bytes_per_s:
        # Deliveries grow with the help desks, and these with the conversations: squared.
        desks = one.work("helpdesk") / TARGET
        found["Valkey's line (1 Gbit/s)"] = math.sqrt(
            LINE_MB_S * 1e6 / (bytes_per_s * desks)
        )
    return dict(sorted(found.items(), key=lambda each: each[1]))
