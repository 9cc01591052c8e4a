"""What the help desk counts and measures, for Prometheus. No personal data in labels."""

import math
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from foundation.measures import BackendCalls, LoopLag, new_registry

SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Figures:
    """The work that is left, of all processes together."""

    open_turns: int
    overdue_turns: int
    oldest_turn_s: float
    waiting_conversations: int
    longest_wait_s: float
    waiting_letters: int


class Metrics:
    """The measures of one process."""

    def __init__(self) -> None:
        self.registry = new_registry()
        self.loop_lag = LoopLag(self.registry)
        self.backend_calls = BackendCalls(self.registry)
        self.sockets = Gauge(
            "latchkey_sockets", "Open chat sockets", registry=self.registry
        )
        self.tasks = Gauge(
            "latchkey_event_loop_tasks",
            "Tasks of the event loop when the measures were asked for",
            registry=self.registry,
        )
        self.messages = Counter(
            "latchkey_messages", "Messages accepted", registry=self.registry
        )
        self.turns = Counter(
            "latchkey_turns", "Turns by how they ended", ["end"], registry=self.registry
        )
        self.turn_seconds = Histogram(
            "latchkey_turn_seconds",
            "From the message's commit to the reply's commit",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.assistant_turns = Gauge(
            "latchkey_rasa_turns",
            "Turns that a process of Rasa has at the moment",
            ["process"],
            registry=self.registry,
        )
        self.assistant_left_out = Gauge(
            "latchkey_rasa_left_out",
            "1 while a process of Rasa gets no turns because it does not answer",
            ["process"],
            registry=self.registry,
        )
        self.assistant_seconds = Histogram(
            "latchkey_rasa_seconds",
            "How long a process of Rasa took for a turn",
            ["process"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.refusals = Counter(
            "latchkey_refusals",
            "What was refused because it was too much at once",
            ["limit"],
            registry=self.registry,
        )
        self.redactions = Counter(
            "latchkey_redactions",
            "Messages of contacts from which a secret was cut out",
            ["kind"],
            registry=self.registry,
        )
        self.letters = Counter(
            "latchkey_letters",
            "Attempts to mail to contacts by what came of them",
            ["end"],
            registry=self.registry,
        )
        self.received_letters = Counter(
            "latchkey_received_letters",
            "Mails that were looked at by what became of them",
            ["end"],
            registry=self.registry,
        )
        self.errors = Counter(
            "latchkey_errors", "Our own mistakes in frames", registry=self.registry
        )
        self.record_reachable = self._gauge(
            "record_reachable", "1 if the record could be read just now"
        )
        self._figures = {
            name: self._gauge(name, told)
            for name, told in (
                ("open_turns", "Turns that the assistant has not answered"),
                ("overdue_turns", "Turns of people who have waited for ten seconds"),
                ("oldest_turn_seconds", "How long the first of these people waited"),
                ("waiting_conversations", "Contacts in line for a person"),
                ("longest_wait_seconds", "How long the first in line has waited"),
                ("waiting_letters", "Mails to contacts that are still to be sent"),
            )
        }

    def show(self, figures: Figures | None) -> None:
        """Show what the record says; None if it cannot be read."""
        self.record_reachable.set(figures is not None)
        for name, gauge in self._figures.items():
            attribute = name.replace("_seconds", "_s")
            gauge.set(math.nan if figures is None else getattr(figures, attribute))

    def _gauge(self, name: str, told: str) -> Gauge:
        return Gauge(f"latchkey_{name}", told, registry=self.registry)
