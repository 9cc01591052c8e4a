"""The index of the words that people wrote, kept by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Only what people write: the assistant says what is in the articles, over and over.
# The rows of `messages` have no number of their own that a VACUUM would leave alone.
SQLITE = (
    """
    CREATE TABLE transcript_entries (
        id INTEGER PRIMARY KEY,
        conversation_id CHAR(32) NOT NULL,
        seq INTEGER NOT NULL,
        UNIQUE (conversation_id, seq)
    )
    """,
    """
    CREATE VIRTUAL TABLE transcript_words USING fts5(
        text, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER transcript_add AFTER INSERT ON messages
    WHEN new.sender IN ('contact', 'agent') BEGIN
        INSERT INTO transcript_entries (conversation_id, seq)
            VALUES (new.conversation_id, new.seq);
        INSERT INTO transcript_words (rowid, text)
            VALUES (last_insert_rowid(), new.text);
    END
    """,
    """
    CREATE TRIGGER transcript_change AFTER UPDATE OF text ON messages BEGIN
        INSERT INTO transcript_words (transcript_words, rowid, text)
            SELECT 'delete', id, old.text FROM transcript_entries
            WHERE conversation_id = old.conversation_id AND seq = old.seq;
        INSERT INTO transcript_words (rowid, text)
            SELECT id, new.text FROM transcript_entries
            WHERE conversation_id = old.conversation_id AND seq = old.seq;
    END
    """,
    """
    CREATE TRIGGER transcript_remove AFTER DELETE ON messages BEGIN
        INSERT INTO transcript_words (transcript_words, rowid, text)
            SELECT 'delete', id, old.text FROM transcript_entries
            WHERE conversation_id = old.conversation_id AND seq = old.seq;
        DELETE FROM transcript_entries
            WHERE conversation_id = old.conversation_id AND seq = old.seq;
    END
    """,
    """
    INSERT INTO transcript_entries (conversation_id, seq)
        SELECT conversation_id, seq FROM messages
        WHERE sender IN ('contact', 'agent') ORDER BY created_at, conversation_id, seq
    """,
    """
    INSERT INTO transcript_words (rowid, text)
        SELECT id, text FROM transcript_entries JOIN messages
        USING (conversation_id, seq) ORDER BY id
    """,
)

# Accents and punctuation count as little as they do in SQLite's index: without that,
# an address would be one word.
POSTGRESQL = (
    r"""
    CREATE FUNCTION transcript_words(text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('simple', regexp_replace(
            regexp_replace(normalize($1, NFD), '[\u0300-\u036f]', '', 'g'),
            '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]+', ' ', 'g'
        ))
    $$
    """,
    """
    CREATE TABLE transcript_entries (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        conversation_id UUID NOT NULL,
        seq INTEGER NOT NULL,
        words TSVECTOR NOT NULL,
        UNIQUE (conversation_id, seq)
    )
    """,
    """
    INSERT INTO transcript_entries (conversation_id, seq, words)
        SELECT conversation_id, seq, transcript_words(text) FROM messages
        WHERE sender IN ('contact', 'agent') ORDER BY created_at, conversation_id, seq
    """,
    "CREATE INDEX ix_transcript_entries_words ON transcript_entries USING gin (words)",
    """
    CREATE FUNCTION transcript_add() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO transcript_entries (conversation_id, seq, words)
            VALUES (new.conversation_id, new.seq, transcript_words(new.text));
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION transcript_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE transcript_entries SET words = transcript_words(new.text)
            WHERE conversation_id = old.conversation_id AND seq = old.seq;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION transcript_remove() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM transcript_entries
            WHERE conversation_id = old.conversation_id AND seq = old.seq;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER transcript_add AFTER INSERT ON messages FOR EACH ROW
    WHEN (new.sender IN ('contact', 'agent')) EXECUTE FUNCTION transcript_add()
    """,
    """
    CREATE TRIGGER transcript_change AFTER UPDATE OF text ON messages FOR EACH ROW
    EXECUTE FUNCTION transcript_change()
    """,
    """
    CREATE TRIGGER transcript_remove AFTER DELETE ON messages FOR EACH ROW
    EXECUTE FUNCTION transcript_remove()
    """,
)
TRIGGERS = ("transcript_add", "transcript_change", "transcript_remove")


def upgrade() -> None:
    """Create the index, with what was said so far."""
    _create_named_contacts()
    for statement in SQLITE if _is_embedded() else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Remove the index."""
    on = "" if _is_embedded() else " ON messages"
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger}{on}")
    if _is_embedded():
        op.execute("DROP TABLE transcript_words")
    else:
        for function in (*TRIGGERS, "transcript_words"):
            op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TABLE transcript_entries")
    op.drop_index("ix_contacts_named", "contacts")


def _is_embedded() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _create_named_contacts() -> None:
    is_named = sa.text("name IS NOT NULL OR email IS NOT NULL")
    op.create_index(
        "ix_contacts_named",
        "contacts",
        ["email", "name", "id"],
        unique=False,
        sqlite_where=is_named,
        postgresql_where=is_named,
    )
