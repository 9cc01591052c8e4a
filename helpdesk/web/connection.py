"""One browser's connection: reads its frames, asks the desk, answers, passes events on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import SQLAlchemyError

from helpdesk.desk.chat import Chat
from helpdesk.desk.errors import DeskError, TooFastError, UnauthorizedError
from helpdesk.desk.events import (
    ConversationRead,
    ConversationReplaced,
    Event,
    MessageCreated,
    TypingChanged,
)
from helpdesk.desk.limits import Limit
from helpdesk.desk.messages import Incoming, Page
from helpdesk.desk.visits import access_visit
from helpdesk.services import Services
from helpdesk.store.outage import OutageError
from helpdesk.store.words import Sender
from helpdesk.web import frames
from helpdesk.web.presentation import VISIBLE, ack, typing_json
from helpdesk.web.visitors import find_visitor

log = logging.getLogger(__name__)

MOST_BAD_FRAMES = 10
MOST_REFUSED_FRAMES = 50
WAITING_FRAMES = 1_000  # a browser that reads slower than this is cut off; it resumes
CHECK_EVERY = timedelta(seconds=15)
BAD_FRAMES, UNAUTHORIZED, TOO_FAST = 4400, 4401, 4429


class NotJoinedError(DeskError):
    """The first frame has to be `join`."""

    code = "not_joined"


class ClosedError(Exception):
    """The connection has to end, with this close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """The state of one socket.

    Args:
        services: The parts of the help desk.
        cookie: The token that the browser sent with the handshake, if it may be used.
        address: Where it comes from, for rate limits.
    """

    def __init__(self, services: Services, cookie: str | None, address: str) -> None:
        self.outgoing: asyncio.Queue[str] = asyncio.Queue(WAITING_FRAMES)
        self.is_joined = False
        self.is_overrun = False
        self._services = services
        self._cookie = cookie
        self._address = address
        self._id = uuid4().hex
        self._chat: Chat | None = None
        self._leave: Callable[[], None] | None = None
        self._bad = 0
        self._refused = 0
        self._checked_at = services.clock.now()

    async def receive(self, text: str | bytes) -> None:
        """Do what a frame says; a refusal is answered, not raised.

        Raises:
            ClosedError: The socket must close.
        """
        frame: frames.Frame | None = None
        try:
            self._services.limits.count(Limit.FRAMES, self._id)
            frame = frames.read_frame(text)
            await self._handle(frame)
            self._bad = self._refused = 0
        except TooFastError as error:
            self._refuse(error, frame, retry_in_ms=error.retry_in_ms)
            self._refused += 1
            if self._refused >= MOST_REFUSED_FRAMES:
                raise ClosedError(TOO_FAST) from error
        except (frames.BadFrameError, frames.UnknownTypeError) as error:
            self._refuse(error, frame)
            self._bad += 1
            if self._bad >= MOST_BAD_FRAMES:
                raise ClosedError(BAD_FRAMES) from error
        except UnauthorizedError as error:
            self._refuse(error, frame)
            raise ClosedError(UNAUTHORIZED) from error
        except DeskError as error:
            self._refuse(error, frame)
        except SQLAlchemyError as error:
            if not isinstance(error, OutageError):  # which the record tells the log
                log.exception("the record refuses a frame")
            self._say_error(frame, "unavailable", "Please send that again in a moment.")
        except Exception:
            number = uuid4().hex[:8]
            self._services.metrics.errors.inc()
            log.exception("error %s while handling a frame", number)
            self._say_error(frame, "internal_error", f"Our mistake, number {number}.")

    def close(self) -> None:
        """Stop watching."""
        if self._leave is not None:
            self._leave()
            self._leave = None

    async def _handle(self, frame: frames.Frame) -> None:
        await self._check_visit()
        if isinstance(frame, frames.Ping):
            self._send("pong")
        elif isinstance(frame, frames.Join):
            await self._join(frame)
        elif self._chat is None:
            raise NotJoinedError("Send `join` first.")
        else:
            await self._handlers[type(frame)](self, self._chat, frame)

    async def _join(self, frame: frames.Join) -> None:
        visitor = await find_visitor(self._services, frame.token or self._cookie)
        chat = await self._services.desk.open_chat(visitor, frame.conversation)
        await self._enter(chat, frame.after)

    async def _enter(self, chat: Chat, after: int) -> None:
        """Watch first, read then, so that nothing falls between."""
        held: list[Event] = []
        stop_holding = self._services.hub.watch(chat.conversation_id, held.append)
        try:
            conversation, page = await chat.read_after(after)
        finally:
            stop_holding()
        self.close()
        self._chat, self.is_joined = chat, True
        self._leave = self._services.hub.watch(chat.conversation_id, self._notice)
        self._send("joined", self._services.presentation.joined(conversation, page))
        for event in held:
            is_known = (
                isinstance(event, MessageCreated)
                and event.message.seq <= conversation.last_seq
            )
            if not is_known:
                self._notice(event)

    async def _check_visit(self) -> None:
        """Look now and then whether the visit was revoked meanwhile."""
        now = self._services.clock.now()
        if self._chat is None or now < self._checked_at + CHECK_EVERY:
            return
        visit_id = self._chat.visitor.visit_id
        await self._services.record.read(lambda s: access_visit(s, visit_id, now))
        self._checked_at = now

    async def _accept(self, chat: Chat, frame: frames.SendMessage) -> None:
        incoming = Incoming(frame.client_id, frame.text, frame.button)
        accepted = await chat.send(incoming, self._address)
        self._send("ack", ack(accepted))
        chat.announce(accepted)

    async def _type(self, chat: Chat, frame: frames.Typing) -> None:
        await chat.set_typing(is_on=frame.on)

    async def _see(self, chat: Chat, frame: frames.Seen) -> None:
        await chat.mark_seen(frame.seq)

    async def _page_back(self, chat: Chat, frame: frames.History) -> None:
        page = await chat.read_before(frame.before)
        messages = self._services.presentation.messages(page.messages)
        self._send("history", {"messages": messages, "has_more": page.has_more})

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
    }

    def _notice(self, event: Event) -> None:
        """Pass an event on; called by the hub."""
        if isinstance(event, MessageCreated):
            if event.message.kind in VISIBLE:
                self._send(
                    "message", self._services.presentation.message(event.message)
                )
        elif isinstance(event, TypingChanged):
            if event.sender is not Sender.CONTACT:
                self._send("typing", typing_json(event))
        elif isinstance(event, ConversationRead):
            self._send("seen", {"seq": event.seq})
        elif isinstance(event, ConversationReplaced):
            self._follow(event)

    def _follow(self, event: ConversationReplaced) -> None:
        if self._chat is None:
            return
        self.close()
        self._chat = self._chat.of(event.successor.id)
        self._leave = self._services.hub.watch(event.successor.id, self._notice)
        new = Page([], has_more=False)
        joined = self._services.presentation.joined(event.successor, new)
        self._send("joined", joined)

    def _send(self, name: str, data: Any = None) -> None:
        try:
            self.outgoing.put_nowait(frames.write_frame(name, data))
        except asyncio.QueueFull:
            self.is_overrun = True  # the writer closes; the browser resumes
            self.close()

    def _refuse(
        self, error: DeskError, frame: frames.Frame | None, **more: object
    ) -> None:
        self._say_error(frame, error.code, error.message, **more)

    def _say_error(
        self, frame: frames.Frame | None, code: str, message: str, **more: object
    ) -> None:
        client_id: UUID | None = getattr(frame, "client_id", None)
        named = {"client_id": str(client_id)} if client_id else {}
        self._send("error", {"code": code, "message": message, **named, **more})
