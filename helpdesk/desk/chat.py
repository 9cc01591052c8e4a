"""A contact's side of one conversation: everything that socket and HTTP API offer.

Every method checks again that the conversation is the contact's own.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.bursts import TYPING_SETTLE
from helpdesk.desk.buttons import FindOffer
from helpdesk.desk.command_words import names_command
from helpdesk.desk.conversations import (
    access_conversation,
    current_conversation,
    mark_seen,
    start_over,
)
from helpdesk.desk.errors import BadRangeError
from helpdesk.desk.events import (
    ConversationChanged,
    ConversationRead,
    ConversationReplaced,
    Publisher,
    TypingChanged,
)
from helpdesk.desk.limits import Limit, RateLimits
from helpdesk.desk.link_autopsy import LinkAutopsy, SeenLink
from helpdesk.desk.messages import (
    Accepted,
    Incoming,
    Page,
    accept_message,
    read_after,
    read_before,
)
from helpdesk.desk.office import Office
from helpdesk.desk.satisfaction import rate
from helpdesk.desk.standing import Standing, standing
from helpdesk.desk.turn_worker import TurnWorker
from helpdesk.desk.turns import OpenTurn, extend_burst
from helpdesk.desk.typed_text import LONGEST_TEXT
from helpdesk.desk.visits import Visitor, access_visit
from helpdesk.metrics import Metrics
from helpdesk.store.models import Conversation, Message
from helpdesk.store.record import Record, Result, Work
from helpdesk.store.words import Sender

Acknowledge = Callable[[Accepted], None]


@dataclass
class Desk:
    """What every conversation needs."""

    record: Record
    worker: TurnWorker
    publisher: Publisher
    limits: RateLimits
    action_limits: ActionLimits
    find_offer: FindOffer
    autopsy: LinkAutopsy
    office: Office
    clock: Clock
    metrics: Metrics
    # Turns that wait for the rest of a burst, by conversation.
    settling: dict[UUID, OpenTurn] = field(default_factory=dict)

    def note_settling(self, turn: OpenTurn) -> None:
        """Remember a turn that waits, and forget those that are due by now."""
        now = self.clock.now()
        for conversation_id, waiting in list(self.settling.items()):
            if waiting.due_at <= now:
                del self.settling[conversation_id]
        self.settling[turn.conversation_id] = turn

    async def open_chat(self, visitor: Visitor, conversation_id: UUID | None) -> "Chat":
        """Return a contact's conversation; without an id, the current one.

        Raises:
            NotFoundError: It is not theirs.
        """
        now, contact_id = self.clock.now(), visitor.contact_id
        if conversation_id is None:
            found = await self.record.write(
                lambda session: current_conversation(session, contact_id, now)
            )
        else:
            found = await self.record.read(
                lambda session: access_conversation(
                    session, contact_id, conversation_id
                )
            )
        return Chat(self, visitor, found.id)


@dataclass(frozen=True)
class View:
    """A conversation as its contact sees it, with a stretch of its messages."""

    conversation: Conversation
    standing: Standing
    page: Page


@dataclass(frozen=True)
class Chat:
    """One conversation, on behalf of its contact."""

    desk: Desk
    visitor: Visitor
    conversation_id: UUID

    def of(self, conversation_id: UUID) -> "Chat":
        """Return the same contact's other conversation."""
        return replace(self, conversation_id=conversation_id)

    async def send(
        self, incoming: Incoming, address: str, acknowledge: Acknowledge
    ) -> Accepted:
        """Put a message into the record, acknowledge it, and have it answered.

        All of it is done even if the line that it came over is lost meanwhile: else nobody
        would answer what is in the record until its turn's lease has run out.

        Args:
            incoming: What the contact sends.
            address: Where it comes from, for the limits.
            acknowledge: Called when it is in the record, before anybody hears of it.

        Raises:
            DeskError: It is refused.
        """

        async def send() -> Accepted:
            accepted = await self._accept(incoming, address)
            acknowledge(accepted)
            self._announce(accepted)
            return accepted

        return await asyncio.shield(send())

    async def _accept(self, incoming: Incoming, address: str) -> Accepted:
        limits, visit = self.desk.limits, str(self.visitor.visit_id)
        limits.count(Limit.MESSAGES, visit)
        limits.count(Limit.MESSAGES_LONG, visit)
        limits.count(Limit.ADDRESS_MESSAGES, address)
        digest = self.desk.action_limits.digest_of(address)
        link = await self._examine(incoming, address)
        sent = replace(incoming, address_digest=digest, link=link)
        now = self.desk.clock.now()

        def accept(session: Session) -> Accepted:
            accepted = accept_message(
                session,
                self.visitor.contact_id,
                self.conversation_id,
                sent,
                self.desk.find_offer,
                self.desk.office,
                now,
            )
            if accepted.turn is None:
                return accepted
            turn = self.desk.worker.judge(session, accepted.turn, now)
            return replace(accepted, turn=turn)

        return await self._write(accept)

    def _announce(self, accepted: Accepted) -> None:
        """Tell all tabs of a new message and have the assistant answer it."""
        if accepted.change is not None:
            self.desk.metrics.messages.inc()
            for kind in accepted.message.details.get("redactions", ()):
                self.desk.metrics.redactions.labels(kind).inc()
            accepted.change.publish(self.desk.publisher)
        turn = accepted.turn
        if turn is not None:
            if not turn.is_running:
                self.desk.note_settling(turn)
            self.desk.worker.submit(turn)

    async def read_after(self, after: int) -> "View":
        """Return the conversation and its messages after a number.

        Raises:
            BadRangeError: The conversation has not come that far.
        """

        def read(session: Session) -> View:
            conversation, stands = self._read_standing(session)
            if after > conversation.last_seq:
                raise BadRangeError("No message has that number.")
            page = read_after(session, self.conversation_id, after)
            return View(conversation, stands, page)

        return await self.desk.record.read(read)

    async def read_before(self, before: int) -> Page:
        """Return the messages before a number."""

        def read(session: Session) -> Page:
            access_conversation(session, self.visitor.contact_id, self.conversation_id)
            return read_before(session, self.conversation_id, before)

        return await self.desk.record.read(read)

    async def read_all(self) -> list[Message]:
        """Return every message that the contact may see."""
        page = (await self.read_after(0)).page
        messages = list(page.messages)
        while page.has_more:
            page = await self.read_before(messages[0].seq)
            messages = [*page.messages, *messages]
        return messages

    async def set_typing(self, *, is_on: bool) -> None:
        """Note that the contact types, or no longer does; a burst waits for the rest."""
        now = self.desk.clock.now()
        turn = self.desk.settling.pop(self.conversation_id, None)
        if is_on and turn is not None and turn.due_at > now:
            extended = await self.desk.record.write(
                lambda session: extend_burst(session, turn, now + TYPING_SETTLE)
            )
            if extended is not None:
                self.desk.note_settling(extended)
        event = TypingChanged(self.conversation_id, Sender.CONTACT, is_on=is_on)
        self.desk.publisher.publish(event)

    async def mark_seen(self, seq: int) -> None:
        """Note that everything up to `seq` was looked at; tell the other tabs."""
        is_news = await self._write(
            lambda session: mark_seen(
                session, self.visitor.contact_id, self.conversation_id, seq
            )
        )
        if is_news:
            self.desk.publisher.publish(ConversationRead(self.conversation_id, seq))

    async def standing(self) -> tuple[Conversation, Standing]:
        """Return the conversation, who has it, and what the contact waits for."""
        return await self.desk.record.read(self._read_standing)

    async def rate(self, score: int, comment: str = "") -> None:
        """Answer how it went; `NotAskedError` if nobody asked.

        Raises:
            DeskError: It is refused.
        """
        now = self.desk.clock.now()

        def write(session: Session) -> Conversation:
            rate(
                session,
                self.visitor.contact_id,
                self.conversation_id,
                score,
                comment,
                now,
            )
            return access_conversation(
                session, self.visitor.contact_id, self.conversation_id
            )

        conversation = await self._write(write)
        self.desk.publisher.publish(ConversationChanged(conversation))

    async def start_over(self, client_id: UUID) -> tuple["Chat", bool]:
        """End this conversation and begin another; all tabs follow.

        Returns:
            The new conversation, and whether it was begun just now.
        """
        self.desk.limits.count(Limit.STARTS, str(self.visitor.visit_id))
        now, contact_id = self.desk.clock.now(), self.visitor.contact_id
        begun = await self._write(
            lambda session: start_over(session, contact_id, client_id, now)
        )
        if begun.is_new:
            event = ConversationReplaced(self.conversation_id, begun.conversation)
            self.desk.publisher.publish(event)
        if begun.ended is not None:
            begun.ended.publish(self.desk.publisher)
        return self.of(begun.conversation.id), begun.is_new

    async def _examine(self, incoming: Incoming, address: str) -> SeenLink | None:
        """Find out what became of a link in the text; afterwards its secret is gone."""
        if not incoming.text or len(incoming.text) > LONGEST_TEXT:
            return None
        if names_command(incoming.text, self.desk.office.commands):
            return None  # nobody is asked anything
        visit = str(self.visitor.visit_id)
        return await self.desk.autopsy.examine(incoming.text, visit, address)

    def _read_standing(self, session: Session) -> tuple[Conversation, Standing]:
        conversation = access_conversation(
            session, self.visitor.contact_id, self.conversation_id
        )
        now, office = self.desk.clock.now(), self.desk.office
        return conversation, standing(session, office, conversation, now)

    async def _write(self, work: Work[Result]) -> Result:
        """Change the record, unless the visit has ended meanwhile."""
        visit_id, now = self.visitor.visit_id, self.desk.clock.now()

        def checked(session: Session) -> Result:
            access_visit(session, visit_id, now)
            return work(session)

        return await self.desk.record.write(checked)
