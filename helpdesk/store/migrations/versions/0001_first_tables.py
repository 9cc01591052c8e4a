"""The first tables of the record."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(20)


def upgrade() -> None:
    """Create everything."""
    _create_article_ratings()
    _create_audit_entries()
    _create_contacts()
    _create_teams()
    _create_agents()
    _create_visits()
    _create_conversations()
    _create_turns()
    _create_messages()


def downgrade() -> None:
    """Remove everything."""
    op.drop_table("messages")
    op.drop_table("turns")
    op.drop_table("conversations")
    op.drop_table("visits")
    op.drop_table("agents")
    op.drop_table("teams")
    op.drop_table("contacts")
    op.drop_table("audit_entries")
    op.drop_table("article_ratings")


def _create_article_ratings() -> None:
    op.create_table(
        "article_ratings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article", sa.String(length=100), nullable=False),
        sa.Column("visitor", sa.String(length=64), nullable=False),
        sa.Column("is_useful", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.String(length=1000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("article", "visitor"),
    )


def _create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issuer", "subject"),
    )


def _create_teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _create_agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_away", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_secret", sa.String(length=200), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("oidc_subject", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("oidc_subject"),
    )


def _create_visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visits_contact_id", "visits", ["contact_id"], unique=False)


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("owner", WORD, nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("owner_epoch", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("contact_seen_seq", sa.Integer(), nullable=False),
        sa.Column("waiting_since", MOMENT, nullable=True),
        sa.Column("is_returned", sa.Boolean(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("snoozed_until", MOMENT, nullable=True),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("handoff_reason", WORD, nullable=True),
        sa.Column("topic", sa.String(length=100), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("assistant_turns", sa.Integer(), nullable=False),
        sa.Column("last_text", sa.String(length=200), nullable=False),
        sa.Column("last_sender", WORD, nullable=True),
        sa.Column("agent_seen_seq", sa.Integer(), nullable=False),
        sa.Column("last_contact_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"]),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_conversations_agent_id",
        "conversations",
        ["agent_id", "status", "updated_at"],
        unique=False,
    )
    op.create_index(
        "ix_conversations_contact_id",
        "conversations",
        ["contact_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_conversations_status",
        "conversations",
        ["status", "owner", "waiting_since"],
        unique=False,
    )
    op.create_index(
        "ix_conversations_updated_at",
        "conversations",
        ["updated_at", "id"],
        unique=False,
    )


def _create_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=True),
        sa.Column("owner_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("is_trouble_told", sa.Boolean(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("nlu", sa.JSON(), nullable=True),
        sa.Column("address_digest", sa.String(length=64), nullable=True),
        sa.Column("acted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_turns_acted_at",
        "turns",
        ["acted_at"],
        unique=False,
        sqlite_where=sa.text("acted_at IS NOT NULL"),
        postgresql_where=sa.text("acted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_turns_conversation_id_number",
        "turns",
        ["conversation_id", "number"],
        unique=False,
    )
    op.create_index(
        "ix_turns_due_at",
        "turns",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sender", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("turn_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"]),
        sa.PrimaryKeyConstraint("conversation_id", "seq"),
        sa.UniqueConstraint("conversation_id", "client_id"),
    )
