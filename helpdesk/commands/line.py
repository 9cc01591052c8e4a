"""The command line: takes what agents type in their own chat, and has it done.

A line is kept like any message, before it is acknowledged. Who may give a command is asked
here, before anything else, of the session as it is in the same transaction; what the
assistant is to do goes the way of every turn, and the role is asked again when it is sent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.commands.agreed import do_agreed
from helpdesk.commands.call import Call, Room
from helpdesk.commands.carrying_out import carry_out, say_plainly
from helpdesk.commands.typed import Typed, make_line, read_wanted
from helpdesk.desk.agent_sessions import access_session_again
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_desk import After
from helpdesk.desk.changes import Change
from helpdesk.desk.errors import ClientIdTakenError, UnauthorizedError
from helpdesk.desk.events import Publisher
from helpdesk.desk.limits import Limit, RateLimits
from helpdesk.desk.messages import Accepted
from helpdesk.desk.own_chat import open_own_chat
from helpdesk.desk.turn_worker import TurnWorker
from helpdesk.desk.turns import OpenTurn
from helpdesk.store.action_models import Approval
from helpdesk.store.models import Message
from helpdesk.store.record import Record
from helpdesk.store.rows import find
from helpdesk.store.words import Kind, Sender


@dataclass(frozen=True)
class CommandLine:
    """Takes what agents type to the assistant.

    Args:
        record: The tables.
        worker: Who has the assistant asked.
        publisher: Who is told of new messages.
        limits: How much may be typed.
        room: What commands stand on.
        clock: The time.
    """

    record: Record
    worker: TurnWorker
    publisher: Publisher
    limits: RateLimits
    room: Room
    clock: Clock

    async def send(self, agent: SignedInAgent, typed: Typed) -> Accepted:
        """Put what an agent typed or pressed into the record, and have it done.

        Raises:
            DeskError: It is refused; see docs/console-protocol.md.
        """
        self.limits.count(Limit.MESSAGES, f"agent:{agent.id}")
        now = self.clock.now()
        accepted, afters = await self.record.write(
            lambda session: self._accept(session, agent, typed, now)
        )
        if accepted.change is not None:
            accepted.change.publish(self.publisher)
        if accepted.turn is not None:
            self.worker.submit(accepted.turn)
        if accepted.is_new:
            self.worker.look_soon()  # a bulk command may have begun
        for after in afters:
            await after()
        return accepted

    def follow_wish(
        self, session: Session, step: Change, turn: OpenTurn, wish: dict[str, Any]
    ) -> OpenTurn | None:
        """Do what the assistant understood an admin to want, as if it had been typed.

        Args:
            session: The transaction in which the turn ends.
            step: The change of its end, written already.
            turn: A turn of an agent's own chat.
            wish: `{"command", "arguments"}`.

        Returns:
            What the assistant is to do.
        """
        line = make_line(str(wish.get("command")), dict(wish.get("arguments") or {}))
        if line is None or turn.session_id is None:
            return None
        try:
            agent = access_session_again(session, turn.session_id, step.now).agent
        except UnauthorizedError:
            return None
        more = Change(step.conversation, step.now)
        call = Call(session, agent, more, self.room, turn.id)
        following = carry_out(call, line)
        call.write()
        step.others.append(more)
        return following

    def follow_decision(
        self, session: Session, approval: Approval, now: datetime
    ) -> After:
        """Do what a second person has agreed to; see `approval_desk.Carrier`.

        Raises:
            NotPossibleError: It can no longer be done.
        """
        step = do_agreed(session, self.room, approval, now)

        async def finish() -> None:
            step.publish(self.publisher)
            self.worker.look_soon()

        return finish

    def _accept(
        self, session: Session, asking: SignedInAgent, typed: Typed, now: datetime
    ) -> tuple[Accepted, list[After]]:
        agent = access_session_again(session, asking.session_id, now).agent
        own = open_own_chat(session, agent.id, now)
        where: dict[str, Any] = {"conversation_id": own.id}
        known = find(session, Message, **where, client_id=typed.client_id)
        if known is not None:
            if not typed.is_what(known):
                raise ClientIdTakenError("This client id belongs to another message.")
            return Accepted(known, own, is_new=False), []
        wanted = read_wanted(session, own.id, typed)
        step = Change(own, now)
        message = step.say(
            Sender.CONTACT,
            Kind.INCOMING,
            wanted.text,
            details=wanted.details,
            client_id=typed.client_id,
            agent_id=agent.id,
        )
        call = Call(session, agent, step, self.room, typed.client_id, typed.shown)
        turn = (
            say_plainly(call, wanted.text, wanted.payload)
            if wanted.line is None
            else carry_out(call, wanted.line)
        )
        message.turn_id = turn.id if turn else None
        call.write()
        return Accepted(message, own, is_new=True, turn=turn, change=step), call.afters
