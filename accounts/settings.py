"""The account service's settings: one frozen object, read once at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foundation.environment import Environment, SettingsError
from foundation.names import Names, read_names
from foundation.postman import SmtpSettings
from foundation.secret import Secret
from foundation.start_checks import Stage, read_stage

SHORTEST_TOKEN = 16
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class AccountsSettings:
    """Everything the service must be told."""

    stage: Stage
    host: str
    port: int
    public_url: str
    database_url: str
    smtp: SmtpSettings
    token: Secret
    staff_token: Secret
    secret: Secret
    names: Names
    seed: bool
    outbox: Path

    @property
    def is_https(self) -> bool:
        """Whether people reach the pages over HTTPS."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_environment(
        cls, variables: Mapping[str, str] = os.environ
    ) -> "AccountsSettings":
        """Read the LATCHKEY_ variables.

        Raises:
            SettingsError: One of them is missing or wrong.
        """
        read = Environment(variables)
        host = read.text("LATCHKEY_ACCOUNTS_HOST", "127.0.0.1")
        port = read.port("LATCHKEY_ACCOUNTS_PORT", 8081)
        names = read_names(Path(read.text("LATCHKEY_SETTINGS", "settings.yml")))
        settings = cls(
            stage=read_stage(read),
            host=host,
            port=port,
            public_url=read.url(
                "LATCHKEY_ACCOUNTS_PUBLIC_URL", f"http://{host}:{port}"
            ),
            database_url=database_url(read, _home(read)),
            smtp=SmtpSettings.from_environment(
                read, "LATCHKEY_", host="127.0.0.1", mail_from=names.support_email
            ),
            token=read.rotating_secret(
                "LATCHKEY_ACCOUNTS_TOKEN", at_least=SHORTEST_TOKEN
            ),
            staff_token=read.rotating_secret(
                "LATCHKEY_ACCOUNTS_STAFF_TOKEN", at_least=SHORTEST_TOKEN
            ),
            secret=read.rotating_secret(
                "LATCHKEY_ACCOUNTS_SECRET", at_least=SHORTEST_SECRET
            ),
            names=names,
            seed=read.flag("LATCHKEY_ACCOUNTS_SEED"),
            outbox=Path(read.text("LATCHKEY_OUTBOX_DIR", str(_home(read) / "outbox"))),
        )
        if set(settings.token.all) & set(settings.staff_token.all):
            raise SettingsError(
                "LATCHKEY_ACCOUNTS_TOKEN and LATCHKEY_ACCOUNTS_STAFF_TOKEN must differ."
            )
        return settings


def database_url(read: Environment, home: Path) -> str:
    """Return where the account backend keeps everything."""
    chosen = read.secret("LATCHKEY_ACCOUNTS_DATABASE_URL")
    return chosen or f"sqlite:///{home / 'accounts.db'}"


def _home(read: Environment) -> Path:
    return Path(read.text("LATCHKEY_HOME", ".latchkey/state"))
