"""Approvals: what one agent wants done, and what another one says to it.

Nobody decides about their own wish, a decision is made once, and a wish that nobody has
decided about runs out. Once it is settled the row keeps neither arguments nor whole
addresses: what was done is in receipts and in the audit record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foundation.addresses import mask_addresses
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_reading import (
    access_approval,
    decides,
    is_over,
    roles_for,
)
from helpdesk.desk.approval_words import ApprovalWords
from helpdesk.desk.audit import Who, agent_name, conversation_name, write_audit
from helpdesk.desk.errors import (
    ForbiddenError,
    NeedsSecondPersonError,
    NotPossibleError,
)
from helpdesk.desk.events import AgentsTold, ApprovalChanged, Event, NoticeKind
from helpdesk.desk.pseudonyms import Pseudonyms, name_of
from helpdesk.desk.risks import Risk, SecondPersonRule
from helpdesk.desk.sentences import fill
from helpdesk.store.action_models import Approval
from helpdesk.store.models import Agent, Conversation
from helpdesk.store.rows import add, as_row, change, find, get, table_of
from helpdesk.store.words import ApprovalState, Role

LIFE = timedelta(minutes=30)
MOST = 100
LONGEST_SUMMARY = 300
NOBODY_ACTED = Who("time")  # who ends a wish that runs out
_APPROVALS = table_of(Approval).c
_AGENTS = table_of(Agent).c
_OTHERS = select(_AGENTS.id).where(
    _AGENTS.is_active.is_(True),
    _AGENTS.role.in_(bindparam("roles", expanding=True)),
    _AGENTS.id != bindparam("without"),
)
_RUN_OUT = (
    select(*_APPROVALS)
    .where(
        _APPROVALS.state == ApprovalState.WAITING,
        _APPROVALS.expires_at <= bindparam("now"),
    )
    .order_by(_APPROVALS.expires_at)
    .limit(MOST)
    .with_for_update(skip_locked=True)
)
_SAME = select(*_APPROVALS).where(
    _APPROVALS.state == ApprovalState.WAITING,
    _APPROVALS.expires_at > bindparam("now"),
    _APPROVALS.requested_by == bindparam("agent"),
    _APPROVALS.conversation_id == bindparam("conversation"),
    _APPROVALS.command == bindparam("command"),
    _APPROVALS.summary == bindparam("summary"),
)


@dataclass(frozen=True)
class Reason:
    """Why a second person is needed: a word for programs, a sentence for people."""

    kind: str
    text: str


@dataclass(frozen=True)
class Wish:
    """What an agent wants done; `summary` is what the other one reads.

    `email` is the address that it is about, if it is about one.
    """

    client_id: UUID
    conversation_id: UUID
    command: str
    arguments: Mapping[str, Any]
    summary: str
    reasons: Sequence[Reason]
    email: str | None = None


@dataclass(frozen=True)
class Asked:
    """What became of asking. `told` is to be published after the commit.

    `approval` is the wish in the record; there is none if nobody is there who may agree.
    """

    wish: Wish
    approval: Approval | None = None
    told: Sequence[Event] = ()

    @property
    def can_be_decided(self) -> bool:
        """Whether anybody is there who may agree."""
        return self.approval is not None


@dataclass(frozen=True)
class Decided:
    """A wish that is settled, as it was asked for, and whom to tell after the commit.

    `is_new` is false when the same agent had decided the same before.
    """

    approval: Approval
    told: Sequence[Event] = ()
    is_new: bool = True


@dataclass(frozen=True)
class Approvals:
    """The rules of asking a second person; each method is part of a transaction."""

    pseudonyms: Pseudonyms
    words: ApprovalWords
    rule: SecondPersonRule

    def reasons_for(
        self, session: Session, agent: SignedInAgent, risk: Risk
    ) -> tuple[Reason, ...]:
        """Return why a command of this risk needs a second admin; empty if it does not."""
        if risk not in self.rule.risks:
            return ()
        if not self.rule.is_strict and self.is_alone(session, agent):
            return ()
        return (self.reason(risk.value),)

    def is_alone(self, session: Session, agent: SignedInAgent) -> bool:
        """Tell whether there is no other admin."""
        return not _others(session, agent.id, frozenset({Role.ADMIN}))

    def reason(self, kind: str, **facts: object) -> Reason:
        """Return a reason in words."""
        return Reason(kind, fill(self.words.reasons[kind], **facts))

    def ask(
        self, session: Session, agent: SignedInAgent, wish: Wish, now: datetime
    ) -> Asked:
        """Ask a second person; asking once more for the same asks nobody again.

        A wish that nobody could decide about is only audited. It does not wait, and so
        does not count as one to which nobody has agreed.
        """
        deciders = _others(session, agent.id, roles_for(wish.command))
        if not deciders:
            _audit_impossible(session, agent, wish, self._target_of(wish), now)
            return Asked(wish)
        known = _known(session, agent, wish, now)
        if known is not None:
            return Asked(wish, known)
        approval = Approval(
            id=uuid4(),
            requested_by=agent.id,
            client_id=wish.client_id,
            requested_at=now,
            expires_at=now + LIFE,
            session_id=agent.session_id,
            conversation_id=wish.conversation_id,
            command=wish.command,
            arguments=dict(wish.arguments),
            summary=wish.summary[:LONGEST_SUMMARY],
            email_digest=self.pseudonyms.digest(wish.email) if wish.email else None,
            reasons={"reasons": [vars(reason) for reason in wish.reasons]},
            state=ApprovalState.WAITING,
        )
        add(session, approval)
        text = fill(self.words.asked, agent=agent.name, summary=approval.summary)
        told = _tell(session, approval, text, deciders)
        _audit(session, Who.of(agent), "approval.requested", approval, now)
        return Asked(wish, approval, told)

    def refusal(self, asked: Asked) -> NeedsSecondPersonError:
        """Return what the agent who asks is told; raise it after the commit."""
        said = self.answer_to(asked)
        if asked.approval is None:  # which would say why
            said = " ".join([*(reason.text for reason in asked.wish.reasons), said])
        return NeedsSecondPersonError(said, asked.approval)

    def answer_to(self, asked: Asked) -> str:
        """Return what somebody who asks is told of what happens next."""
        if asked.can_be_decided:
            return self.words.needs
        words, is_about_one = self.words, asked.wish.email is not None
        meanwhile = [words.meanwhile] if is_about_one else []
        return " ".join([words.nobody_else, *meanwhile])

    def _target_of(self, wish: Wish) -> str:
        if wish.email is not None:
            return self.pseudonyms.target(wish.email)
        return conversation_name(wish.conversation_id)

    def decide(
        self,
        session: Session,
        agent: SignedInAgent,
        approval_id: UUID,
        *,
        approve: bool,
        now: datetime,
    ) -> Decided:
        """Agree to a colleague's wish, or do not; of several who try, one decides.

        Raises:
            NotFoundError: There is no such wish, or it is not for this agent to see.
            ForbiddenError: It is their own, or their role does not decide such things.
            NotPossibleError: It is decided already, or has run out.
        """
        approval = access_approval(session, agent, approval_id)
        if not decides(agent, approval):
            raise ForbiddenError("Somebody else has to decide about this.")
        state = ApprovalState.APPROVED if approve else ApprovalState.REFUSED
        if is_over(approval, now):
            raise NotPossibleError("It was not decided in time; ask for it again.")
        if not _settle(session, approval, state, now, agent.id):
            settled = get(session, Approval, id=approval_id)
            if (settled.decided_by, settled.state) != (agent.id, state):
                raise NotPossibleError("This is decided already.")
            return Decided(settled, is_new=False)
        words = self.words.approved if approve else self.words.refused
        text = fill(words, agent=agent.name, summary=approval.summary)
        told = _tell(session, approval, text, [approval.requested_by])
        action = f"approval.{state.value}"
        _audit(session, Who.of(agent), action, approval, now)
        return Decided(approval, told)

    def expire(self, session: Session, now: datetime) -> list[Decided]:
        """End the wishes that nobody has decided about in time."""
        ended = []
        for row in session.execute(_RUN_OUT, {"now": now}).mappings().all():
            approval = as_row(Approval, row)
            if not _settle(session, approval, ApprovalState.EXPIRED, now):
                continue  # somebody was faster
            if not _others(session, approval.requested_by, roles_for(approval.command)):
                # Nobody was left to say no, so it does not count as one.
                change(session, Approval, {"id": approval.id}, email_digest=None)
            text = fill(self.words.expired, summary=approval.summary)
            told = _tell(session, approval, text, [approval.requested_by])
            _audit(session, NOBODY_ACTED, "approval.expired", approval, now)
            ended.append(Decided(approval, told))
        return ended


def _others(session: Session, agent_id: UUID, roles: frozenset[Role]) -> list[UUID]:
    wanted = {"roles": list(roles), "without": agent_id}
    return list(session.scalars(_OTHERS, wanted))


def _known(
    session: Session, agent: SignedInAgent, wish: Wish, now: datetime
) -> Approval | None:
    """Return the same wish if it was uttered before."""
    known = find(session, Approval, requested_by=agent.id, client_id=wish.client_id)
    if known is not None:
        return known
    same = {
        "now": now,
        "agent": agent.id,
        "conversation": wish.conversation_id,
        "command": wish.command,
        "summary": wish.summary[:LONGEST_SUMMARY],
    }
    row = session.execute(_SAME, same).mappings().first()
    return None if row is None else as_row(Approval, row)


def _settle(
    session: Session,
    approval: Approval,
    state: ApprovalState,
    now: datetime,
    agent_id: UUID | None = None,
) -> bool:
    """Write a decision down unless there is one; the value keeps what was asked for."""
    values = {"state": state, "decided_by": agent_id, "decided_at": now}
    is_settled = change(
        session,
        Approval,
        {"id": approval.id, "state": ApprovalState.WAITING},
        **values,
        arguments={},
        summary=mask_addresses(approval.summary),
    )
    if is_settled:
        for name, value in values.items():
            setattr(approval, name, value)
    return is_settled


def _tell(
    session: Session, approval: Approval, text: str, agents: Sequence[UUID]
) -> list[Event]:
    """Return the news of a change: for every console, and in words for some agents."""
    conversation = get(session, Conversation, id=approval.conversation_id)
    kind = NoticeKind.APPROVAL
    notices = [AgentsTold(kind, conversation, text, each) for each in agents]
    return [ApprovalChanged(conversation, approval.id), *notices]


def _audit_impossible(
    session: Session, agent: SignedInAgent, wish: Wish, target: str, now: datetime
) -> None:
    details = {"command": wish.command, "conversation": wish.conversation_id}
    reason = ", ".join(each.kind for each in wish.reasons)
    action, who = "approval.impossible", Who.of(agent)
    write_audit(session, who, action, target, now, reason=reason, details=details)


def _audit(
    session: Session, who: Who, action: str, approval: Approval, now: datetime
) -> None:
    reasons = [reason["kind"] for reason in approval.reasons["reasons"]]
    known = approval.email_digest
    details = {
        "approval": approval.id,
        "command": approval.command,
        "requested_by": agent_name(approval.requested_by),
        "conversation": approval.conversation_id,
    }
    target = name_of(known) if known else f"approval:{approval.id}"
    reason = ", ".join(reasons)
    write_audit(session, who, action, target, now, reason=reason, details=details)
