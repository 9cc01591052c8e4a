"""The end of a turn: what the assistant says is committed, and what follows from it.

The assistant speaks only while the conversation is its own; what comes later is kept as a
note for agents. Whether a person takes over is decided here, in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from helpdesk.desk.audit import Who, agent_name, conversation_name, write_audit
from helpdesk.desk.bulk_checks import LeftOut
from helpdesk.desk.changes import Change
from helpdesk.desk.handoff import hand_off, is_somebody_there
from helpdesk.desk.office import Office
from helpdesk.desk.receipts import Deed, Result, audit_receipts, write_receipts
from helpdesk.desk.staff_turns import Followed, follow
from helpdesk.desk.turns import (
    AFRESH,
    UNFINISHED,
    OpenTurn,
    end_dropped,
    end_turn,
    has_open_turn,
)
from helpdesk.desk.waiting import is_waiting
from helpdesk.store.models import Agent, Conversation, Message, Turn
from helpdesk.store.rows import change, find
from helpdesk.store.words import (
    HandoffReason,
    Kind,
    Owner,
    Purpose,
    Sender,
    Status,
    TurnState,
)

PATIENCE = 2  # misses in a row
OUT_OF_SCOPE = "out_of_scope"
SOLVED = "problem_solved"
ACTED = "assistant.acted"  # without saying what it did
SAID_BY_ASSISTANT = {
    reason.value: reason
    for reason in (HandoffReason.STUCK, HandoffReason.ACTION_FAILED)
}
# What a conversation is about even after an article was read.
ACCOUNT_INTENTS = frozenset({"resend_invite", "reset_password", "report_no_mail"})


@dataclass(frozen=True)
class Reply:
    """One thing that the assistant says."""

    text: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a turn ended, besides what is said."""

    state: TurnState = TurnState.DONE
    nlu: dict[str, Any] | None = None
    handoff_reason: str | None = None
    has_acted: bool = False
    deeds: Sequence[Deed] = ()
    plan: dict[str, Any] | None = None  # of a bulk command
    is_skipped: bool = False  # a bulk command found nothing left to do
    left_out: Sequence[LeftOut] = ()  # whom a bulk command leaves out, and why

    @property
    def is_refused(self) -> bool:
        """Whether the account backend would not do it."""
        return any(deed.result is Result.REFUSED for deed in self.deeds)

    @property
    def intent(self) -> str | None:
        """What the assistant took it for."""
        return (self.nlu or {}).get("intent")


DONE = Outcome()


@dataclass(frozen=True)
class Finished:
    """What became of a turn.

    `change` is None if it had been finished, or taken by another; `has_more` tells
    whether the conversation has another turn to be taken, `next_due_at` when, if that is
    not now.
    """

    change: Change | None
    has_more: bool = False
    next_due_at: datetime | None = None


def finish_turn(
    session: Session,
    office: Office,
    turn: OpenTurn,
    replies: Sequence[Reply],
    now: datetime,
    outcome: Outcome = DONE,
) -> Finished:
    """Commit what the assistant says and did together with the end of the turn.

    That a mail was asked for counts even if nothing can be said any more.
    """
    conversation = find(session, Conversation, id=turn.conversation_id, lock=True)
    if conversation is None:  # erased meanwhile
        return Finished(None)
    # Where a turn came from matters only to the limits on what it did.
    counted = {"acted_at": now} if outcome.has_acted else {"address_digest": None}
    done = {"done_at": now, "nlu": outcome.nlu, **counted}
    is_open = end_turn(session, turn, state=outcome.state, **done)
    if not is_open and not end_dropped(session, turn, **done):
        return Finished(None)
    step = Change(conversation, now)
    if turn.payload == AFRESH:
        return Finished(None, has_open_turn(session, conversation.id))
    is_owner = may_speak(conversation, turn)
    said = _say(step, turn, replies, is_owner=is_owner)
    written = write_receipts(
        session,
        step,
        said[-1] if said else None,
        outcome.deeds,
        turn_id=turn.id,
        agent_id=turn.agent_id,
    )
    followed = Followed()
    if conversation.purpose is not Purpose.HELP:
        followed = follow(session, office, step, turn, outcome)
    elif is_owner:
        _take_stock(conversation, replies, outcome)
        reason = _find_reason(session, office, conversation, outcome, now)
        if reason is not None:
            hand_off(session, office, step, reason)
    step.write(session)
    waits = followed.next_due_at is not None
    has_more = is_open and not waits and has_open_turn(session, conversation.id)
    if written:
        who = _author_of(session, turn)
        audit_receipts(session, written, who, now, reason=outcome.intent)
    elif outcome.has_acted:
        where = conversation_name(conversation.id)
        write_audit(session, _author_of(session, turn), ACTED, where, now)
    for action, target, details in followed.notes:
        who = _author_of(session, turn)
        write_audit(session, who, action, target, now, details=details)
    return Finished(step, has_more, followed.next_due_at)


