"""What is looked at before the help desk starts; docs/operations.md lists the ids."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from foundation.secret import Secret
from foundation.start_checks import (
    Finding,
    Level,
    is_development_mailbox,
    is_loopback,
    is_private,
    open_to_others,
    shared_secrets,
    weak_secrets,
)
from helpdesk.settings import HelpdeskSettings
from helpdesk.store.words import Role

ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - looked for, not listened on
ACTIONS_HOST = "LATCHKEY_ACTIONS_HOST"
RASA_HOST = "LATCHKEY_RASA_HOST"


def check_helpdesk(
    settings: HelpdeskSettings, variables: Mapping[str, str] = os.environ
) -> list[Finding]:
    """Return what is unsafe about the settings of a help desk.

    Args:
        settings: Its settings.
        variables: The environment, for what neighbours were told.
    """
    return [
        *_secrets(settings),
        *_front(settings),
        *_neighbours(settings, variables),
        *_files(settings, variables),
        *_people(settings),
    ]


def _secrets(settings: HelpdeskSettings) -> Iterator[Finding]:
    secrets = [
        ("LATCHKEY_HELPDESK_SECRET", settings.secret),
        ("LATCHKEY_TURN_KEY", Secret(settings.turn_key)),
        ("LATCHKEY_ACTOR_KEY", Secret(settings.actor_key)),
        ("LATCHKEY_PSEUDONYM_KEY", Secret(settings.pseudonym_key)),
    ]
    tokens = {
        "LATCHKEY_ACCOUNTS_TOKEN": settings.accounts_token,
        "LATCHKEY_ACCOUNTS_STAFF_TOKEN": settings.accounts_staff_token,
    }
    secrets += [(name, Secret(value)) for name, value in tokens.items() if value]
    weak = weak_secrets(secrets)
    if weak:
        yield Finding(
            "LK001",
            Level.ERROR,
            f"Somebody could guess {', '.join(weak)}.",
            "Make each with `openssl rand -base64 48`.",
            matters_always=True,
        )
    shared = shared_secrets(secrets)
    if shared:
        yield Finding(
            "LK002",
            Level.ERROR,
            f"{', '.join(shared)} have a value in common.",
            "Give each a value of its own: whoever learns one must not have the others.",
        )


def _front(settings: HelpdeskSettings) -> Iterator[Finding]:
    host = urlsplit(settings.public_url).hostname or ""
    if not settings.is_https and not is_loopback(host):
        yield Finding(
            "LK003",
            Level.ERROR,
            f"People reach {settings.public_url} without encryption, so cookies cannot "
            "be Secure.",
            "Put TLS in front and set LATCHKEY_PUBLIC_URL to the https:// address.",
            matters_always=True,
        )
    plain = [
        origin
        for origin in settings.embed_origins
        if origin.startswith("http://")
        and not is_loopback(urlsplit(origin).hostname or "")
    ]
    if plain:
        yield Finding(
            "LK004",
            Level.ERROR,
            f"The chat may be embedded without encryption: {', '.join(plain)}.",
            "List only https:// origins in LATCHKEY_EMBED_ORIGINS.",
        )
    if settings.is_https and not settings.trusted_proxies:
        yield Finding(
            "LK005",
            Level.WARNING,
            "TLS ends at a proxy, and none is trusted: all visitors share its limits.",
            "Set LATCHKEY_TRUSTED_PROXIES to the number of proxies in front.",
        )
    if settings.trusted_proxies and settings.host in ANYWHERE:
        yield Finding(
            "LK006",
            Level.WARNING,
            "Whoever reaches the help desk beside the proxy can pretend any address.",
            "Let LATCHKEY_HELPDESK_HOST be one that only the proxy reaches.",
        )


def _neighbours(
    settings: HelpdeskSettings, variables: Mapping[str, str]
) -> Iterator[Finding]:
    public = [url for url in settings.rasa_urls if not is_private(url)]
    if public:
        yield Finding(
            "LK007",
            Level.ERROR,
            f"Rasa is at a public address: {', '.join(public)}.",
            "Let it listen on loopback or a private network only.",
            matters_always=True,
        )
    if not is_private(settings.accounts_url) and settings.accounts_url.startswith(
        "http://"
    ):
        yield Finding(
            "LK008",
            Level.ERROR,
            "The account backend's tokens travel without encryption.",
            "Use https:// in LATCHKEY_ACCOUNTS_URL, or a private network.",
            matters_always=True,
        )
    for name, part in ((RASA_HOST, "Rasa"), (ACTIONS_HOST, "The action server")):
        host = variables.get(name, "")
        if host in ANYWHERE or (host and not is_private(f"http://{host}")):
            yield Finding(
                "LK009",
                Level.ERROR,
                f"{part} listens on every address ({name}={host}).",
                "Bind it to loopback or to a private address.",
                matters_always=True,
            )
    is_plain = settings.redis_url.startswith("redis://")
    if is_plain and not is_private(settings.redis_url):
        yield Finding(
            "LK010",
            Level.WARNING,
            "The counts of the limits travel without encryption.",
            "Use rediss:// in LATCHKEY_REDIS_URL, or a private network.",
        )
    if settings.redis_url and settings.database_url.startswith("sqlite"):
        yield Finding(
            "LK011",
            Level.WARNING,
            "Redis is for several processes, and SQLite is for one.",
            "Set LATCHKEY_DATABASE_URL to a PostgreSQL database.",
        )


def _files(
    settings: HelpdeskSettings, variables: Mapping[str, str]
) -> Iterator[Finding]:
    files = [Path(path) for name, path in variables.items() if _names_a_secret(name)]
    database = settings.database_url
    if database.startswith("sqlite:///"):
        files.append(Path(database.removeprefix("sqlite:///")))
    unguarded = open_to_others(files)
    if unguarded:
        yield Finding(
            "LK012",
            Level.ERROR,
            f"Others on this machine may read {', '.join(map(str, unguarded))}.",
            "Take the rights of others away: chmod go=.",
            matters_always=True,
        )


def _names_a_secret(name: str) -> bool:
    # The keys that vouch for people are public.
    return (
        name.startswith("LATCHKEY_")
        and name.endswith("_FILE")
        and name != "LATCHKEY_IDENTITY_KEYS_FILE"
    )


def _people(settings: HelpdeskSettings) -> Iterator[Finding]:
    if not settings.smtp.host:
        yield Finding(
            "LK013",
            Level.WARNING,
            "No mail server: contacts who leave get no answer, and are told so.",
            "Set LATCHKEY_HELPDESK_SMTP_HOST.",
        )
    elif is_development_mailbox(settings.smtp):
        yield Finding(
            "LK014",
            Level.ERROR,
            "Mails go to the development mailbox, so nobody gets any.",
            "Set LATCHKEY_SMTP_HOST (or LATCHKEY_HELPDESK_SMTP_HOST) to a mail server.",
        )
    if Role.ADMIN not in settings.codes_for and settings.openid is None:
        yield Finding(
            "LK015",
            Level.WARNING,
            "Admins may sign in with a password alone.",
            "Set LATCHKEY_CODES_FOR=admin,lead, or let another system sign them in.",
        )
    if settings.limit_factor > 1:
        yield Finding(
            "LK016",
            Level.ERROR,
            f"Every limit is {settings.limit_factor} times what it should be.",
            "Leave LATCHKEY_LIMIT_FACTOR out: it is for load tests.",
        )
