"""News: tells all consoles of this process what happened, and contacts that an agent types.

Events only say where something happened; what consoles are shown is read from the record,
once for all of them, and at most every tenth of a second.
"""

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.agent_sessions import access_session_again
from helpdesk.desk.agent_typing import AgentTyping
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import DeskError, UnauthorizedError
from helpdesk.desk.events import (
    AgentsTold,
    ApprovalChanged,
    CompanyChanged,
    ConversationRead,
    Event,
    LineChanged,
    MessageCreated,
    ReceiptChanged,
    RunChanged,
    StaffChanged,
    TypingChanged,
)
from helpdesk.desk.viewers import TYPING_LASTS, Viewers
from helpdesk.store.models import Conversation, Message
from helpdesk.store.outage import OutageError
from helpdesk.store.record import Record
from helpdesk.store.words import Sender
from helpdesk.web.close_codes import UNAUTHORIZED
from helpdesk.web.console_batch import Batch, read_facts
from helpdesk.web.console_presentation import ConsolePresentation
from helpdesk.web.console_telling import Teller
from helpdesk.web.hub import Hub
from helpdesk.web.presentation import typing_json

log = logging.getLogger(__name__)

PAUSE_S = 0.1  # between two tellings: a burst becomes one
RUNS_PAUSE_S = 0.5
TICK_S = 1.0
RETRY_S = 1.0
CHECK_SESSIONS_EVERY = timedelta(seconds=15)
COUNT_ALL_EVERY = timedelta(seconds=5)
LOOK_AT_STAFF_EVERY = timedelta(seconds=20)  # somebody may be there no longer
TELL_COMPANY_EVERY = timedelta(seconds=3)  # to other processes, which soon forget it


class Console(Protocol):
    """One tab of an agent."""

    agent: SignedInAgent
    shows: UUID | None
    own_chat: UUID | None

    def send(self, name: str, data: Any = None) -> None:
        """Send a frame."""

    def send_written(self, frame: str) -> None:
        """Send a frame that was written for several tabs at once."""

    def end(self, error: DeskError, code: int) -> None:
        """Say why, and close."""


