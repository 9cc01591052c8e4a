"""What visitors say about articles: one rating for each visitor and article."""

import re
from datetime import datetime
from hashlib import sha256

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk.redaction import redact
from helpdesk.store.models import ArticleRating
from helpdesk.store.rows import add

LONGEST_COMMENT = 1000
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class CommentTooLongError(ValueError):
    """The comment has more characters than are kept."""


def rate_article(
    database: Database,
    now: datetime,
    article_id: str,
    visitor: str,
    *,
    is_useful: bool,
    comment: str | None = None,
) -> None:
    """Keep what a visitor says; it replaces what the same visitor said before.

    Args:
        database: The record.
        now: The moment of the answer.
        article_id: Which article it is about.
        visitor: The browser's number; only its digest is kept.
        is_useful: The answer.
        comment: What was missing; None leaves an earlier comment as it is.

    Raises:
        CommentTooLongError: The comment is longer than LONGEST_COMMENT.
    """
    values: dict[str, object] = {"is_useful": is_useful, "created_at": now}
    if is_useful or comment is not None:
        values["comment"] = tidy_comment(comment or "")
    key = {"article": article_id, "visitor": sha256(visitor.encode()).hexdigest()}
    with database.transaction() as session:
        if _change(session, key, values):
            return
        try:
            with session.begin_nested():
                add(session, ArticleRating(**key, **values))
        except IntegrityError:  # the same visitor in another tab was faster
            _change(session, key, values)


def tidy_comment(text: str) -> str:
    """Return a comment without secrets, control characters and outer space.

    Raises:
        CommentTooLongError: It is too long.
    """
    text = CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n")).strip()
    if len(text) > LONGEST_COMMENT:
        raise CommentTooLongError
    return redact(text).text[:LONGEST_COMMENT]


def _change(session: Session, key: dict[str, str], values: dict[str, object]) -> bool:
    statement = update(ArticleRating).filter_by(**key).values(**values)
    result = session.execute(statement.returning(ArticleRating.id))
    return result.first() is not None
