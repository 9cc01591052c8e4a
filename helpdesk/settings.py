"""The help desk's settings: one frozen object, read once at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from foundation.environment import Environment, SettingsError
from foundation.names import Names, read_names
from foundation.postman import SmtpSettings
from foundation.secret import Secret
from foundation.start_checks import Stage, read_stage
from helpdesk.desk.hours import Hours, read_hours
from helpdesk.desk.retention_rules import RetentionRules, read_retention
from helpdesk.desk.risks import Risk, SecondPersonRule
from helpdesk.inbox import InboxSettings
from helpdesk.store.words import Role

SHORTEST_KEY = 32
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
NO_ISSUER = "http://none.invalid"


@dataclass(frozen=True)
class OpenIdSettings:
    """The system that vouches for agents, and what it knows us by."""

    issuer: str
    client_id: str
    client_secret: str
    adds_agents: bool


@dataclass(frozen=True)
class HelpdeskSettings:
    """Everything the service must be told."""

    stage: Stage
    host: str
    port: int
    shares_port: bool  # with other processes of this help desk
    private_port: int  # where this process alone answers; 0 is nowhere
    home: Path  # the state folder
    public_url: str
    database_url: str
    redis_url: str
    rasa_urls: tuple[str, ...]
    turn_key: str
    actor_key: str
    accounts_url: str
    accounts_token: str
    accounts_staff_token: str
    secret: Secret
    pseudonym_key: str  # never changed: it leads to what was done about an address
    embed_origins: tuple[str, ...]
    identity_keys: Path | None
    trusted_proxies: int
    limit_factor: int
    codes_for: frozenset[Role]
    second_person: SecondPersonRule
    openid: OpenIdSettings | None
    articles: Path
    domain: Path
    names: Names
    smtp: SmtpSettings  # without a host, nothing is mailed
    inbox: InboxSettings | None  # where answers by mail arrive
    hours: Hours
    retention: RetentionRules
    turn_cap: int
    bulk_per_minute: int  # people whom a bulk command serves

    @property
    def is_one_of_several(self) -> bool:
        """Whether other processes may serve the same record."""
        place = make_url(self.database_url)
        return bool(self.redis_url) and place.get_backend_name() == "postgresql"

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
        product = Path(read.text("LATCHKEY_SETTINGS", "settings.yml"))
        identity_keys = read.text("LATCHKEY_IDENTITY_KEYS_FILE", "")
        names = read_names(product)
        return cls(
            stage=read_stage(read),
            host=host,
            port=port,
            shares_port=read.flag("LATCHKEY_HELPDESK_SHARES_PORT"),
            private_port=read.port("LATCHKEY_HELPDESK_PRIVATE_PORT", 0),
            home=home,
            public_url=read.url("LATCHKEY_PUBLIC_URL", f"http://{host}:{port}"),
            database_url=record_url(read, home),
            redis_url=read.secret("LATCHKEY_REDIS_URL"),
            rasa_urls=read.urls("LATCHKEY_RASA_URL", "http://127.0.0.1:5005"),
            turn_key=read.secret("LATCHKEY_TURN_KEY", at_least=SHORTEST_KEY),
            actor_key=read.secret("LATCHKEY_ACTOR_KEY", at_least=SHORTEST_KEY),
            accounts_url=read.url("LATCHKEY_ACCOUNTS_URL", "http://127.0.0.1:8081"),
            accounts_token=read.secret("LATCHKEY_ACCOUNTS_TOKEN"),
            accounts_staff_token=read.secret("LATCHKEY_ACCOUNTS_STAFF_TOKEN"),
            secret=read.rotating_secret(
                "LATCHKEY_HELPDESK_SECRET", at_least=SHORTEST_KEY
            ),
            pseudonym_key=read.secret("LATCHKEY_PSEUDONYM_KEY", at_least=SHORTEST_KEY),
            embed_origins=read.origins("LATCHKEY_EMBED_ORIGINS"),
            identity_keys=Path(identity_keys) if identity_keys else None,
            trusted_proxies=read.number("LATCHKEY_TRUSTED_PROXIES", 0),
            limit_factor=read.number("LATCHKEY_LIMIT_FACTOR", 1) or 1,
            codes_for=_roles(read, "LATCHKEY_CODES_FOR"),
            second_person=_second_person(read, "LATCHKEY_SECOND_ADMIN_FOR"),
            openid=_openid(read),
            articles=Path(read.text("LATCHKEY_ARTICLES", "kb")),
            domain=Path(read.text("LATCHKEY_DOMAIN", "domain.yml")),
            names=names,
            smtp=SmtpSettings.from_environment(
                read, "LATCHKEY_HELPDESK_", host="", mail_from=names.support_email
            ),
            inbox=InboxSettings.from_environment(read),
            hours=read_hours(product),
            retention=read_retention(product),
            turn_cap=read.number("LATCHKEY_TURN_CAP", 30),
            bulk_per_minute=read.number("LATCHKEY_BULK_PER_MINUTE", 60) or 60,
        )


def record_url(read: Environment, home: Path) -> str:
    """Return where the record is."""
    chosen = read.secret("LATCHKEY_DATABASE_URL")
    return chosen or f"sqlite:///{home / 'helpdesk.db'}"


def _roles(read: Environment, name: str) -> frozenset[Role]:
    try:
        return frozenset(Role(word) for word in read.words(name))
    except ValueError as error:
        known = ", ".join(Role)
        raise SettingsError(f"{name} must list roles: {known}.") from error


def _second_person(read: Environment, name: str) -> SecondPersonRule:
    words = read.words(name)
    if not words:
        return SecondPersonRule()
    try:
        risks = frozenset(Risk(word) for word in words)
    except ValueError as error:
        known = ", ".join(Risk)
        raise SettingsError(f"{name} must list risks: {known}.") from error
    if Risk.NONE in risks and len(risks) > 1:
        raise SettingsError(f"{name} must not list none beside other risks.")
    return SecondPersonRule(risks - {Risk.NONE}, is_strict=True)


def _openid(read: Environment) -> OpenIdSettings | None:
    name = "LATCHKEY_OIDC_ISSUER"
    issuer = read.url(name, NO_ISSUER)
    found = OpenIdSettings(
        issuer,
        read.text("LATCHKEY_OIDC_CLIENT_ID", ""),
        read.secret("LATCHKEY_OIDC_CLIENT_SECRET"),
        adds_agents=read.flag("LATCHKEY_OIDC_NEW_AGENTS"),
    )
    if issuer == NO_ISSUER:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"{name} must start with https://, not {issuer!r}.")
    if not found.client_id or not found.client_secret:
        raise SettingsError(
            f"{name} needs LATCHKEY_OIDC_CLIENT_ID and LATCHKEY_OIDC_CLIENT_SECRET."
        )
    return found
