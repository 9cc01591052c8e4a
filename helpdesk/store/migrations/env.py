"""Alembic's entry point: migrates the connection that the help desk hands in."""

from alembic import context
from sqlalchemy import Connection, text

import helpdesk.store.action_models
import helpdesk.store.console_models
import helpdesk.store.erasure_models
import helpdesk.store.letter_models  # noqa: F401 - their tables belong to the rest
from helpdesk.store.models import Base

ONE_AT_A_TIME = 7_204_119


def migrate(connection: Connection) -> None:
    """Run the migrations; on PostgreSQL, one process at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


migrate(context.config.attributes["connection"])
