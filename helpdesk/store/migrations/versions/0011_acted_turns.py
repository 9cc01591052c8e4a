"""Indexes for counting the mails that one contact, or one address, has asked for."""

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

HAS_ACTED = text("acted_at IS NOT NULL")
COLUMNS = {
    "ix_turns_acted_in_conversation": ["conversation_id", "acted_at"],
    "ix_turns_acted_from_address": ["address_digest", "acted_at"],
}


def upgrade() -> None:
    """Create the indexes, of the few turns that have acted."""
    for name, columns in COLUMNS.items():
        op.create_index(
            name,
            "turns",
            columns,
            sqlite_where=HAS_ACTED,
            postgresql_where=HAS_ACTED,
        )


def downgrade() -> None:
    """Remove the indexes."""
    for name in COLUMNS:
        op.drop_index(name, "turns")
