"""Requests remember the trace that they were asked for in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; whoever does not know it writes none."""
    op.add_column("jobs", sa.Column("traceparent", sa.String(55), nullable=True))


def downgrade() -> None:
    """Remove it again."""
    op.drop_column("jobs", "traceparent")
