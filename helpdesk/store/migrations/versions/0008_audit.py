"""The audit record stays as it was written: the database refuses anything else."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "audit_entries"
INDEXES = {
    "ix_audit_entries_at": ["at"],
    "ix_audit_entries_actor": ["actor", "number"],
    "ix_audit_entries_action": ["action", "number"],
    "ix_audit_entries_target": ["target", "number"],
}
SQLITE_TRIGGERS = ("audit_change", "audit_remove", "audit_replace")
# Replacing a row deletes it without a word to the trigger that refuses deletes.
SQLITE = (
    """
    CREATE TRIGGER audit_change BEFORE UPDATE ON audit_entries BEGIN
        SELECT RAISE(ABORT, 'an entry of the audit record cannot be changed');
    END
    """,
    """
    CREATE TRIGGER audit_remove BEFORE DELETE ON audit_entries BEGIN
        SELECT RAISE(ABORT, 'an entry of the audit record cannot be removed');
    END
    """,
    """
    CREATE TRIGGER audit_replace BEFORE INSERT ON audit_entries
    WHEN new.number <= (SELECT max(number) FROM audit_entries) BEGIN
        SELECT RAISE(ABORT, 'an entry of the audit record cannot be replaced');
    END
    """,
)
# `ALWAYS`: also while a session has switched ordinary triggers off.
POSTGRESQL = (
    """
    CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'an entry of the audit record cannot be changed'
            USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()
    """,
    "ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_stays",
)


def upgrade() -> None:
    """Refuse changes, and make what is looked for quick to find."""
    for name, columns in INDEXES.items():
        op.create_index(name, TABLE, columns)
    for statement in SQLITE if _is_embedded() else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Allow changes again."""
    if _is_embedded():
        for trigger in SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {trigger}")
    else:
        op.execute("DROP TRIGGER audit_stays ON audit_entries")
        op.execute("DROP FUNCTION audit_stays")
    for name in INDEXES:
        op.drop_index(name, TABLE)


def _is_embedded() -> bool:
    return op.get_bind().dialect.name == "sqlite"
