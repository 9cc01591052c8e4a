"""New invitations and password resets that an agent asks for, with one press.

The same gates as for the assistant: the limits on mails, the audit record, and a backend
that sends only to an address on file. A request is in the record before the backend hears
of it, under an id that is its idempotency key; so pressing again, after whatever went
wrong, never sends a second mail. What the radar warns of is only done when a second person
agrees: then it is carried out as if the agent had pressed at that moment.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from accounts.client import RecoveryKind
from foundation.addresses import AddressError, mask_address, normalise_address
from foundation.clock import Clock
from foundation.tracing import trace
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.account_words import AccountWords
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_desk import After
from helpdesk.desk.approval_reading import RECOVERY, requester_of
from helpdesk.desk.approvals import Approvals, Asked, Wish
from helpdesk.desk.audit import Who, agent_name, write_audit
from helpdesk.desk.changes import Change
from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.conversations import lock_conversation
from helpdesk.desk.errors import (
    AccountTroubleError,
    BadRangeError,
    ClientIdTakenError,
    TooManyMailsError,
)
from helpdesk.desk.events import Publisher
from helpdesk.desk.permissions import ACT, check_may
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.radar import Radar
from helpdesk.desk.receipts import (
    LIFETIMES,
    REQUESTED,
    Deed,
    Result,
    audit_receipts,
    write_receipts,
)
from helpdesk.desk.sentences import Sentences, fill
from helpdesk.desk.target_limits import TargetLimits
from helpdesk.store.action_models import Approval
from helpdesk.store.console_models import MailRequest
from helpdesk.store.models import Contact, Conversation, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import add, change, find, get
from helpdesk.store.words import ApprovalState, MailRequestState

EVENT = "recovery_requested"
BEGUN = "recovery.begun"  # before the backend hears of it


@dataclass(frozen=True)
class Wanted:
    """What an agent presses. `address_digest` stands for the agent's network address."""

    client_id: UUID
    kind: RecoveryKind
    email: str
    address_digest: str


