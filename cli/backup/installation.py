"""What belongs to an installation: two databases and the secrets of its state folder."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from accounts.database import open_database as open_accounts
from accounts.settings import database_url
from cli.backup.contents import ACCOUNTS, RECORD
from cli.keys import ACCOUNTS_SECRET, HELPDESK_SECRET, PSEUDONYM_KEY
from cli.places import STATE
from foundation.database import Database
from foundation.environment import Environment
from foundation.secret import former_in
from helpdesk.settings import record_url
from helpdesk.store import open_database

# Without these what is in the databases cannot be read, or found, any more.
NEEDED = {
    HELPDESK_SECRET: "the agents' one-time codes cannot be read",
    PSEUDONYM_KEY: "what was done about an address is not found in the audit record",
    ACCOUNTS_SECRET: "links in mails that are on their way do not open",
}
_OPENERS = {RECORD: open_database, ACCOUNTS: open_accounts}


@dataclass(frozen=True)
class Installation:
    """Where an installation keeps everything."""

    state: Path
    urls: Mapping[str, str]  # of each database, by its name in a backup

    @classmethod
    def here(cls, state: Path = STATE) -> "Installation":
        """Return the one that the environment names."""
        read = Environment(os.environ)
        urls = {RECORD: record_url(read, state), ACCOUNTS: database_url(read, state)}
        return cls(state, urls)

    def file_of(self, name: str) -> Path | None:
        """Return the file of a database; None if it is on a server."""
        url = make_url(self.urls[name])
        is_file = url.get_backend_name() == "sqlite" and url.database
        return Path(str(url.database)) if is_file else None

    def has(self, name: str) -> bool:
        """Tell whether a database can be there: its file is, or a server has it."""
        file = self.file_of(name)
        return file is None or (file.exists() and file.stat().st_size > 0)

    def open(self, name: str, url: str | None = None) -> Database:
        """Return a database.

        Args:
            name: Which.
            url: Where it is, if not where it belongs.

        Raises:
            SettingsError: The URL cannot be used.
        """
        return _OPENERS[name](url or self.urls[name])


def fingerprints(backup_id: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Return what tells whether the needed secrets are those that a backup was made with."""
    return {
        name: _fingerprint(backup_id, keys[name]) for name in NEEDED if name in keys
    }


def strangers(
    backup_id: str, wanted: Mapping[str, str], keys: Mapping[str, str]
) -> list[str]:
    """Return the names of the needed secrets that are not those of a backup."""
    return [
        name
        for name, fingerprint in wanted.items()
        if fingerprint
        not in {_fingerprint(backup_id, value) for value in _values(name, keys)}
    ]


def _values(name: str, keys: Mapping[str, str]) -> tuple[str, ...]:
    current = (keys[name],) if name in keys else ()
    return current + former_in(keys.get(f"{name}_FORMER", ""))


def _fingerprint(backup_id: str, value: str) -> str:
    return hashlib.sha256(f"{backup_id} {value}".encode()).hexdigest()[:16]
