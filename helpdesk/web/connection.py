"""One browser's connection: reads its frames, asks the desk, answers, passes events on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from helpdesk.desk.chat import Chat, View
from helpdesk.desk.errors import DeskError
from helpdesk.desk.events import (
    ConversationChanged,
    ConversationRead,
    ConversationReplaced,
    Event,
    MessageCreated,
    TypingChanged,
)
from helpdesk.desk.messages import VISIBLE, Accepted, Page
from helpdesk.desk.standing import NOBODY
from helpdesk.desk.visits import access_visit
from helpdesk.services import Services
from helpdesk.store.models import Message
from helpdesk.store.outage import OutageError
from helpdesk.store.words import Sender
from helpdesk.web import frames
from helpdesk.web.presentation import Json, ack, typing_json
from helpdesk.web.standing_news import StandingNews
from helpdesk.web.visitors import find_visitor
from helpdesk.web.wire import Wire

log = logging.getLogger(__name__)

CHECK_EVERY = timedelta(seconds=15)
UNDER_WAY_S = 0.05  # what another process has said may arrive any moment
RETRY_S = 1.0


class NotJoinedError(DeskError):
    """The first frame has to be `join`."""

    code = "not_joined"


class Connection(Wire):
    """The state of one socket.

    Args:
        services: The parts of the help desk.
        cookie: The token that the browser sent with the handshake, if it may be used.
        address: Where it comes from, for rate limits.
    """

    def __init__(self, services: Services, cookie: str | None, address: str) -> None:
        super().__init__(services, frames.read_frame)
        self._cookie = cookie
        self._address = address
        self._chat: Chat | None = None
        self._leave: Callable[[], None] | None = None
        # The number of the last message, and the highest that was heard of.
        self._told = self._wanted = 0
        self._catching_up: asyncio.Task[None] | None = None
        self._checked_at = services.clock.now()
        self._standing = StandingNews(self._tell_standing)

    def close(self) -> None:
        """Stop watching."""
        self._standing.end()
        if self._catching_up is not None:
            self._catching_up.cancel()
            self._catching_up = None
        if self._leave is not None:
            self._leave()
            self._leave = None

    async def handle(self, frame: frames.Frame) -> None:
        """Do what a frame says."""
        await self._check_visit()
        if isinstance(frame, frames.Ping):
            self.send("pong")
            if self._standing.is_waiting:
                self._standing.look()
        elif isinstance(frame, frames.Join):
            await self._join(frame)
        elif self._chat is None:
            raise NotJoinedError("Send `join` first.")
        else:
            await self._handlers[type(frame)](self, self._chat, frame)

    async def _join(self, frame: frames.Join) -> None:
        visitor = await find_visitor(self.services, frame.token or self._cookie)
        chat = await self.services.desk.open_chat(visitor, frame.conversation)
        await self._enter(chat, frame.after)

    async def _enter(self, chat: Chat, after: int) -> None:
        """Watch first, read then, so that nothing falls between."""
        held: list[Event] = []
        stop_holding = self.services.hub.watch(chat.conversation_id, held.append)
        try:
            view = await chat.read_after(after)
        finally:
            stop_holding()
        self.close()
        self._chat, self.is_joined = chat, True
        self._leave = self.services.hub.watch(chat.conversation_id, self._notice)
        self._standing.begin(chat, view)
        self._told = self._wanted = view.conversation.last_seq
        self.send("joined", self.services.presentation.joined(view))
        for event in held:
            self._notice(event)

    async def _check_visit(self) -> None:
        """Look now and then whether the visit was revoked meanwhile."""
        now = self.services.clock.now()
        if self._chat is None or now < self._checked_at + CHECK_EVERY:
            return
        visit_id = self._chat.visitor.visit_id
        await self.services.record.read(lambda s: access_visit(s, visit_id, now))
        self._checked_at = now

    async def _accept(self, chat: Chat, frame: frames.SendMessage) -> None:
        def acknowledge(accepted: Accepted) -> None:
            self.send("ack", ack(accepted))

        await chat.send(frame.incoming, self._address, acknowledge)

    async def _type(self, chat: Chat, frame: frames.Typing) -> None:
        await chat.set_typing(is_on=frame.on)

    async def _see(self, chat: Chat, frame: frames.Seen) -> None:
        await chat.mark_seen(frame.seq)

    async def _page_back(self, chat: Chat, frame: frames.History) -> None:
        page = await chat.read_before(frame.before)
        messages = self.services.presentation.messages(page.messages)
        self.send("history", {"messages": messages, "has_more": page.has_more})

    async def _rate(self, chat: Chat, frame: frames.Rate) -> None:
        await chat.rate(frame.score, frame.comment)

    async def _start_over(self, chat: Chat, frame: frames.StartOver) -> None:
        successor, is_new = await chat.start_over(frame.client_id)
        if not is_new:  # sent again: what it has by now
            await self._enter(successor, 0)

    _handlers: dict[type[frames.Frame], Callable[..., Awaitable[None]]] = {  # noqa: RUF012
        frames.SendMessage: _accept,
        frames.Typing: _type,
        frames.Seen: _see,
        frames.History: _page_back,
        frames.StartOver: _start_over,
        frames.Rate: _rate,
    }

    def _notice(self, event: Event) -> None:
        """Pass an event on; called by the hub."""
        if isinstance(event, MessageCreated):
            self._hear(event.message)
        elif isinstance(event, TypingChanged):
            if event.sender is not Sender.CONTACT:
                self.send("typing", typing_json(event))
        elif isinstance(event, ConversationRead):
            self.send("seen", {"seq": event.seq})
        elif isinstance(event, ConversationChanged):
            if event.is_about_owner:
                self._standing.look()
            if event.conversation.last_seq > self._told:
                self._catch_up(event.conversation.last_seq)
        elif isinstance(event, ConversationReplaced):
            self._follow(event)

    def _hear(self, message: Message) -> None:
        """Send a message if it is the next one; those before it come from the record."""
        if message.seq > self._told + 1:
            self._catch_up(message.seq)
        elif message.seq > self._told:
            self._told = message.seq
            if message.kind in VISIBLE:
                self.send("message", self.services.presentation.message(message))

    def _catch_up(self, seq: int) -> None:
        """Read soon what was said up to a number and not heard of here, or not yet."""
        self._wanted = max(self._wanted, seq)
        if self._catching_up is None and self._chat is not None:
            reading = self._read_missed(self._chat)
            self._catching_up = asyncio.create_task(reading)

    async def _read_missed(self, chat: Chat) -> None:
        pause_s = UNDER_WAY_S
        while self._told < self._wanted:
            await asyncio.sleep(pause_s)
            try:
                view = await chat.read_after(self._told)
            except OutageError:
                pause_s = RETRY_S
                continue
            except (DeskError, SQLAlchemyError) as error:
                log.debug("what a browser has missed cannot be told: %s", error)
                break  # the browser joins again some time
            self._tell_missed(view)
        self._catching_up = None

    def _tell_missed(self, view: View) -> None:
        presentation, told = self.services.presentation, self._told
        self._told = max(told, view.conversation.last_seq)
        if view.page.has_more:
            self.send("joined", presentation.joined(view))
            return
        for message in view.page.messages:
            if message.seq > told:
                self.send("message", presentation.message(message))

    def _follow(self, event: ConversationReplaced) -> None:
        if self._chat is None:
            return
        self.close()
        self._chat = self._chat.of(event.successor.id)
        self._leave = self.services.hub.watch(event.successor.id, self._notice)
        view = View(event.successor, NOBODY, Page([], has_more=False))
        self._standing.begin(self._chat, view)
        self._told = self._wanted = 0
        self.send("joined", self.services.presentation.joined(view))
        self._catch_up(event.successor.last_seq)

    def _tell_standing(self, shown: Json) -> None:
        self.send("conversation", {"conversation": shown})
