"""Taking care that what was deleted is in no file of the database any more.

SQLite overwrites what it deletes; what stays is older pages in its log, and the entries of
the word index, which are only marked until they are merged. On PostgreSQL that is the
server's business (VACUUM, its log, its backups).
"""

from sqlalchemy import text

from foundation.database import Database

MERGE = "INSERT INTO transcript_words (transcript_words) VALUES ('optimize')"


def scrub(database: Database) -> bool:
    """Merge the word index and empty the log.

    Returns:
        Whether the log is empty; if not, somebody was reading all the time.
    """
    if database.is_embedded:
        with database.transaction() as session:
            session.execute(text(MERGE))
    return database.drop_log()
