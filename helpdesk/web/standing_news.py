"""Keeps one browser up to date on who has its conversation and what it waits for.

An event only says that something changed; how it stands is read from the record, off the
event loop. The place in line changes with what others do, so it is looked up now and then.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from helpdesk.desk.chat import Chat, View
from helpdesk.desk.errors import DeskError
from helpdesk.web.presentation import Json, conversation_json

log = logging.getLogger(__name__)


class StandingNews:
    """Tells how a conversation stands, whenever that is news.

    Args:
        tell: Sends it to the browser.
    """

    def __init__(self, tell: Callable[[Json], None]) -> None:
        self._tell = tell
        self._chat: Chat | None = None
        self._told: Json = {}
        self._is_wanted = False
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the browser was last told a place in line."""
        return "queue" in self._told

    def begin(self, chat: Chat, view: View) -> None:
        """Note what the browser knows, because it has just been told all of it."""
        self._chat = chat
        self._told = conversation_json(view.conversation, view.standing)

    def look(self) -> None:
        """Look soon, and tell what is new; looks that come at once become one."""
        self._is_wanted = True
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    def end(self) -> None:
        """Stop."""
        self._chat = None
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        while self._is_wanted and (chat := self._chat) is not None:
            self._is_wanted = False
            try:
                shown = conversation_json(*await chat.standing())
            except (DeskError, SQLAlchemyError) as error:
                log.debug("how a conversation stands cannot be told: %s", error)
                return  # the next event, or the next ping, looks again
            if chat is self._chat and shown != self._told:
                self._told = shown
                self._tell(shown)
