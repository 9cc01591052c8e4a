"""Ghost answers: what the assistant would have said while people had a conversation.

One for what the contact wrote since an agent last answered. It is compared with what the
agent says until the contact writes again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from helpdesk.desk.agreement import AGREED, Agreement, Interval, wilson
from helpdesk.desk.articles import Articles
from helpdesk.store.console_models import GhostAnswer
from helpdesk.store.models import Conversation, Message
from helpdesk.store.rows import add, as_row, change, find, table_of
from helpdesk.store.words import Kind, Owner, Sender

MOST_MESSAGES = 20  # of one question; more is no question
_SAID, _GHOSTS = table_of(Message).c, table_of(GhostAnswer).c
_TALK = (
    select(_SAID.seq, _SAID.sender, _SAID.text)
    .where(
        _SAID.conversation_id == bindparam("conversation"),
        _SAID.kind.in_((Kind.INCOMING, Kind.OUTGOING)),
        _SAID.seq > bindparam("after"),
    )
    .order_by(_SAID.seq)
)
_LAST_OF_AGENT = select(func.max(_SAID.seq)).where(
    _SAID.conversation_id == bindparam("conversation"),
    _SAID.sender == Sender.AGENT,
    _SAID.kind == Kind.OUTGOING,
)
_NEWEST = (
    select(*_GHOSTS)
    .where(_GHOSTS.conversation_id == bindparam("conversation"))
    .order_by(_GHOSTS.seq.desc())
    .limit(1)
)
_SINCE = select(_GHOSTS.text, _GHOSTS.nlu, _GHOSTS.agreement).where(
    _GHOSTS.created_at >= bindparam("since", type_=_GHOSTS.created_at.type)
)


@dataclass(frozen=True)
class Question:
    """What a contact wrote since an agent last answered, up to message `seq`."""

    conversation_id: UUID
    seq: int
    text: str


@dataclass(frozen=True)
class TopicAgreement:
    """How often assistant and agents agreed about one intent."""

    intent: str
    compared: int
    agreed: int


@dataclass(frozen=True)
class GhostReport:
    """How often they agreed. `silent` counts what the assistant had no answer to."""

    compared: int
    agreed: int
    silent: int
    interval: Interval | None
    by_topic: Sequence[TopicAgreement]


def find_question(session: Session, conversation_id: UUID) -> Question | None:
    """Return what waits for an agent's answer and has no ghost answer yet."""
    conversation = find(session, Conversation, id=conversation_id)
    if conversation is None or conversation.owner is Owner.ASSISTANT:
        return None
    where = {"conversation": conversation_id}
    after = session.scalar(_LAST_OF_AGENT, where) or 0
    rows = session.execute(_TALK, {**where, "after": after}).all()
    # What the assistant has answered is answered.
    last = max((row.seq for row in rows if row.sender is not Sender.CONTACT), default=0)
    asked = [row for row in rows if row.seq > last][-MOST_MESSAGES:]
    if not asked:
        return None
    seq = int(asked[-1].seq)
    if find(session, GhostAnswer, conversation_id=conversation_id, seq=seq) is not None:
        return None
    text = "\n".join(row.text for row in asked if row.text)
    return Question(conversation_id, seq, text) if text else None


def keep_ghost(
    session: Session,
    question: Question,
    text: str,
    nlu: dict[str, Any],
    now: datetime,
) -> bool:
    """Keep a ghost answer; the one to the beginning of the same question goes."""
    which = {"conversation_id": question.conversation_id, "seq": question.seq}
    # Another process may have been quicker; they wait for each other here.
    find(session, Conversation, id=question.conversation_id, lock=True)
    if find(session, GhostAnswer, lock=False, **which) is not None:
        return False
    session.execute(
        delete(table_of(GhostAnswer)).where(
            _GHOSTS.conversation_id == question.conversation_id,
            _GHOSTS.seq < question.seq,
            _GHOSTS.agent_seq.is_(None),
        )
    )
    ghost = GhostAnswer(
        conversation_id=question.conversation_id,
        seq=question.seq,
        text=text,
        nlu=nlu,
        created_at=now,
    )
    add(session, ghost)
    return True


def compare_newest(
    session: Session, conversation_id: UUID, articles: Articles, agreement: Agreement
) -> None:
    """Compare the newest ghost answer with what the agent has said to it so far."""
    where = {"conversation": conversation_id}
    found = session.execute(_NEWEST, where).mappings().first()
    if found is None:
        return
    ghost = as_row(GhostAnswer, found)
    rows = session.execute(_TALK, {**where, "after": ghost.seq}).all()
    answers = []
    for row in rows:
        if row.sender is Sender.CONTACT:
            break
        if row.sender is Sender.AGENT:
            answers.append(row)
    if not answers or not ghost.text or ghost.agreement == 1.0:
        return
    article = articles.by_id.get((ghost.nlu or {}).get("intent") or "")
    slug = article.slug if article else None
    score = agreement.best(ghost.text, (row.text for row in answers), slug)
    if ghost.agreement is None or score > ghost.agreement:
        is_it = {"conversation_id": conversation_id, "seq": ghost.seq}
        last = answers[-1].seq
        change(session, GhostAnswer, is_it, agent_seq=last, agreement=score)


def report_ghosts(session: Session, now: datetime, days: int) -> GhostReport:
    """Return how often the assistant would have agreed with agents lately."""
    since = now - timedelta(days=days)
    topics: dict[str, list[int]] = {}
    silent = 0
    for row in session.execute(_SINCE, {"since": since}):
        if not row.text:
            silent += 1
        elif row.agreement is not None:
            intent = str((row.nlu or {}).get("intent") or "")
            counted = topics.setdefault(intent, [0, 0])
            counted[0] += 1
            counted[1] += row.agreement >= AGREED
    by_topic = [TopicAgreement(intent, *counted) for intent, counted in topics.items()]
    by_topic.sort(key=lambda each: (-each.compared, each.intent))
    compared = sum(each.compared for each in by_topic)
    agreed = sum(each.agreed for each in by_topic)
    return GhostReport(compared, agreed, silent, wilson(agreed, compared), by_topic)
