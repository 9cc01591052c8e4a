"""What signing in with one-time codes needs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "recovery_codes",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.PrimaryKeyConstraint("agent_id", "digest"),
    )
    op.add_column("agent_sessions", sa.Column("next_step", sa.String(20)))
    op.add_column("agent_sessions", sa.Column("browser", sa.String(60)))


def downgrade() -> None:
    """Remove everything."""
    op.drop_column("agent_sessions", "browser")
    op.drop_column("agent_sessions", "next_step")
    op.drop_table("recovery_codes")
