"""The transcript as agents see it: notes too, and what the assistant made of each message."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.bulk_runs import Progress, progress_of_chosen
from helpdesk.desk.receipts import ids_in, read_receipts
from helpdesk.store.action_models import Receipt
from helpdesk.store.console_models import Mention
from helpdesk.store.models import Message, Turn
from helpdesk.store.rows import as_row, table_of
from helpdesk.store.words import Sender

PAGE = 100
_MESSAGES = table_of(Message).c
_TURNS = table_of(Turn).c
_MENTIONS = table_of(Mention).c
_HERE = bindparam("conversation", type_=_MESSAGES.conversation_id.type)


@dataclass(frozen=True)
class Entry:
    """A message with everything that an agent sees beside it."""

    message: Message
    turn: Turn | None = None  # on the contact's messages
    mentions: Sequence[UUID] = ()
    run: Progress | None = None  # of a bulk command, on the message that shows it
    receipts: Sequence[Receipt] = ()


@dataclass(frozen=True)
class EntryPage:
    """A stretch of a transcript, in order."""

    entries: list[Entry]
    has_more: bool


def _here() -> Select[Any]:
    return select(*_MESSAGES).where(_MESSAGES.conversation_id == _HERE)


_BEFORE = (
    _here()
    .where(_MESSAGES.seq < bindparam("number"))
    .order_by(_MESSAGES.seq.desc())
    .limit(PAGE + 1)
)
_AFTER = (
    _here()
    .where(_MESSAGES.seq > bindparam("number"))
    .order_by(_MESSAGES.seq)
    .limit(PAGE + 1)
)
_OF_TURNS = (
    _here()
    .where(_MESSAGES.turn_id.in_(bindparam("turns", expanding=True)))
    .where(_MESSAGES.sender == Sender.CONTACT)
)
_THESE = _here().where(_MESSAGES.seq.in_(bindparam("numbers", expanding=True)))
_THEIR_TURNS = select(*_TURNS).where(_TURNS.id.in_(bindparam("turns", expanding=True)))
_BETWEEN: tuple[Any, Any] = (bindparam("first"), bindparam("last"))
_THEIR_MENTIONS = (
    select(_MENTIONS.seq, _MENTIONS.agent_id)
    .where(_MENTIONS.conversation_id == _HERE, _MENTIONS.seq.between(*_BETWEEN))
    .order_by(_MENTIONS.seq, _MENTIONS.agent_id)
)


def entries_before(
    session: Session, conversation_id: UUID, before: int | None = None
) -> EntryPage:
    """Return the messages before a number, without one the newest."""
    number = 2**31 - 1 if before is None else before
    return _page(session, _BEFORE, conversation_id, number)


def entries_after(session: Session, conversation_id: UUID, after: int) -> EntryPage:
    """Return the messages after a number, the oldest of them first."""
    return _page(session, _AFTER, conversation_id, after)


def read_entries(
    session: Session, conversation_id: UUID, seqs: Iterable[int], turns: Iterable[UUID]
) -> list[Entry]:
    """Return some messages, and the contact's messages of some turns.

    Args:
        session: The transaction.
        conversation_id: Where.
        seqs: Numbers of messages.
        turns: Turns whose messages are wanted: their outcome has become known.
    """
    chosen: dict[str, Any] = {"conversation": conversation_id, "numbers": list(seqs)}
    found = _messages(session, _THESE, chosen) if chosen["numbers"] else []
    chosen = {"conversation": conversation_id, "turns": list(turns)}
    if chosen["turns"]:
        found += _messages(session, _OF_TURNS, chosen)
    by_seq = {message.seq: message for message in found}
    return _enrich(session, conversation_id, [by_seq[seq] for seq in sorted(by_seq)])


def _page(
    session: Session, wanted: Select[Any], conversation_id: UUID, number: int
) -> EntryPage:
    chosen = {"conversation": conversation_id, "number": number}
    found = _messages(session, wanted, chosen)
    messages = sorted(found[:PAGE], key=lambda message: message.seq)
    entries = _enrich(session, conversation_id, messages)
    return EntryPage(entries, len(found) > PAGE)


def _messages(
    session: Session, wanted: Select[Any], chosen: Mapping[str, Any]
) -> list[Message]:
    return [as_row(Message, row) for row in session.execute(wanted, chosen).mappings()]


def _enrich(
    session: Session, conversation_id: UUID, messages: Sequence[Message]
) -> list[Entry]:
    if not messages:
        return []
    between = {
        "conversation": conversation_id,
        "first": messages[0].seq,
        "last": messages[-1].seq,
    }
    turns = _turns_of(session, messages)
    runs = _runs_of(session, messages)
    mentions: dict[int, list[UUID]] = defaultdict(list)
    for seq, agent_id in session.execute(_THEIR_MENTIONS, between):
        mentions[seq].append(agent_id)
    receipts = read_receipts(session, [i for m in messages for i in ids_in(m)])
    return [
        Entry(
            message,
            _turn_of(message, turns),
            tuple(mentions.get(message.seq, ())),
            runs.get(message.details.get("run", "")),
            tuple(receipts[i] for i in ids_in(message) if i in receipts),
        )
        for message in messages
    ]


def _turn_of(message: Message, turns: Mapping[UUID, Turn]) -> Turn | None:
    if message.sender is not Sender.CONTACT or message.turn_id is None:
        return None
    return turns.get(message.turn_id)


def _runs_of(session: Session, messages: Iterable[Message]) -> dict[str, Progress]:
    wanted = {UUID(m.details["run"]) for m in messages if "run" in m.details}
    return {str(it.run.id): it for it in progress_of_chosen(session, wanted)}


def _turns_of(session: Session, messages: Iterable[Message]) -> dict[UUID, Turn]:
    """Return the turns of the contact's messages; an answer belongs to the same one."""
    wanted = {m.turn_id for m in messages if m.turn_id and m.sender is Sender.CONTACT}
    if not wanted:
        return {}
    found = session.execute(_THEIR_TURNS, {"turns": list(wanted)}).mappings()
    return {row["id"]: as_row(Turn, row) for row in found}
