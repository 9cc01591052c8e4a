"""The desk of approvals: decides, has done what was agreed to, and ends what runs out.

A decision and what follows from it are one transaction: nothing is agreed to and then
forgotten, and what cannot be done any more cannot be agreed to.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_reading import list_approvals, number_of
from helpdesk.desk.approvals import Approvals, Decided
from helpdesk.desk.errors import DeskError, NotFoundError
from helpdesk.desk.events import AgentsTold, Publisher
from helpdesk.desk.lookout import Lookout
from helpdesk.store.action_models import Approval
from helpdesk.store.record import Record
from helpdesk.store.rows import get

log = logging.getLogger(__name__)

LOOK_EVERY_S = 15.0
OTHERS = ""  # the carrier of every command that has none of its own

# Done after the commit.
After = Callable[[], Awaitable[None]]
# Does in the transaction what follows from a decision; a `DeskError` undoes both.
Carrier = Callable[[Session, Approval, datetime], After | None]


@dataclass
class ApprovalDesk:
    """Where agents decide about each other's wishes.

    `carriers` are what does a command once it is agreed to; they are also told when it is
    refused or has run out, by the approval's state.
    """

    record: Record
    publisher: Publisher
    approvals: Approvals
    clock: Clock
    carriers: dict[str, Carrier] = field(default_factory=dict)

    def __post_init__(self) -> None:
        complaint = "ending the approvals that ran out failed"
        self._lookout = Lookout(self.expire, LOOK_EVERY_S, log, complaint)

    async def start(self) -> None:
        """Begin to end what runs out."""
        self._lookout.start()

    async def stop(self) -> None:
        """Stop."""
        await self._lookout.stop()

    async def list(self, agent: SignedInAgent) -> Sequence[Approval]:
        """Return the wishes that are for this agent to see, the newest first."""
        now = self.clock.now()
        return await self.record.read(lambda s: list_approvals(s, agent, now))

    async def find(self, agent: SignedInAgent, number: str) -> Approval:
        """Return the wish whose id begins with these digits.

        Raises:
            NotFoundError: There is none, or there are several.
        """
        wanted = number.lower().removeprefix("#")
        found = [each for each in await self.list(agent) if number_of(each) == wanted]
        if len(found) != 1:
            raise NotFoundError("There is no such wish.")
        return found[0]

    async def decide(
        self, agent: SignedInAgent, approval_id: UUID, *, approve: bool
    ) -> Approval:
        """Agree or not, and do what follows; see `Approvals.decide`.

        Raises:
            DeskError: It cannot be decided, or what was agreed to cannot be done.
        """
        now = self.clock.now()

        def work(session: Session) -> tuple[After, Approval]:
            after = self.settle(session, agent, approval_id, approve=approve, now=now)
            return after, get(session, Approval, id=approval_id)

        after, settled = await self.record.write(work)
        await after()
        return settled

    def settle(
        self,
        session: Session,
        agent: SignedInAgent,
        approval_id: UUID,
        *,
        approve: bool,
        now: datetime,
    ) -> After:
        """Do the same as part of a transaction; return what is to be done after it.

        Raises:
            DeskError: It cannot be decided, or what was agreed to cannot be done.
        """
        decided = self.approvals.decide(
            session, agent, approval_id, approve=approve, now=now
        )
        after = self._carry(session, decided, now)

        async def follow() -> None:
            await self._follow(decided, after)

        return follow

    async def expire(self) -> None:
        """End what nobody has decided about in time."""
        now = self.clock.now()

        def work(session: Session) -> list[tuple[Decided, After | None]]:
            ended = self.approvals.expire(session, now)
            return [(each, self._carry(session, each, now)) for each in ended]

        for decided, after in await self.record.write(work):
            await self._follow(decided, after)

    def _carry(self, session: Session, decided: Decided, now: datetime) -> After | None:
        carrier = self.carriers.get(decided.approval.command) or self.carriers.get(
            OTHERS
        )
        if carrier is None or not decided.is_new:
            return None
        return carrier(session, decided.approval, now)

    async def _follow(self, decided: Decided, after: After | None) -> None:
        for told in decided.told:
            self.publisher.publish(told)
        if after is None:
            return
        try:
            await after()
        except (
            DeskError
        ) as error:  # the decision stands; whoever asked goes on from there
            log.warning("what was agreed to met an obstacle: %s", error.code)
            self._tell_requester(decided, error.message)

    def _tell_requester(self, decided: Decided, text: str) -> None:
        requested_by = decided.approval.requested_by
        for told in decided.told:
            if isinstance(told, AgentsTold) and told.agent_id == requested_by:
                self.publisher.publish(replace(told, text=text))
