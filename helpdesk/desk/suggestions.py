"""Suggestions: the articles that answer what a contact wrote last."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.articles import Article, Articles
from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.search import SearchIndex
from helpdesk.desk.understanding import Understanding, Understood
from helpdesk.store.models import Message
from helpdesk.store.record import Record
from helpdesk.store.rows import table_of
from helpdesk.store.words import Sender

MOST = 3
FAINT = 0.05  # less likely ones only distract
_SAID = table_of(Message).c
_LAST = (
    select(_SAID.seq, _SAID.text)
    .where(
        _SAID.conversation_id == bindparam("conversation"),
        _SAID.sender == Sender.CONTACT,
    )
    .order_by(_SAID.seq.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Suggestion:
    """An article. What search found has no confidence."""

    article: Article
    confidence: float | None = None


@dataclass(frozen=True)
class Suggested:
    """Suggestions for the contact's message `seq`; None if they wrote nothing yet."""

    seq: int | None
    suggestions: Sequence[Suggestion] = ()


@dataclass(frozen=True)
class Suggestions:
    """Finds articles for agents: by the assistant's understanding, else by search."""

    record: Record
    understanding: Understanding
    articles: Articles
    search: SearchIndex

    async def for_conversation(self, conversation_id: UUID) -> Suggested:
        """Return the articles for what the contact wrote last, the best first.

        Raises:
            NotFoundError: There is no such conversation.
        """
        last = await self.record.read(lambda session: _last(session, conversation_id))
        if last is None:
            return Suggested(None)
        seq, text = last
        understood = await self.understanding.of(text)
        found = self._understood(understood) if understood else []
        return Suggested(seq, found or self._searched(text))

    def _understood(self, understood: Understood) -> list[Suggestion]:
        known = self.articles.by_id
        return [
            Suggestion(known[guess.intent], guess.confidence)
            for guess in understood.ranking
            if guess.intent in known and guess.confidence >= FAINT
        ][:MOST]

    def _searched(self, text: str) -> list[Suggestion]:
        return [Suggestion(each.article) for each in self.search.search(text, MOST)]


def _last(session: Session, conversation_id: UUID) -> tuple[int, str] | None:
    get_line(session, conversation_id)
    row = session.execute(_LAST, {"conversation": conversation_id}).first()
    return (row.seq, row.text) if row else None
