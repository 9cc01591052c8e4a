"""One console's connection: reads its frames and passes news on."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.conversation_counts import Counts, count_conversations
from helpdesk.desk.errors import DeskError, ForbiddenError
from helpdesk.desk.own_chat import find_own_chat, find_watchable, open_own_chat
from helpdesk.desk.staff import read_staff
from helpdesk.services import Services
from helpdesk.store.models import Conversation
from helpdesk.store.outage import OutageError
from helpdesk.web import console_frames as frames
from helpdesk.web.agents import still_signed_in
from helpdesk.web.close_codes import RESTARTING
from helpdesk.web.console_presentation import counts_json
from helpdesk.web.frames import Frame, Ping, Typing
from helpdesk.web.wire import ClosedError, Wire


class NotWatchingError(DeskError):
    """The frame is about a conversation, and this tab shows none."""

    code = "not_watching"


class ConsoleConnection(Wire):
    """The state of one tab of an agent.

    Args:
        services: The parts of the help desk.
        agent: Who has signed in.
    """

    def __init__(self, services: Services, agent: SignedInAgent) -> None:
        super().__init__(services, frames.read_console_frame)
        self.agent = agent
        self.shows: UUID | None = None
        self.own_chat: UUID | None = None
        self.is_joined = True

    async def begin(self) -> None:
        """Hear of everything from now on, and say how many there are."""
        self.services.console_news.enter(self)
        self.services.agent_presence.came(self.agent.id)
        self._is_counted = True
        try:
            if self.agent.may_change:
                self.own_chat = await self._open_own_chat()
            counts = await self.services.record.read(self._count)
        except OutageError as error:
            raise ClosedError(RESTARTING) from error  # it comes back, and tries again
        self.send("ready", {"counts": counts_json(counts)})

    def close(self) -> None:
        """Hear of nothing more."""
        self.services.console_news.leave(self)
        if self._is_counted:
            self._is_counted = False
            self.services.agent_presence.left(self.agent.id)

    async def handle(self, frame: Frame) -> None:
        """Do what a frame says."""
        await self._handlers[type(frame)](self, frame)

    async def _renew(self, _frame: Ping) -> None:
        self.agent = await still_signed_in(self.services, self.agent)
        if self.agent.may_change:
            await self.services.agent_desk.renew(self.agent)
        self.send("pong")

    async def _watch(self, frame: frames.Watch) -> None:
        if frame.conversation is not None:
            await self._find(frame.conversation)
        self.services.console_news.show(self, frame.conversation)

    async def _type(self, frame: Typing) -> None:
        if not self.agent.may_change:
            raise ForbiddenError("Your role may look, and change nothing.")
        if self.shows is None:
            raise NotWatchingError("Send `watch` first.")
        conversation = await self._find(self.shows)
        self.services.console_news.type(self, conversation, is_on=frame.on)

    async def _find(self, conversation_id: UUID) -> Conversation:
        agent_id = self.agent.id
        return await self.services.record.read(
            lambda session: find_watchable(session, agent_id, conversation_id)
        )

    async def _open_own_chat(self) -> UUID:
        agent_id, now = self.agent.id, self.services.clock.now()
        record = self.services.record
        found = await record.read(lambda session: find_own_chat(session, agent_id))
        if found is None:
            found = await record.write(
                lambda session: open_own_chat(session, agent_id, now)
            )
        return found.id

    def _count(self, session: Session) -> Counts:
        staff = read_staff(session, self.services.clock.now())
        return count_conversations(session).of(self.agent, staff)

    _is_counted = False
    _handlers: dict[type[Frame], Callable[..., Awaitable[None]]] = {  # noqa: RUF012
        Ping: _renew,
        frames.Watch: _watch,
        Typing: _type,
    }
