"""The help desk's settings: one frozen object, read once at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foundation.environment import Environment
from foundation.names import Names, read_names

SHORTEST_KEY = 32


@dataclass(frozen=True)
class HelpdeskSettings:
    """Everything the service must be told."""

    host: str
    port: int
    public_url: str
    database_url: str
    redis_url: str
    rasa_url: str
    turn_key: str
    actor_key: str
    secret: str
    embed_origins: tuple[str, ...]
    identity_keys: Path | None
    trusted_proxies: int
    limit_factor: int
    articles: Path
    domain: Path
    names: Names

    @property
    def is_https(self) -> bool:
        """Whether people reach the pages over HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins that may talk to the chat: our own and those that embed it."""
        return frozenset({self.public_url, *self.embed_origins})

    @classmethod
    def from_environment(
        cls, variables: Mapping[str, str] = os.environ
    ) -> "HelpdeskSettings":
        """Read the LATCHKEY_ variables.

        Raises:
            SettingsError: One of them is missing or wrong.
        """
        read = Environment(variables)
        host = read.text("LATCHKEY_HELPDESK_HOST", "127.0.0.1")
        port = read.port("LATCHKEY_HELPDESK_PORT", 8080)
        home = Path(read.text("LATCHKEY_HOME", ".latchkey/state"))
        identity_keys = read.text("LATCHKEY_IDENTITY_KEYS_FILE", "")
        return cls(
            host=host,
            port=port,
            public_url=read.url("LATCHKEY_PUBLIC_URL", f"http://{host}:{port}"),
            database_url=read.text(
                "LATCHKEY_DATABASE_URL", f"sqlite:///{home / 'helpdesk.db'}"
            ),
            redis_url=read.text("LATCHKEY_REDIS_URL", ""),
            rasa_url=read.url("LATCHKEY_RASA_URL", "http://127.0.0.1:5005"),
            turn_key=read.secret("LATCHKEY_TURN_KEY", at_least=SHORTEST_KEY),
            actor_key=read.secret("LATCHKEY_ACTOR_KEY", at_least=SHORTEST_KEY),
            secret=read.secret("LATCHKEY_HELPDESK_SECRET", at_least=SHORTEST_KEY),
            embed_origins=read.origins("LATCHKEY_EMBED_ORIGINS"),
            identity_keys=Path(identity_keys) if identity_keys else None,
            trusted_proxies=read.number("LATCHKEY_TRUSTED_PROXIES", 0),
            limit_factor=read.number("LATCHKEY_LIMIT_FACTOR", 1) or 1,
            articles=Path(read.text("LATCHKEY_ARTICLES", "kb")),
            domain=Path(read.text("LATCHKEY_DOMAIN", "domain.yml")),
            names=read_names(Path(read.text("LATCHKEY_SETTINGS", "settings.yml"))),
        )