@dataclass(frozen=True)
class AgentRecoveries:
    """Has mails sent, on behalf of agents."""

    record: Record
    backend: AccountBackend
    limits: ActionLimits
    target_limits: TargetLimits
    pseudonyms: Pseudonyms
    approvals: Approvals
    radar: Radar
    publisher: Publisher
    sentences: Sentences
    words: AccountWords
    clock: Clock

    async def request(
        self, agent: SignedInAgent, conversation_id: UUID, wanted: Wanted
    ) -> Message:
        """Have a mail sent; return the message that tells both sides.

        Raises:
            NeedsSecondPersonError: Somebody else has been asked first.
            TooManyMailsError: A limit on mails was reached; nothing was sent.
            AccountTroubleError: The backend refused, or nobody knows.
            DeskError: This agent may not.
        """
        try:
            email = normalise_address(wanted.email)
        except AddressError as error:
            raise BadRangeError(self.words.bad_address) from error
        wish, now = replace(wanted, email=email), self.clock.now()
        asked = await self.record.write(
            lambda session: self._ask(session, agent, conversation_id, wish, now)
        )
        if isinstance(asked, Asked):
            for event in asked.told:
                self.publisher.publish(event)
            raise self.approvals.refusal(asked)
        return await self._finish(agent, asked)

    def carry_out(
        self, session: Session, approval: Approval, now: datetime
    ) -> After | None:
        """Do what a second person has agreed to; see `approval_desk.Carrier`."""
        if approval.state is not ApprovalState.APPROVED:
            return None
        agent = requester_of(session, approval)
        written = approval.arguments
        wanted = Wanted(
            approval.client_id,
            RecoveryKind(written["kind"]),
            written["email"],
            written["address_digest"],
        )
        where = approval.conversation_id
        asked = self._ask(session, agent, where, wanted, now, approval)

        async def finish() -> None:
            if isinstance(asked, MailRequest):
                await self._finish(agent, asked)

        return finish

    async def _finish(self, agent: SignedInAgent, asked: MailRequest) -> Message:
        if asked.state is not MailRequestState.ACCEPTED:
            await self._send(agent, asked)
        return await self._tell(agent, asked)

    def _ask(
        self,
        session: Session,
        agent: SignedInAgent,
        conversation_id: UUID,
        wanted: Wanted,
        now: datetime,
        approval: Approval | None = None,
    ) -> MailRequest | Asked:
        """Put a request into the record, or find it there, or ask a second person."""
        # Several conversations may be one contact's; their requests wait for each other,
        # and as whoever begins anew does: the contact first.
        contact_id = get_line(session, conversation_id).contact.id
        get(session, Contact, id=contact_id, lock=True)
        conversation = lock_conversation(session, conversation_id)
        which: dict[str, Any] = {
            "conversation_id": conversation_id,
            "client_id": wanted.client_id,
        }
        known = find(session, MailRequest, **which)
        if known is not None:
            _check_same(known, agent, wanted)
            if known.state is MailRequestState.ACCEPTED:
                return known
        check_may_act(agent, conversation)
        asked = known or _new(agent, conversation, wanted, now)
        self._check_limits(session, asked, now)
        if known is None and approval is None:
            second = self._ask_second(session, agent, asked, now)
            if second is not None:
                return second
        if known is None:
            add(session, asked)
        else:
            asked.state = MailRequestState.ASKED
            change(session, MailRequest, {"id": asked.id}, state=asked.state)
        who, target = Who.of(agent), self.pseudonyms.target(asked.email)
        details = {"kind": asked.kind, "conversation": conversation_id}
        write_audit(
            session,
            who,
            BEGUN,
            target,
            now,
            details=details | _approved(session, asked),
        )
        return asked

    def _check_limits(
        self, session: Session, asked: MailRequest, now: datetime
    ) -> None:
        may_send = self.limits.may_request(session, asked, now)
        if not may_send or not self.target_limits.may_mail_to(
            session, asked.email, now, asked.id
        ):
            raise TooManyMailsError(self.words.too_many_mails)

    def _ask_second(
        self, session: Session, agent: SignedInAgent, asked: MailRequest, now: datetime
    ) -> Asked | None:
        """Ask a second person, if the radar sees a reason to."""
        where, email = asked.conversation_id, asked.email
        seen = self.radar.warnings(session, where, email, now)
        reasons = [each.reason for each in seen if each.needs_second_person]
        if not reasons:
            return None
        words, is_invitation = self.approvals.words, asked.kind == RecoveryKind.INVITE
        summary = words.invitation if is_invitation else words.reset
        arguments = {
            "kind": asked.kind,
            "email": email,
            "address_digest": asked.address_digest,
        }
        wish = Wish(
            asked.client_id,
            where,
            RECOVERY,
            arguments,
            fill(summary, address=email),
            reasons,
            email,
        )
        return self.approvals.ask(session, agent, wish, now)

    async def _send(self, agent: SignedInAgent, asked: MailRequest) -> None:
        kind = RecoveryKind(asked.kind)
        try:
            with trace("agent recovery", {"latchkey.recovery.kind": kind.value}):
                await self.backend.request_recovery(asked.email, kind, key_of(asked))
        except BackendError as error:
            result = Result.REFUSED if error.is_certain else Result.UNKNOWN
            now = self.clock.now()
            await self.record.write(
                lambda session: self._note_trouble(session, agent, asked, result, now)
            )
            raise AccountTroubleError(self.words.for_request(error)) from error

    def _note_trouble(
        self,
        session: Session,
        agent: SignedInAgent,
        asked: MailRequest,
        result: Result,
        now: datetime,
    ) -> None:
        """Note that nothing was asked for, or that nobody knows; no message tells that."""
        step = Change(lock_conversation(session, asked.conversation_id), now)
        if result is Result.REFUSED:
            refused = MailRequestState.REFUSED
            change(session, MailRequest, {"id": asked.id}, state=refused)
        deeds = [self._deed(asked, result, now)]
        written = write_receipts(session, step, None, deeds, agent_id=agent.id)
        reason = step.conversation.topic
        who, approved = Who.of(agent), _approved(session, asked)
        audit_receipts(session, written, who, now, reason=reason, details=approved)

    def _deed(self, asked: MailRequest, result: Result, now: datetime) -> Deed:
        return Deed(
            action=REQUESTED,
            kind=asked.kind,
            key=key_of(asked),
            result=result,
            email=asked.email,
            email_digest=self.pseudonyms.digest(asked.email),
            expires_at=now + LIFETIMES[RecoveryKind(asked.kind)],
        )

    async def _tell(self, agent: SignedInAgent, asked: MailRequest) -> Message:
        now = self.clock.now()
        message, step = await self.record.write(
            lambda session: self._note(session, agent, asked, now)
        )
        if step is not None:
            step.publish(self.publisher)
        return message

    def _note(
        self, session: Session, agent: SignedInAgent, asked: MailRequest, now: datetime
    ) -> tuple[Message, Change | None]:
        """Note that the mail was asked for, once; return the message."""
        conversation = lock_conversation(session, asked.conversation_id)
        noted = get(session, MailRequest, id=asked.id)
        if noted.seq is not None:
            is_it: dict[str, Any] = {
                "conversation_id": conversation.id,
                "seq": noted.seq,
            }
            return get(session, Message, **is_it), None
        step = Change(conversation, now)
        is_invitation = asked.kind == RecoveryKind.INVITE
        words = self.sentences
        sentence = (
            words.invitation_requested if is_invitation else words.reset_requested
        )
        address = mask_address(asked.email)
        message = step.note_event(
            EVENT, fill(sentence, agent=agent.name, address=address), kind=asked.kind
        )
        deeds = [self._deed(asked, Result.ACCEPTED, now)]
        written = write_receipts(session, step, message, deeds, agent_id=agent.id)
        step.write(session)
        accepted = MailRequestState.ACCEPTED
        change(session, MailRequest, {"id": asked.id}, state=accepted, seq=message.seq)
        reason = conversation.topic
        who, approved = Who.of(agent), _approved(session, asked)
        audit_receipts(session, written, who, now, reason=reason, details=approved)
        return message, step


