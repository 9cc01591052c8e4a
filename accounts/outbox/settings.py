"""The development mailbox's settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foundation.environment import Environment

HOST = "127.0.0.1"


@dataclass(frozen=True)
class OutboxSettings:
    """Where mail is kept and where to listen; always on the loopback address."""

    folder: Path
    smtp_port: int
    http_port: int
    refuse: tuple[str, ...]

    @classmethod
    def from_environment(
        cls, variables: Mapping[str, str] = os.environ
    ) -> "OutboxSettings":
        """Read the LATCHKEY_OUTBOX_ variables.

        `LATCHKEY_OUTBOX_REFUSE` lists addresses whose mail is refused for good, so that
        a bounce can be seen.
        """
        read = Environment(variables)
        home = Path(read.text("LATCHKEY_HOME", ".latchkey/state"))
        return cls(
            folder=Path(read.text("LATCHKEY_OUTBOX_DIR", str(home / "outbox"))),
            smtp_port=read.port("LATCHKEY_OUTBOX_SMTP_PORT", 1025),
            http_port=read.port("LATCHKEY_OUTBOX_HTTP_PORT", 8025),
            refuse=tuple(word.lower() for word in read.words("LATCHKEY_OUTBOX_REFUSE")),
        )
