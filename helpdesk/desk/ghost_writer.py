"""The ghost writer: while people have a conversation, notes what the assistant would say.

Works beside everything else and matters less than all of it: it waits until the contact
has finished, does one conversation at a time, drops what it cannot keep up with, and
touches neither the assistant's conversations nor its actions.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from foundation.clock import Clock
from helpdesk.desk.agreement import Agreement
from helpdesk.desk.articles import Articles
from helpdesk.desk.events import Event, MessageCreated
from helpdesk.desk.ghost_drafts import GhostDrafts
from helpdesk.desk.ghosts import compare_newest, find_question, keep_ghost
from helpdesk.desk.understanding import Understanding
from helpdesk.store.models import Message
from helpdesk.store.outage import OutageError
from helpdesk.store.record import Record
from helpdesk.store.words import Kind, Sender

log = logging.getLogger(__name__)

SETTLE_S = 1.0  # as for bursts: the rest of what the contact types
MOST_WAITING = 200  # conversations
Watch = Callable[[Callable[[Event], None]], Callable[[], None]]


class GhostWriter:
    """Writes ghost answers, and compares them with what agents say.

    Args:
        record: The tables.
        understanding: Knows what texts mean.
        drafts: Knows what is said to that.
        articles: What is answered from.
        watch: Has a function called for every event of this process; returns how to end it.
        clock: The time.
        settle_s: How long a contact may go on typing.
    """

    def __init__(
        self,
        record: Record,
        understanding: Understanding,
        drafts: GhostDrafts,
        articles: Articles,
        watch: Watch,
        clock: Clock,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._record = record
        self._understanding = understanding
        self._drafts = drafts
        self._articles = articles
        self._watch = watch
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)
        self._agreement = Agreement(articles)
        # Conversations to look at, by when; what comes again moves to the end.
        self._waiting: dict[UUID, float] = {}
        self._wake = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._leave: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin."""
        self._leave = self._watch(self._notice)
        self._writing = asyncio.create_task(self._keep_writing())

    async def stop(self) -> None:
        """End; what was waiting is dropped."""
        if self._leave is not None:
            self._leave()
        if self._writing is not None:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing

    def _notice(self, event: Event) -> None:
        if not isinstance(event, MessageCreated) or not _is_of_people(event.message):
            return
        conversation_id = event.conversation_id
        self._waiting.pop(conversation_id, None)
        if len(self._waiting) < MOST_WAITING:
            due = asyncio.get_running_loop().time() + self._settle.total_seconds()
            self._waiting[conversation_id] = due
            self._wake.set()

    async def _keep_writing(self) -> None:
        while True:
            conversation_id = await self._next()
            try:
                await self._write(conversation_id)
            except OutageError:
                pass  # the record tells the log; a ghost is no loss
            except Exception:
                log.exception("a ghost answer failed")

    async def _next(self) -> UUID:
        """Wait for the conversation whose time comes first."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            first = next(iter(self._waiting.items()), None)
            if first is not None and first[1] <= loop.time():
                del self._waiting[first[0]]
                return first[0]
            left = first[1] - loop.time() if first is not None else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)

    async def _write(self, conversation_id: UUID) -> None:
        question = await self._record.read(
            lambda session: find_question(session, conversation_id)
        )
        if question is not None:
            understood = await self._understanding.of(question.text)
            if understood is None:
                return
            text, nlu = self._drafts.draft(understood), understood.as_json()
            now = self._clock.now()
            await self._record.write(
                lambda session: keep_ghost(session, question, text, nlu, now)
            )
        await self._record.write(
            lambda session: compare_newest(
                session, conversation_id, self._articles, self._agreement
            )
        )


def _is_of_people(message: Message) -> bool:
    """Tell whether a person has said something that the assistant will not answer."""
    if message.sender is Sender.CONTACT:
        return message.turn_id is None
    return message.sender is Sender.AGENT and message.kind is Kind.OUTGOING
