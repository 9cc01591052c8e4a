"""The mails that wait: which replies are batched, who sends them, what became of them.

A letter is a row. Like a turn it is taken with a lease, so of many processes one sends
it; what it says is read when it is sent, so one that has become needless is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from foundation.postman import Handover, Outcome
from foundation.tables import UtcDateTime
from helpdesk.desk.letter_addresses import PROOF_LIFE
from helpdesk.store.alone import Alone, do_alone
from helpdesk.store.letter_models import Letter, MailAddress
from helpdesk.store.models import Conversation, Message
from helpdesk.store.rows import add, as_row, change, find, get, table_of
from helpdesk.store.words import Kind, LetterKind, LetterState, Sender

UNSEEN_FOR = timedelta(minutes=2)  # then the contact is not there
LONGEST_WAIT = timedelta(days=14)  # what is older is not mailed any more
# While a letter is handed over it is nobody else's; longer than the SMTP time-outs.
LEASE = timedelta(seconds=60)
BACK_OFF = [timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 3600)]
GIVE_UP_AFTER = timedelta(hours=48)
FEW = 20
# Whoever owns an address cannot be flooded with questions whether it is theirs.
PROOFS_AN_HOUR, PROOFS_A_DAY = 3, 6
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST_REASON = 300
# What one address no longer wanted, the next one may still get.
WAS_MAILED = Letter.state != LetterState.DROPPED


@dataclass(frozen=True)
class Taken:
    """A letter that is to be sent now, and the address as it stands."""

    letter: Letter
    address: MailAddress


def plan_answers(session: Session, now: datetime) -> list[Letter]:
    """Batch what agents said and contacts have not seen, one letter a conversation."""
    moments = {"since": now - UNSEEN_FOR, "oldest": now - LONGEST_WAIT}
    waiting = session.execute(_UNSEEN, moments).scalars().all()
    planned = (_plan(session, conversation_id, now) for conversation_id in waiting)
    letters = [letter for letter in planned if letter is not None]
    add(session, *letters)
    return letters


def take_letters(session: Session, now: datetime, most: int) -> list[Taken]:
    """Take letters whose time has come; drop those that are needless by now."""
    taken: list[Taken] = []
    while not taken:
        due = session.execute(_DUE, {"now": now, "most": most}).mappings().all()
        if not due:
            break
        candidates = [_take(session, as_row(Letter, row), now) for row in due]
        taken = [each for each in candidates if each is not None]
    return taken


def enter_outcome(
    session: Session, letter: Letter, outcome: Outcome, now: datetime
) -> LetterState:
    """Note what became of an attempt, and return where the letter stands."""
    if outcome.state is Handover.ACCEPTED:
        return _end(session, letter, LetterState.SENT, now, None)
    if outcome.state is Handover.BOUNCED:
        return _end(session, letter, LetterState.REFUSED, now, outcome.reason)
    if now - letter.created_at > GIVE_UP_AFTER:
        why = f"gave up: {outcome.reason}"
        return _end(session, letter, LetterState.REFUSED, now, why)
    wait = BACK_OFF[min(letter.attempts, len(BACK_OFF)) - 1]
    reason = (outcome.reason or "")[:LONGEST_REASON]
    # Unless the lease ran out, and another attempt has it by now.
    is_ours = {"id": letter.id, "attempts": letter.attempts}
    change(session, Letter, is_ours, next_attempt_at=now + wait, reason=reason)
    return LetterState.WAITING


def replies_of(session: Session, letter: Letter) -> Sequence[Message]:
    """Return what agents said, of what a letter carries."""
    chosen = {
        "conversation": letter.conversation_id,
        "first": letter.first_seq,
        "last": letter.last_seq,
    }
    found = session.execute(_REPLIES, chosen).mappings()
    return [as_row(Message, mapping) for mapping in found]


def _take(session: Session, letter: Letter, now: datetime) -> Taken | None:
    address = find(session, MailAddress, contact_id=letter.contact_id)
    why = _why_not(session, letter, address, now)
    if address is None or why is not None:
        _end(session, letter, LetterState.DROPPED, now, why)
        return None
    letter.attempts += 1
    letter.next_attempt_at = now + LEASE
    lease = {"attempts": letter.attempts, "next_attempt_at": letter.next_attempt_at}
    change(session, Letter, {"id": letter.id}, **lease)
    return Taken(letter, address)


def _plan(session: Session, conversation_id: UUID, now: datetime) -> Letter | None:
    """Return the letter of a conversation, unless somebody else has just planned it."""
    conversation = find(session, Conversation, id=conversation_id, lock=True)
    if conversation is None:  # erased meanwhile
        return None
    of_it = {"conversation": conversation_id}
    mailed = session.execute(_MAILED, of_it).scalar_one()
    after = max(mailed, conversation.contact_seen_seq)
    numbers = session.execute(_SAID, {**of_it, "after": after}).one()
    address = find(session, MailAddress, contact_id=conversation.contact_id)
    if numbers.first is None or address is None:
        return None
    return Letter(
        id=uuid4(),
        kind=LetterKind.ANSWER,
        state=LetterState.WAITING,
        contact_id=conversation.contact_id,
        conversation_id=conversation_id,
        email=address.email,
        first_seq=numbers.first,
        last_seq=numbers.last,
        created_at=now,
        next_attempt_at=now,
        attempts=0,
    )


def _why_not(
    session: Session, letter: Letter, address: MailAddress | None, now: datetime
) -> str | None:
    """Return why a letter is not sent any more, if it is not."""
    if address is None or address.stopped_at is not None:
        return "no more mails are wanted"
    if address.email != letter.email:
        return "another address was given"
    if letter.kind is LetterKind.ANSWER:
        conversation = get(session, Conversation, id=letter.conversation_id)
        if address.proven_at is None:
            return "the address is not proven"
        has_seen = conversation.contact_seen_seq >= letter.last_seq
        return "the contact has read it in the chat" if has_seen else None
    if address.proven_at is not None:
        return "the address is proven"
    if now - address.asked_at > PROOF_LIFE:
        return "the link would have expired"
    return _why_too_many(session, letter, now)


def _why_too_many(session: Session, letter: Letter, now: datetime) -> str | None:
    """Return that an address was asked too often, by whatever contacts."""
    do_alone(session, Alone.PROOFS)  # another process may be about to ask it as well
    of_it = {"email": letter.email, "letter": letter.id}
    moments = {"hour": now - HOUR, "day": now - DAY}
    in_hour, in_day = session.execute(_ASKED, of_it | moments).one()
    is_too_many = in_hour >= PROOFS_AN_HOUR or in_day >= PROOFS_A_DAY
    return "the address was asked too often" if is_too_many else None


def _end(
    session: Session,
    letter: Letter,
    state: LetterState,
    now: datetime,
    reason: str | None,
) -> LetterState:
    is_it = {"id": letter.id, "state": LetterState.WAITING}
    reason = reason[:LONGEST_REASON] if reason else None
    change(session, Letter, is_it, state=state, done_at=now, reason=reason)
    return state


def _unseen() -> Select[UUID]:
    """Return the query for conversations with replies that nobody saw or mailed."""
    conversations, said = table_of(Conversation).c, table_of(Message).c
    mailed = (
        select(func.coalesce(func.max(Letter.last_seq), 0))
        .where(Letter.conversation_id == conversations.id, WAS_MAILED)
        .correlate(table_of(Conversation))
        .scalar_subquery()
    )
    is_under_way = exists().where(
        Letter.conversation_id == conversations.id,
        Letter.kind == LetterKind.ANSWER,
        Letter.state == LetterState.WAITING,
    )
    is_waiting = exists().where(
        said.conversation_id == conversations.id,
        said.seq > conversations.contact_seen_seq,
        said.seq > mailed,
        said.sender == Sender.AGENT,
        said.kind == Kind.OUTGOING,
        said.created_at <= bindparam("since", type_=UtcDateTime()),
    )
    addresses = table_of(MailAddress).c
    return (
        select(conversations.id)
        .join(table_of(MailAddress), addresses.contact_id == conversations.contact_id)
        .where(addresses.proven_at.is_not(None), addresses.stopped_at.is_(None))
        .where(conversations.updated_at > bindparam("oldest", type_=UtcDateTime()))
        .where(is_waiting, ~is_under_way)
        .order_by(conversations.id)  # in which they are locked, by all processes
        .limit(FEW)
    )


def _asked() -> Select[int, int]:
    """Return the query for how often an address was asked, and may have been."""
    others = aliased(Letter)
    begin = {name: bindparam(name, type_=UtcDateTime()) for name in ("hour", "day")}
    return select(
        func.count().filter(others.created_at > begin["hour"]),
        func.count(),
    ).where(
        others.email == bindparam("email"),
        others.created_at > begin["day"],
        others.kind == LetterKind.PROOF,
        others.attempts > 0,
        others.id != bindparam("letter"),
    )


_LETTERS = table_of(Letter).c
_UNSEEN = _unseen()
_ASKED = _asked()
_MAILED = select(func.coalesce(func.max(Letter.last_seq), 0)).where(
    Letter.conversation_id == bindparam("conversation"), WAS_MAILED
)
_SAID = (
    select(
        func.min(table_of(Message).c.seq).label("first"),
        func.max(table_of(Message).c.seq).label("last"),
    )
    .where(Message.conversation_id == bindparam("conversation"))
    .where(Message.seq > bindparam("after"))
    .where(Message.sender == Sender.AGENT, Message.kind == Kind.OUTGOING)
)
_DUE = (
    select(*_LETTERS)
    .where(_LETTERS.state == LetterState.WAITING)
    .where(_LETTERS.next_attempt_at <= bindparam("now", type_=UtcDateTime()))
    .order_by(_LETTERS.next_attempt_at, _LETTERS.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


_REPLIES = (
    select(*table_of(Message).c)
    .where(Message.conversation_id == bindparam("conversation"))
    .where(Message.seq.between(bindparam("first"), bindparam("last")))
    .where(Message.sender == Sender.AGENT, Message.kind == Kind.OUTGOING)
    .order_by(Message.seq)
)
