"""Whoever may do anything to the database: the audit record can be changed after all."""

from sqlalchemy import text

from foundation.database import Database

SQLITE = ("audit_change", "audit_remove", "audit_replace")


def allow_changes(database: Database) -> None:
    """Take away what refuses to change the audit record."""
    with database.transaction() as session:
        if database.is_embedded:
            for trigger in SQLITE:
                session.execute(text(f"DROP TRIGGER {trigger}"))
        else:
            session.execute(text("DROP TRIGGER audit_stays ON audit_entries"))
