"""The account backend's database: its tables, and where their migrations are."""

from pathlib import Path

from foundation.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> Database:
    """Return the account backend's database.

    Raises:
        SettingsError: The URL cannot be used.
    """
    return Database(url, MIGRATIONS, variable="LATCHKEY_ACCOUNTS_DATABASE_URL")
