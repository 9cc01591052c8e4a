"""What is done for people and by whom: receipts, approvals, bulk commands."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(20)
IS_UNSETTLED = sa.text("settled_at IS NULL")
IS_UNDONE = sa.text("done_at IS NULL")


def upgrade() -> None:
    """Create the tables, and say what a conversation is for and whose a turn is."""
    op.add_column(
        "conversations",
        sa.Column("purpose", WORD, nullable=False, server_default="help"),
    )
    op.add_column("turns", sa.Column("agent_id", sa.Uuid(), nullable=True))
    op.add_column("turns", sa.Column("session_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_turns_undone",
        "turns",
        ["conversation_id", "number"],
        sqlite_where=IS_UNDONE,
        postgresql_where=IS_UNDONE,
    )
    _create_approvals()
    _create_bulk_runs()
    _create_receipts()


def downgrade() -> None:
    """Remove what `upgrade` added."""
    op.drop_table("receipts")
    op.drop_table("bulk_runs")
    op.drop_table("approvals")
    op.drop_index("ix_turns_undone", "turns")
    op.drop_column("turns", "session_id")
    op.drop_column("turns", "agent_id")
    op.drop_column("conversations", "purpose")


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("command", sa.String(length=40), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("email_digest", sa.String(length=64), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["requested_by"], ["agents.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["agents.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("requested_by", "client_id"),
    )
    op.create_index(
        "ix_approvals_state_requested_at", "approvals", ["state", "requested_at"]
    )
    op.create_index("ix_approvals_email_digest", "approvals", ["email_digest"])


def _create_bulk_runs() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("asked_in", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("command", sa.String(length=40), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("pause_ms", sa.Integer(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("stopped_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.ForeignKeyConstraint(["stopped_by"], ["agents.id"]),
        sa.ForeignKeyConstraint(["asked_in"], ["conversations.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bulk_runs_agent_id", "bulk_runs", ["agent_id"])
    op.create_index("ix_bulk_runs_conversation_id", "bulk_runs", ["conversation_id"])


def _create_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("turn_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("bulk_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recovery_key", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_digest", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"]),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.ForeignKeyConstraint(["undone_by"], ["agents.id"]),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_runs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("recovery_key"),
    )
    op.create_index("ix_receipts_bulk_id", "receipts", ["bulk_id"])
    op.create_index("ix_receipts_email_digest_at", "receipts", ["email_digest", "at"])
    op.create_index(
        "ix_receipts_conversation_id_seq", "receipts", ["conversation_id", "seq"]
    )
    op.create_index(
        "ix_receipts_unsettled",
        "receipts",
        ["at"],
        sqlite_where=IS_UNSETTLED,
        postgresql_where=IS_UNSETTLED,
    )
