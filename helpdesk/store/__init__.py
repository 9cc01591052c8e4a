"""The record: tables, transactions and migrations. Rows only, no rules."""

from pathlib import Path

from helpdesk.store.plain_session import PlainDatabase
from helpdesk.store.record import READERS, WRITERS

MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> PlainDatabase:
    """Return the help desk's database; SQLite, or PostgreSQL for many processes.

    Raises:
        SettingsError: The URL cannot be used.
    """
    # One for each thread: a connection that is opened anew costs more than a message.
    threads = READERS + WRITERS
    variable = "LATCHKEY_DATABASE_URL"
    return PlainDatabase(url, MIGRATIONS, variable=variable, pool_size=threads)
