"""New invitations and password resets that an agent asks for, with one press.

The same gates as for the assistant: the limits on mails, the audit record, and a backend
that sends only to an address on file. A request is in the record before the backend hears
of it, under an id that is its idempotency key; so pressing again, after whatever went
wrong, never sends a second mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from accounts.client import RecoveryKind
from foundation.addresses import AddressError, mask_address, normalise_address
from foundation.clock import Clock
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.account_words import AccountWords
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import agent_name, write_audit
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
from helpdesk.desk.sentences import Sentences, fill
from helpdesk.store.console_models import MailRequest
from helpdesk.store.models import Contact, Conversation, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import add, change, find, get
from helpdesk.store.words import MailRequestState

EVENT = "recovery_requested"


@dataclass(frozen=True)
class Wanted:
    """What an agent presses. `came_from` is the network address of the agent."""

    client_id: UUID
    kind: RecoveryKind
    email: str
    came_from: str


@dataclass(frozen=True)
class AgentRecoveries:
    """Has mails sent, on behalf of agents."""

    record: Record
    backend: AccountBackend
    limits: ActionLimits
    publisher: Publisher
    sentences: Sentences
    words: AccountWords
    clock: Clock

    async def request(
        self, agent: SignedInAgent, conversation_id: UUID, wanted: Wanted
    ) -> Message:
        """Have a mail sent; return the message that tells both sides.

        Raises:
            TooManyMailsError: A limit on mails was reached; nothing was sent.
            AccountTroubleError: The backend refused, or nobody knows.
            DeskError: This agent may not.
        """
        try:
            email = normalise_address(wanted.email)
        except AddressError as error:
            raise BadRangeError(self.words.bad_address) from error
        now = self.clock.now()
        asked = await self.record.write(
            lambda s: self._ask(s, agent, conversation_id, wanted, email, now)
        )
        if asked.state is not MailRequestState.ACCEPTED:
            await self._send(asked)
        return await self._tell(agent, asked)

    def _ask(
        self,
        session: Session,
        agent: SignedInAgent,
        conversation_id: UUID,
        wanted: Wanted,
        email: str,
        now: datetime,
    ) -> MailRequest:
        """Put a request into the record, or find it there."""
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
            _check_same(known, agent, wanted, email)
            if known.state is MailRequestState.ACCEPTED:
                return known
        check_may_act(agent, conversation)
        asked = known or self._new(agent, conversation, wanted, email, now)
        if not self.limits.may_request(session, asked, now):
            raise TooManyMailsError(self.words.too_many_mails)
        if known is None:
            add(session, asked)
        else:
            asked.state = MailRequestState.ASKED
            change(session, MailRequest, {"id": asked.id}, state=asked.state)
        _audit(session, agent, asked, now)
        return asked

    def _new(
        self,
        agent: SignedInAgent,
        conversation: Conversation,
        wanted: Wanted,
        email: str,
        now: datetime,
    ) -> MailRequest:
        return MailRequest(
            id=uuid4(),
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            agent_id=agent.id,
            client_id=wanted.client_id,
            kind=wanted.kind.value,
            email=email,
            address_digest=self.limits.digest_of(wanted.came_from),
            requested_at=now,
            state=MailRequestState.ASKED,
        )

    async def _send(self, asked: MailRequest) -> None:
        kind, key = RecoveryKind(asked.kind), f"agent-{asked.id}"
        try:
            await self.backend.request_recovery(asked.email, kind, key)
        except BackendError as error:
            if error.is_certain:
                await self.record.write(_set_state(asked, MailRequestState.REFUSED))
            raise AccountTroubleError(self.words.for_request(error)) from error

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
        step.write(session)
        accepted = MailRequestState.ACCEPTED
        change(session, MailRequest, {"id": asked.id}, state=accepted, seq=message.seq)
        return message, step


def check_may_act(agent: SignedInAgent, conversation: Conversation) -> None:
    """Let act only who has the conversation, or leads.

    Raises:
        DeskError: This agent may not.
    """
    check_may(agent, conversation, ACT)


def _set_state(
    asked: MailRequest, state: MailRequestState
) -> Callable[[Session], bool]:
    return lambda session: change(session, MailRequest, {"id": asked.id}, state=state)


def _check_same(
    known: MailRequest, agent: SignedInAgent, wanted: Wanted, email: str
) -> None:
    what = (known.agent_id, known.kind, known.email)
    if what != (agent.id, wanted.kind.value, email):
        raise ClientIdTakenError("This client id belongs to another request.")


def _audit(
    session: Session, agent: SignedInAgent, asked: MailRequest, now: datetime
) -> None:
    details = {"kind": asked.kind, "address": mask_address(asked.email)}
    target = f"conversation:{asked.conversation_id}"
    who = agent_name(agent.id)
    write_audit(session, who, "recovery.requested", target, details, now)
