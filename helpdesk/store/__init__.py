"""The record: tables, transactions and migrations. Rows only, no rules."""

from pathlib import Path

from foundation.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> Database:
    """Return the help desk's database; SQLite, or PostgreSQL for many processes.

    Raises:
        SettingsError: The URL cannot be used.
    """
    return Database(url, MIGRATIONS, variable="LATCHKEY_DATABASE_URL")
