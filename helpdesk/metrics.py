"""What the help desk counts and measures, for Prometheus. No personal data in labels."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """The measures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.sockets = Gauge(
            "latchkey_sockets", "Open chat sockets", registry=self.registry
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
