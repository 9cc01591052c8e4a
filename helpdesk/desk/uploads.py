"""Taking files in: limits, then what they are, then the record. Used by both sides."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.attachments import (
    find_file_for_agent,
    find_file_for_contact,
    keep_file,
)
from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.conversations import access_conversation
from helpdesk.desk.file_types import CheckedFile, check_file
from helpdesk.desk.limits import Limit, RateLimits
from helpdesk.desk.visits import Visitor, access_visit
from helpdesk.store.models import Attachment
from helpdesk.store.record import Record

READERS = 2  # a picture takes a processor, and up to 100 MB while it is drawn
AT_ONCE = 8  # whole files in memory
ReadBody = Callable[[], Awaitable[bytes]]


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READERS, "file-reader")


@dataclass
class Uploads:
    """Takes and gives files. The body is read only when it is welcome."""

    record: Record
    limits: RateLimits
    clock: Clock
    _readers: ThreadPoolExecutor = field(default_factory=_pool)
    _places: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(AT_ONCE)
    )

    async def take_from_contact(
        self,
        visitor: Visitor,
        conversation_id: UUID,
        name: str,
        address: str,
        read: ReadBody,
    ) -> Attachment:
        """Keep a contact's file until a message carries it.

        Args:
            visitor: Who sends it.
            conversation_id: Where to.
            name: What it is called.
            address: Where it comes from, for the limits.
            read: Reads what was sent.

        Raises:
            DeskError: It is refused.
        """
        contact_id = visitor.contact_id
        await self.record.read(
            lambda session: access_conversation(session, contact_id, conversation_id)
        )
        self.limits.count(Limit.ADDRESS_UPLOADS, address)
        self._count(contact_id)
        file = await self._check(read)
        now = self.clock.now()

        def keep(session: Session) -> Attachment:
            access_visit(session, visitor.visit_id, now)  # it may have ended meanwhile
            return keep_file(session, conversation_id, file, name, now)

        return await self.record.write(keep)

    async def take_from_agent(
        self, agent: SignedInAgent, conversation_id: UUID, name: str, read: ReadBody
    ) -> Attachment:
        """Keep an agent's file until a message of theirs carries it.

        Raises:
            DeskError: It is refused.
        """
        await self.record.read(lambda session: get_line(session, conversation_id))
        self._count(agent.id)
        file = await self._check(read)
        now = self.clock.now()
        return await self.record.write(
            lambda session: keep_file(
                session, conversation_id, file, name, now, agent_id=agent.id
            )
        )

    async def give_to_contact(
        self, visitor: Visitor, attachment_id: UUID
    ) -> Attachment:
        """Return a file that a contact may see.

        Raises:
            NotFoundError: There is none.
        """
        contact_id = visitor.contact_id
        return await self.record.read(
            lambda session: find_file_for_contact(session, contact_id, attachment_id)
        )

    async def give_to_agent(self, attachment_id: UUID) -> Attachment:
        """Return a file for the console.

        Raises:
            NotFoundError: There is none.
        """
        return await self.record.read(
            lambda session: find_file_for_agent(session, attachment_id)
        )

    def close(self) -> None:
        """Finish what was begun."""
        self._readers.shutdown()

    def _count(self, who: UUID) -> None:
        self.limits.count(Limit.UPLOADS, str(who))
        self.limits.count(Limit.UPLOADS_LONG, str(who))

    async def _check(self, read: ReadBody) -> CheckedFile:
        async with self._places:
            content = await read()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._readers, check_file, content)
