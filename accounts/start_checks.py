"""What is looked at before the account service starts; docs/operations.md lists the ids."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from accounts.settings import AccountsSettings
from foundation.start_checks import (
    Finding,
    Level,
    is_development_mailbox,
    is_loopback,
    shared_secrets,
    weak_secrets,
)


def check_accounts(settings: AccountsSettings) -> list[Finding]:
    """Return what is unsafe about the settings of the account service."""
    return [*_secrets(settings), *_front(settings)]


def _secrets(settings: AccountsSettings) -> Iterator[Finding]:
    secrets = [
        ("LATCHKEY_ACCOUNTS_TOKEN", settings.token),
        ("LATCHKEY_ACCOUNTS_STAFF_TOKEN", settings.staff_token),
        ("LATCHKEY_ACCOUNTS_SECRET", settings.secret),
    ]
    weak, shared = weak_secrets(secrets), shared_secrets(secrets)
    if weak or shared:
        names = ", ".join(sorted({*weak, *shared}))
        yield Finding(
            "LK101",
            Level.ERROR,
            f"Somebody could guess {names}, or one from another.",
            "Make each with `openssl rand -base64 48`.",
            matters_always=True,
        )


def _front(settings: AccountsSettings) -> Iterator[Finding]:
    host = urlsplit(settings.public_url).hostname or ""
    if not settings.is_https and not is_loopback(host):
        yield Finding(
            "LK102",
            Level.ERROR,
            f"Passwords are typed at {settings.public_url} without encryption.",
            "Set LATCHKEY_ACCOUNTS_PUBLIC_URL to an https:// address.",
            matters_always=True,
        )
    if settings.seed:
        yield Finding(
            "LK103",
            Level.ERROR,
            "People with published passwords are made.",
            "Leave LATCHKEY_ACCOUNTS_SEED out: they are for trying things out.",
        )
    if is_development_mailbox(settings.smtp):
        yield Finding(
            "LK104",
            Level.ERROR,
            "Mails go to the development mailbox, so nobody gets any.",
            "Set LATCHKEY_SMTP_HOST to a mail server.",
        )