def check_may_act(agent: SignedInAgent, conversation: Conversation) -> None:
    """Let act only who has the conversation, or leads.

    Raises:
        DeskError: This agent may not.
    """
    check_may(agent, conversation, ACT)


def key_of(asked: MailRequest) -> str:
    """Return the idempotency key of a request."""
    return f"agent-{asked.id}"


def _new(
    agent: SignedInAgent, conversation: Conversation, wanted: Wanted, now: datetime
) -> MailRequest:
    return MailRequest(
        id=uuid4(),
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        agent_id=agent.id,
        client_id=wanted.client_id,
        kind=wanted.kind.value,
        email=wanted.email,
        address_digest=wanted.address_digest,
        requested_at=now,
        state=MailRequestState.ASKED,
    )


def _approved(session: Session, asked: MailRequest) -> dict[str, Any]:
    """Return who agreed to a request, if a second person had to."""
    which: dict[str, Any] = {
        "requested_by": asked.agent_id,
        "client_id": asked.client_id,
    }
    approval = find(session, Approval, **which)
    if approval is None or approval.decided_by is None:
        return {}
    return {"approval": approval.id, "approved_by": agent_name(approval.decided_by)}


def _check_same(known: MailRequest, agent: SignedInAgent, wanted: Wanted) -> None:
    what = (known.agent_id, known.kind, known.email)
    if what != (agent.id, wanted.kind.value, wanted.email):
        raise ClientIdTakenError("This client id belongs to another request.")
