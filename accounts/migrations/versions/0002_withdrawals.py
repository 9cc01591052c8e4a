"""Recoveries that can be followed and taken back; addresses that refuse mail."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TO_MAIL = "fk_jobs_mail_id_mails"


def upgrade() -> None:
    """Add what a recovery came to, and the suppressions."""
    op.add_column("tokens", sa.Column("withdrawn_at", MOMENT, nullable=True))
    op.create_index(op.f("ix_tokens_issued_at"), "tokens", ["issued_at"])
    # No table refers to this one, so that SQLite may copy it.
    with op.batch_alter_table("jobs") as table:
        table.alter_column("email", existing_type=sa.String(254), nullable=True)
        table.add_column(sa.Column("reference", sa.String(400), nullable=True))
        table.add_column(sa.Column("withdrawn_at", MOMENT, nullable=True))
        table.add_column(sa.Column("mail_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(TO_MAIL, "mails", ["mail_id"], ["id"])
    op.create_index(op.f("ix_jobs_email"), "jobs", ["email"])
    op.create_index(op.f("ix_jobs_mail_id"), "jobs", ["mail_id"])
    op.create_index(op.f("ix_mails_token_id"), "mails", ["token_id"])
    op.create_table(
        "suppressions",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("email"),
    )


def downgrade() -> None:
    """Remove it again, with the recoveries that no address is known for."""
    op.drop_table("suppressions")
    op.drop_index(op.f("ix_mails_token_id"), "mails")
    op.drop_index(op.f("ix_jobs_mail_id"), "jobs")
    op.drop_index(op.f("ix_jobs_email"), "jobs")
    op.execute("DELETE FROM jobs WHERE email IS NULL")
    with op.batch_alter_table("jobs") as table:
        table.drop_constraint(TO_MAIL, type_="foreignkey")
        table.drop_column("mail_id")
        table.drop_column("withdrawn_at")
        table.drop_column("reference")
        table.alter_column("email", existing_type=sa.String(254), nullable=False)
    op.drop_index(op.f("ix_tokens_issued_at"), "tokens")
    op.drop_column("tokens", "withdrawn_at")