def tell_trouble(
    session: Session, turn: OpenTurn, reply: Reply, now: datetime
) -> Change | None:
    """Say once that the answer to a turn takes longer; the turn stays open."""
    conversation = find(session, Conversation, id=turn.conversation_id, lock=True)
    if conversation is None:
        return None
    is_open = {"id": turn.id, "state": UNFINISHED, "is_trouble_told": False}
    if not change(session, Turn, is_open, is_trouble_told=True):
        return None
    step = Change(conversation, now)
    _say(step, turn, [reply], is_owner=may_speak(conversation, turn))
    step.write(session)
    return step


def may_speak(conversation: Conversation, turn: OpenTurn) -> bool:
    """Tell whether the conversation still is the assistant's, as when it was asked."""
    return (
        conversation.owner is Owner.ASSISTANT
        and conversation.owner_epoch == turn.owner_epoch
    )


def _say(
    step: Change, turn: OpenTurn, replies: Sequence[Reply], *, is_owner: bool
) -> list[Message]:
    return [
        step.say(
            Sender.ASSISTANT,
            Kind.OUTGOING if is_owner else Kind.NOTE,
            reply.text,
            details=reply.details if is_owner else {**reply.details, "late": True},
            turn_id=turn.id,
        )
        for reply in replies
    ]


def _author_of(session: Session, turn: OpenTurn) -> Who:
    """Return whose wish a turn is: an agent's in their own chat, else the contact's."""
    if turn.agent_id is None:
        return Who.contact(turn.contact_id, turn.conversation_id)
    agent = find(session, Agent, id=turn.agent_id)
    role = agent.role.value if agent else None
    proof = str(turn.session_id) if turn.session_id else None
    return Who(agent_name(turn.agent_id), role, proof)


def _take_stock(
    conversation: Conversation, replies: Sequence[Reply], outcome: Outcome
) -> None:
    """Keep what tells agents what it is about, and how the assistant is doing."""
    intent = outcome.intent
    is_miss = intent == OUT_OF_SCOPE
    conversation.misses = conversation.misses + 1 if is_miss else 0
    is_solved = intent == SOLVED
    conversation.assistant_turns = 0 if is_solved else conversation.assistant_turns + 1
    articles = [
        reply.details["article"] for reply in replies if "article" in reply.details
    ]
    if articles:
        conversation.topic = articles[-1]["slug"]
    elif intent in ACCOUNT_INTENTS or (intent and conversation.topic is None):
        conversation.topic = intent


def _find_reason(
    session: Session,
    office: Office,
    conversation: Conversation,
    outcome: Outcome,
    now: datetime,
) -> HandoffReason | None:
    """Return why a person should take over now, if one should.

    Who asks for a person gets one, or hears when one is there. What nobody asked for
    happens only if somebody is there: until then the assistant offers a person itself.
    """
    if outcome.handoff_reason is not None:
        return SAID_BY_ASSISTANT.get(outcome.handoff_reason, HandoffReason.ASKED)
    if outcome.state is TurnState.FAILED:
        reason = HandoffReason.ACTION_FAILED
    elif conversation.misses >= PATIENCE:
        reason = HandoffReason.MISSED
    elif 0 < office.turn_cap <= conversation.assistant_turns:
        reason = HandoffReason.TURN_CAP
    else:
        return None
    if is_waiting(conversation) or conversation.status is Status.RESOLVED:
        return None
    return reason if is_somebody_there(session, office, now) else None
