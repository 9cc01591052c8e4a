"""Mails that agents had sent; canned responses that nobody wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(20)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "mail_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "client_id"),
    )
    op.create_index(
        "ix_mail_requests_requested_at", "mail_requests", ["requested_at"], unique=False
    )
    op.create_table(
        "seedings",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    with op.batch_alter_table("canned_responses") as table:
        table.alter_column("changed_by", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    """Remove the tables, and what has no author."""
    responses = sa.table("canned_responses", sa.column("changed_by"))
    op.execute(responses.delete().where(responses.c.changed_by.is_(None)))
    with op.batch_alter_table("canned_responses") as table:
        table.alter_column("changed_by", existing_type=sa.Uuid(), nullable=False)
    op.drop_table("seedings")
    op.drop_table("mail_requests")
