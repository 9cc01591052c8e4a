"""The addresses that contacts name, for the radar."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table; what was named before is not looked up, and matters for a day."""
    op.create_table(
        "named_addresses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("named_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "email"),
    )
    op.create_index(
        "ix_named_addresses_email_named_at", "named_addresses", ["email", "named_at"]
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("named_addresses")