class ConsoleNews:
    """Knows the open consoles and what each of them shows.

    Args:
        record: The tables.
        hub: Where events come from, and where those of agents who type go.
        presentation: Renders for agents.
        clock: The time.
    """

    def __init__(
        self,
        record: Record,
        hub: Hub,
        presentation: ConsolePresentation,
        clock: Clock,
    ) -> None:
        self.viewers = Viewers()
        self._typing = AgentTyping(hub)
        self._record = record
        self._teller = Teller(presentation, self.viewers)
        self._clock = clock
        self._hub = hub
        self._consoles: list[Console] = []
        self._total: int | None = None  # of all conversations, and when it was counted
        self._counted_at = clock.now()
        self._batch = Batch()
        self._signed_out: set[UUID] = set()  # agents, perhaps not everywhere
        self._told_company_at = clock.now()
        self._runs: set[UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen and to tell."""
        leave = self._hub.watch_all(self._notice)
        telling = asyncio.create_task(self._keep_telling())
        telling.add_done_callback(lambda _: leave())
        self._tasks = [telling, asyncio.create_task(self._keep_looking())]

    async def stop(self) -> None:
        """End both."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def enter(self, console: Console) -> None:
        """Tell a console of everything from now on."""
        self._consoles.append(console)
        self._wake.set()

    def leave(self, console: Console) -> None:
        """Tell it nothing more."""
        if console in self._consoles:
            self._consoles.remove(console)
            self.show(console, None)

    def show(self, console: Console, conversation_id: UUID | None) -> None:
        """Note which conversation a console shows, or that it shows none."""
        before, console.shows = console.shows, conversation_id
        if before is not None and before != conversation_id:
            self._typing.end(before, console.agent.id)
        # An auditor looks on unseen.
        seen = conversation_id if console.agent.may_change else None
        self._note_company(*self.viewers.look(id(console), console.agent.id, seen))
        if conversation_id is not None:
            self._batch.company.add(conversation_id)  # it has to hear who is there
        self._wake.set()

    def type(
        self, console: Console, conversation: Conversation, *, is_on: bool
    ) -> None:
        """Note that an agent types in the conversation that their console shows."""
        until = self._clock.now() + TYPING_LASTS if is_on else None
        if self.viewers.type(id(console), until):
            self._note_company(conversation.id)
        if is_on:
            self._typing.begin(conversation, console.agent)
        else:
            self._typing.end(conversation.id, console.agent.id)

    def note_change(self, conversation_id: UUID) -> None:
        """Tell of a line, or of the counts, that changed without an event."""
        self._hub.publish(LineChanged(conversation_id))

    def note_staff(self, agent_id: UUID) -> None:
        """Tell soon who is there, or is away."""
        self._hub.publish(StaffChanged(agent_id))

    def note_sign_out(self, agent_id: UUID) -> None:
        """Close soon what consoles an agent has open with sessions that ended."""
        self._hub.publish(StaffChanged(agent_id, has_session_ended=True))

    def _note_company(self, *conversations: UUID) -> None:
        """Tell soon who of this process looks at conversations."""
        self._batch.company |= set(conversations)
        self._wake.set()
        for each in conversations:
            here = tuple(self.viewers.here(each))
            self._hub.tell_others(CompanyChanged(each, self._hub.process, here))

    def _hear_company(self, event: CompanyChanged) -> None:
        """Note who looks at a conversation in another process."""
        told, now = event.conversation_id, self._clock.now()
        if self.viewers.hear(event.process, told, event.viewers, now):
            self._batch.company.add(told)
            self._wake.set()

    def _notice(self, event: Event) -> None:
        """Note what an event is about; called by the hub."""
        if isinstance(event, CompanyChanged):
            self._hear_company(event)
            return
        if isinstance(event, StaffChanged):
            if event.has_session_ended:
                self._signed_out.add(event.agent_id)
            self._wake.set()
            return
        self._typing.follow(event)
        if not self._consoles:
            return
        if isinstance(event, TypingChanged):
            if event.sender is not Sender.AGENT:  # of agents, the company tells
                typing = typing_json(event)
                self._send_to_viewers(event.conversation_id, "typing", typing)
            return
        if isinstance(event, ConversationRead):
            self._send_to_viewers(event.conversation_id, "seen", {"seq": event.seq})
            return
        if isinstance(event, RunChanged):
            self._note_run(event)
            return
        if isinstance(event, ApprovalChanged):
            self._batch.approvals.add(event.approval_id)
            self._wake.set()
            return
        if isinstance(event, ReceiptChanged):
            if self._viewing(event.conversation_id):
                self._batch.messages[event.conversation_id].add(event.seq)
                self._wake.set()
            return
        if isinstance(event, AgentsTold):
            self._batch.notices.append(event)
        if isinstance(event, MessageCreated):
            self._note_message(event.message)
        self._batch.changed.add(event.conversation_id)
        self._wake.set()

    def _note_message(self, message: Message) -> None:
        if not self._viewing(message.conversation_id):
            return
        self._batch.messages[message.conversation_id].add(message.seq)
        if message.sender is Sender.ASSISTANT and message.turn_id is not None:
            # What it made of the contact's message is known with its answer.
            self._batch.turns[message.conversation_id].add(message.turn_id)

    def _note_run(self, event: RunChanged) -> None:
        """Tell of a bulk command, which goes on many times a second, twice a second."""
        if not self._runs:
            asyncio.get_running_loop().call_later(RUNS_PAUSE_S, self._tell_runs)
        self._runs.add(event.run_id)

    def _tell_runs(self) -> None:
        self._batch.runs |= self._runs
        self._runs.clear()
        self._wake.set()

    def _viewing(self, conversation_id: UUID) -> list[Console]:
        return [
            each
            for each in self._consoles
            if conversation_id in {each.shows, each.own_chat}
        ]

    def _send_to_viewers(
        self, conversation_id: UUID, name: str, data: dict[str, Any]
    ) -> None:
        shown = {"conversation": str(conversation_id), **data}
        for console in self._viewing(conversation_id):
            console.send(name, shown)

    async def _keep_telling(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._batch = self._batch, Batch()
            if not self._consoles:
                continue
            try:
                await self._tell(batch)
            except OutageError:  # the record tells the log
                self._batch.add(batch)
                self._wake.set()
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("the consoles could not be told")
            await asyncio.sleep(PAUSE_S)

    async def _tell(self, batch: Batch) -> None:
        now = self._clock.now()
        total = self._total if now < self._counted_at + COUNT_ALL_EVERY else None
        facts = await self._record.read(lambda s: read_facts(s, batch, now, total))
        if total is None:
            self._total, self._counted_at = facts.tally.total, now
        self._teller.tell(list(self._consoles), batch, facts)

    async def _keep_looking(self) -> None:
        """Look now and then at what ends by itself: typing, sessions, being there."""
        checked_at = looked_at = self._clock.now()
        while True:
            await asyncio.sleep(TICK_S)
            now = self._clock.now()
            self._end_typing(now)
            self._keep_company(now)
            if not self._consoles:
                continue
            if now >= looked_at + LOOK_AT_STAFF_EVERY:
                looked_at = now
                self._wake.set()
            if now >= checked_at + CHECK_SESSIONS_EVERY:
                checked_at = now
                self._signed_out = {console.agent.id for console in self._consoles}
            if self._signed_out:
                with contextlib.suppress(OutageError):
                    await self._check_sessions(now)

    def _end_typing(self, now: datetime) -> None:
        for conversation_id, agent_id in self.viewers.expire(now):
            self._note_company(conversation_id)
            self._typing.end(conversation_id, agent_id)

    def _keep_company(self, now: datetime) -> None:
        """Forget whom no other process sees any more; say again who is seen here."""
        if gone := self.viewers.disbelieve(now):
            self._batch.company |= gone
            self._wake.set()
        if now >= self._told_company_at + TELL_COMPANY_EVERY:
            self._told_company_at = now
            for each in self.viewers.looked_at():
                here = tuple(self.viewers.here(each))
                self._hub.tell_others(CompanyChanged(each, self._hub.process, here))

    async def _check_sessions(self, now: datetime) -> None:
        """Close the consoles of ended sessions; a new role or team counts at once."""
        agents, self._signed_out = self._signed_out, set()
        wanted = {
            console.agent.session_id
            for console in self._consoles
            if console.agent.id in agents
        }

        def look(session: Session) -> dict[UUID, SignedInAgent | None]:
            return {each: _agent_behind(session, each, now) for each in wanted}

        found = await self._record.read(look)
        for console in list(self._consoles):
            agent = found.get(console.agent.session_id, console.agent)
            if agent is None:
                console.end(UnauthorizedError("Sign in again."), UNAUTHORIZED)
            else:
                console.agent = agent


def _agent_behind(
    session: Session, session_id: UUID, now: datetime
) -> SignedInAgent | None:
    try:
        return access_session_again(session, session_id, now).agent
    except UnauthorizedError:
        return None
