"""The watchman: sees to what time brings, every second.

Claims whose agent vanished go back to the queue, snoozed conversations wake, and who asked
for a person while nobody was there gets into the queue when somebody comes. Each is a
transaction of its own that takes only rows nobody else has, so several processes may do
the same at once.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from foundation.clock import Clock
from helpdesk.desk.assignment import requeue_lost
from helpdesk.desk.attachments import forget_unsent
from helpdesk.desk.changes import Change
from helpdesk.desk.events import Publisher
from helpdesk.desk.handoff import close_queue, open_queue
from helpdesk.desk.lifecycle import wake_due
from helpdesk.desk.lookout import Lookout
from helpdesk.desk.office import Office
from helpdesk.desk.waiting import IS_WAITING
from helpdesk.store.models import Conversation
from helpdesk.store.record import Record
from helpdesk.store.rows import table_of
from helpdesk.store.words import Owner, Status

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
TIDY_EVERY = timedelta(hours=1)
_ALL = table_of(Conversation).c
_NOW: BindParameter[datetime] = bindparam("now")
# Most of the time nothing is to be done, and finding that out holds up no writer.
_HAS_WORK = (
    select(_ALL.id)
    .where(_ALL.status.in_((Status.OPEN, Status.SNOOZED)))
    .where(
        or_(
            and_(_ALL.owner == Owner.AGENT, _ALL.lease_until <= _NOW),
            _ALL.snoozed_until <= _NOW,
            IS_WAITING,
        )
    )
    .limit(1)
)
Round = Callable[[Session, Office, datetime], list[Change]]
ROUNDS: tuple[Round, ...] = (requeue_lost, wake_due, open_queue, close_queue)


class Watchman:
    """Does the rounds.

    Args:
        record: The tables.
        publisher: Who is told of what changed.
        office: Hours and words.
        clock: The time.
    """

    def __init__(
        self, record: Record, publisher: Publisher, office: Office, clock: Clock
    ) -> None:
        self._record = record
        self._publisher = publisher
        self._office = office
        self._clock = clock
        complaint = "a round of the watchman failed"
        self._lookout = Lookout(self.walk, LOOK_EVERY_S, log, complaint)
        self._tidied_at: datetime | None = None

    async def start(self) -> None:
        """Begin."""
        self._lookout.start()

    async def stop(self) -> None:
        """End; what a round has begun is committed or undone as a whole."""
        await self._lookout.stop()

    async def walk(self) -> None:
        """Do each round once, if there is anything to do."""
        now = self._clock.now()
        found = await self._record.read(lambda s: s.scalar(_HAS_WORK, {"now": now}))
        if found is not None:
            for each in ROUNDS:
                await self._do(each)
        await self._tidy()

    async def _tidy(self) -> None:
        """Forget the files that were uploaded and never sent."""
        now = self._clock.now()
        if self._tidied_at is not None and now < self._tidied_at + TIDY_EVERY:
            return
        await self._record.write(lambda session: forget_unsent(session, now))
        self._tidied_at = now

    async def _do(self, each: Round) -> None:
        now = self._clock.now()
        steps = await self._record.write(
            lambda session: each(session, self._office, now)
        )
        for step in steps:
            step.publish(self._publisher)
